/* stress - options, chance, geometry and failing. See stress.h. */
#include "tests/stress/stress.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Built before the alarm is set, as its handler may only write(). */
static char hung_message[100];

static void hung(int signal)
{
    (void)signal;
    if (write(STDERR_FILENO, hung_message, strlen(hung_message)) < 0)
        _exit(2);
    _exit(1);
}

struct stress_options stress_begin(int argc, char **argv)
{
    static const struct option known[] = {
        {"seconds", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {0},
    };
    struct stress_options options = {.seconds = 8, .seed = (uint64_t)getpid()};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'n')
            options.seconds = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 's')
            options.seed = strtoull(optarg, NULL, 10);
        else
            exit(2);
    }
    snprintf(hung_message, sizeof hung_message, "hung: something was never woken (--seed %llu)\n",
             (unsigned long long)options.seed);
    signal(SIGALRM, hung);
    alarm(3 * options.seconds + 20);
    return options;
}

void stress_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("violation: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    _exit(1);
}

uint64_t stress_random(uint64_t *state, uint64_t limit)
{
    /* splitmix64, by Steele, Lea and Flood. */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % limit;
}

struct stress_round stress_round(unsigned index)
{
    static const struct stress_round rounds[STRESS_ROUNDS] = {
        {1, 1, 0},
        {1, 1, UINT64_MAX - 100},
        {2, 1, (UINT64_C(1) << 40) - 100},
        {1, 4, (UINT64_C(1) << 32) - 100},
        {4, 4, UINT64_MAX - 1000},
        {4, 16, (UINT64_C(1) << 40) - 1000},
        {8, 3, 0},
        {3, 70, (UINT64_C(1) << 32) - 1000},
    };
    return rounds[index];
}
