/* offline - see offline.h. */
#include "client/offline.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/decimal.h"
#include "worker/primality/primality.h"
#include "worker/worker.h"

enum { TICK_MS = 100 };

struct test {
    uint64_t *limbs;
    size_t limb_count;
    enum primality_verdict verdict;
    float seconds;
    int done; /* a pipe's end: closed when the verdict is there */
};

static void *test_main(void *context)
{
    struct test *test = context;
    worker_warm_up();
    test->verdict = primality_test_limbs(test->limbs, test->limb_count, &test->seconds);
    close(test->done);
    return NULL;
}

/* Wait for the thread, or for a signal that ends the program. */
static void await(struct client *client, int done)
{
    for (;;) {
        struct pollfd polled[] = {{.fd = done, .events = POLLIN},
                                  {.fd = client->terminal.signals, .events = POLLIN}};
        if (poll(polled, 2, TICK_MS) > 0 && polled[0].revents)
            return;
        int signal = terminal_take_signal(&client->terminal);
        if (terminal_is_end(signal)) {
            client->signal = signal;
            return;
        }
        if (signal == SIGTSTP) {
            progress_clear(&client->progress);
            terminal_suspend(&client->terminal);
        }
        client_tick(client);
    }
}

int offline_test(struct client *client, const char *digits, struct outcome *outcome)
{
    bool negative = *digits == '-';
    *outcome = (struct outcome){.n = digits, .local = true};
    if (negative)
        return 0; /* not prime */
    size_t count = strlen(digits);
    char *scratch = strdup(digits);
    struct test *test = calloc(1, sizeof *test);
    uint64_t *limbs = malloc(decimal_limbs(count) * sizeof *limbs);
    int ends[2];
    pthread_t thread;
    if (!scratch || !test || !limbs || pipe(ends) < 0)
        goto failed;
    *test = (struct test){
        .limbs = limbs, .limb_count = decimal_parse(limbs, scratch, count), .done = ends[1]};
    if (pthread_create(&thread, NULL, test_main, test) != 0)
        goto failed;
    await(client, ends[0]);
    close(ends[0]);
    free(scratch);
    if (client->signal)
        return 0;
    pthread_join(thread, NULL);
    outcome->prime = test->verdict != PRIMALITY_COMPOSITE;
    outcome->probable = test->verdict == PRIMALITY_PROBABLE_PRIME;
    outcome->elapsed_s = (double)test->seconds;
    free(limbs);
    free(test);
    return 0;
failed:
    free(scratch);
    free(limbs);
    free(test);
    return EXIT_SYSTEM;
}
