/*
 * threads - workers that share everything, and an event that stops the spinner.
 *
 * The next number is a counter under a lock; the answers go straight into the array. The thread of
 * the spinner waits for the event with a timeout: when the timeout is over it turns the spinner,
 * when the event is set it ends.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "client/models/model.h"
#include "common/clock.h"

/* "Something has happened", once and for all. */
struct event {
    pthread_mutex_t lock;
    pthread_cond_t is_set_now;
    bool is_set;
};

struct shared {
    struct run *run;
    pthread_mutex_t lock;
    size_t next; /* under the lock: the first number nobody has taken */
    struct event done;
};

/* --- the event -------------------------------------------------------------------------------- */

static void event_init(struct event *event)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&event->lock, NULL);
    pthread_cond_init(&event->is_set_now, &attributes);
    pthread_condattr_destroy(&attributes);
    event->is_set = false;
}

static void event_set(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->is_set = true;
    pthread_cond_broadcast(&event->is_set_now);
    pthread_mutex_unlock(&event->lock);
}

/* Wait for it, at most that long; whether it is set. */
static bool event_wait(struct event *event, int64_t timeout_ns)
{
    int64_t end = clock_monotonic_ns() + timeout_ns;
    struct timespec until = {.tv_sec = end / NS_PER_S, .tv_nsec = end % NS_PER_S};
    pthread_mutex_lock(&event->lock);
    int error = 0;
    while (!event->is_set && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&event->is_set_now, &event->lock, &until);
    bool is_set = event->is_set;
    pthread_mutex_unlock(&event->lock);
    return is_set;
}

static void event_destroy(struct event *event)
{
    pthread_cond_destroy(&event->is_set_now);
    pthread_mutex_destroy(&event->lock);
}

/* --- the threads ------------------------------------------------------------------------------ */

static bool breathe(void *context)
{
    return !atomic_load(&((struct run *)context)->stop);
}

static void *work(void *context)
{
    struct shared *shared = context;
    struct run *run = shared->run;
    run_leave_mark(&run->probe);
    for (;;) {
        pthread_mutex_lock(&shared->lock);
        size_t i = shared->next < run->count ? shared->next++ : run->count;
        pthread_mutex_unlock(&shared->lock);
        if (i == run->count || atomic_load(&run->stop))
            return NULL;
        run->primes[i] = job_is_prime(run->numbers[i], breathe, run);
    }
}

static void *spin(void *context)
{
    struct shared *shared = context;
    do
        run_turn_spinner(shared->run);
    while (!event_wait(&shared->done, SPINNER_PERIOD_MS * NS_PER_MS));
    run_turn_spinner(shared->run);
    return NULL;
}

int threads_run(struct run *run)
{
    struct shared shared = {.run = run};
    pthread_t spinner, *workers = calloc(run->workers, sizeof *workers);
    unsigned started = 0;
    if (!workers)
        return -ENOMEM;
    pthread_mutex_init(&shared.lock, NULL);
    event_init(&shared.done);
    int error = run->spins ? pthread_create(&spinner, NULL, spin, &shared) : 0;
    bool spins = run->spins && !error;
    while (started < run->workers && !error) {
        error = pthread_create(&workers[started], NULL, work, &shared);
        started += !error;
    }
    if (error)
        atomic_store(&run->stop, true);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    run_measure_memory(run, NULL, 0); /* glibc keeps the stacks of threads that have ended */
    event_set(&shared.done);
    if (spins)
        pthread_join(spinner, NULL);
    event_destroy(&shared.done);
    pthread_mutex_destroy(&shared.lock);
    free(workers);
    return -error;
}
