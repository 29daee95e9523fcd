/*
 * model - one slow job, four ways to run it.
 *
 * The job is the classic: is each of some integers prime, by trial division, which takes a good
 * tenth of a second for some of them. Beside it a spinner should turn. A model is a way to have
 * both: see sequential.c, threads.c, processes.c and cooperative.c, which do the same in the same
 * order, so that they can be read side by side; docs/concurrency.md tells of them.
 */
#ifndef CLIENT_MODELS_MODEL_H
#define CLIENT_MODELS_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/client.h"

enum { SPINNER_PERIOD_MS = 100 };

/* What a worker writes to, to see what its parent sees of it. */
struct probe {
    _Atomic int *raw; /* in memory mapped as shared */
    int *object;      /* on the heap */
};

/* A run of the job under one model. */
struct run {
    struct client *client;
    unsigned workers;
    const uint64_t *numbers;
    size_t count;
    bool *primes; /* the answers, one a number; written as the numbers are done */
    bool spins;   /* is there a spinner? */
    struct probe probe;
    _Atomic bool stop; /* a signal came: end soon */
    /* measured */
    unsigned frames;    /* the spinner drew */
    int64_t drawn_ns;   /* when it drew last */
    int64_t longest_ns; /* it stood still */
    long memory_kib;    /* of the process and its workers at their height; -1: not known */
};

/* Run the job; 0, or a negative errno. */
typedef int model_run(struct run *run);
model_run sequential_run, threads_run, processes_run, cooperative_run;

/* Called now and then during a job, and may do something else; false: give the job up. */
typedef bool job_breath(void *context);

/*
 * Is n prime? By trial division with 2 and the odd numbers, as slow as it sounds. Breathes about
 * five thousand times a second.
 */
bool job_is_prime(uint64_t n, job_breath *breathe, void *context);

/* Turn the spinner: draws a frame, and notes how long it had stood still. Also heeds signals. */
void run_turn_spinner(struct run *run);

/* Look whether a signal came; then run->stop is set. Main thread only. */
void run_heed_signals(struct run *run);

/* What a worker does once: leave its mark at both places of the probe. */
void run_leave_mark(const struct probe *probe);

/* Measure memory: of this process and those children. To be called at the height of the run. */
void run_measure_memory(struct run *run, const pid_t *children, size_t count);

/*
 * The memory of a process in KiB, without what it maps from files; a page that n processes share
 * counts for 1/n in each. -1 where the kernel does not say.
 */
long memory_of(pid_t pid);

#endif
