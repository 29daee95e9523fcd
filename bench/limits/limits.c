/* limits [DIRECTORY] - prints the table; DIRECTORY (.) is on the disk to try. See limits.h. */
#include "bench/limits/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t limits_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

double limits_median(double *values)
{
    qsort(values, LIMITS_ROUNDS, sizeof *values, compare);
    return values[LIMITS_ROUNDS / 2];
}

void limits_fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void print_row(const char *what, double value, const char *unit)
{
    printf("| %s | %.3g %s |\n", what, value, unit);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : ".";
    printf("\nWhat this machine takes, medians:\n\n| what | here |\n| --- | ---: |\n");
    print_row("copy memory, beyond the caches", work_copy(), "GB/s");
    print_row("test a random number of 63 bits, one core", work_number(63), "ns");
    print_row("loopback, one way", sockets_stream(), "GB/s");
    print_row("loopback, 512 octets there and 2,560 back", sockets_round_trip(512, 2560), "us");
    print_row("a word there and back, both spinning", wakes_spinning(), "us");
    print_row("wake a thread by futex, and be woken", wakes_threads(), "us");
    print_row("wake a process by futex, and be woken", wakes_processes(), "us");
    print_row("wake a thread by eventfd and epoll, and be woken", wakes_eventfd(), "us");
    print_row("a block to a worker that sleeps, and back", wakes_ring(), "us");
    print_row("append 4 KiB to a file, kept by the disk", work_append(directory, 4096), "us");
    print_row("append 64 KiB to a file, kept by the disk", work_append(directory, 65536), "us");
    return EXIT_SUCCESS;
}
