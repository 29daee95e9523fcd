/* head_clock - a queue of debts and a thread at its head. See head_clock.h. */
#include "server/http/head_clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"

TAILQ_HEAD(debts, head_debt);

struct head_clock {
    pthread_mutex_t lock;
    pthread_cond_t rung; /* there is a debt again, or an end to it all */
    pthread_t thread;
    int64_t allowed_ns;
    bool idle; /* the thread sleeps for ever, and has to be rung for; at most once a time allowed */
    bool closed;
    struct debts debts; /* the oldest first */
};

/* Under the lock. */
static void remove_debt(struct head_clock *clock, struct head_debt *debt)
{
    TAILQ_REMOVE(&clock->debts, debt, in_order);
    debt->owed = false;
}

static void *clock_main(void *argument)
{
    struct head_clock *clock = argument;
    pthread_mutex_lock(&clock->lock);
    while (!clock->closed) {
        struct head_debt *oldest = TAILQ_FIRST(&clock->debts);
        int64_t until = oldest ? oldest->since_ns + clock->allowed_ns : 0;
        if (!oldest) {
            clock->idle = true;
            pthread_cond_wait(&clock->rung, &clock->lock);
        } else if (until > clock_monotonic_ns()) {
            struct timespec time = {.tv_sec = until / NS_PER_S, .tv_nsec = until % NS_PER_S};
            pthread_cond_timedwait(&clock->rung, &clock->lock, &time);
        } else {
            /* Under the lock: its end waits in head_clock_stop(), so the socket is still its own. */
            shutdown(oldest->socket, SHUT_RDWR);
            remove_debt(clock, oldest);
            log_info("connection cut", log_str("reason", "the head of a request took too long"));
        }
    }
    pthread_mutex_unlock(&clock->lock);
    return NULL;
}

struct head_clock *head_clock_new(int64_t allowed_ns)
{
    struct head_clock *clock = calloc(1, sizeof *clock);
    if (!clock)
        return NULL;
    clock->allowed_ns = allowed_ns;
    TAILQ_INIT(&clock->debts);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&clock->rung, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&clock->lock, NULL);
    if (pthread_create(&clock->thread, NULL, clock_main, clock) != 0) {
        pthread_mutex_destroy(&clock->lock);
        pthread_cond_destroy(&clock->rung);
        free(clock);
        return NULL;
    }
    return clock;
}

void head_clock_start(struct head_clock *clock, struct head_debt *debt)
{
    pthread_mutex_lock(&clock->lock);
    debt->since_ns = clock_monotonic_ns();
    debt->owed = true;
    TAILQ_INSERT_TAIL(&clock->debts, debt, in_order);
    if (clock->idle) {
        clock->idle = false;
        pthread_cond_signal(&clock->rung);
    }
    pthread_mutex_unlock(&clock->lock);
}

void head_clock_stop(struct head_clock *clock, struct head_debt *debt)
{
    pthread_mutex_lock(&clock->lock);
    if (debt->owed)
        remove_debt(clock, debt);
    pthread_mutex_unlock(&clock->lock);
}

void head_clock_free(struct head_clock *clock)
{
    if (!clock)
        return;
    pthread_mutex_lock(&clock->lock);
    clock->closed = true;
    pthread_cond_signal(&clock->rung);
    pthread_mutex_unlock(&clock->lock);
    pthread_join(clock->thread, NULL);
    pthread_mutex_destroy(&clock->lock);
    pthread_cond_destroy(&clock->rung);
    free(clock);
}
