/* waiters - a hash of lists, a ticket for each, and one thread for the deadlines. See waiters.h. */
#include "server/http/waiters.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

enum { LISTS = 1024 }; /* a power of two */

LIST_HEAD(waiter_list, waiter);

struct waiters {
    pthread_mutex_t lock;
    pthread_cond_t earlier_deadline;
    pthread_t thread;
    bool closed;
    unsigned max;
    unsigned count;           /* that wait now */
    int64_t next_deadline_ns; /* the thread sleeps until then; 0: for ever */
    struct {
        struct waiter_list waiting;
        uint64_t ticket; /* changes of the batches of this list */
    } lists[LISTS];
};

static unsigned list_of(const struct batch_id *id)
{
    return (id->bytes[14] | (unsigned)id->bytes[15] << 8) % LISTS;
}

/* Under the lock. */
static void resume(struct waiters *waiters, struct waiter *waiter)
{
    LIST_REMOVE(waiter, same_hash);
    waiters->count--;
    waiter->waiting = false;
    MHD_resume_connection(waiter->connection);
}

/* Let the thread look no later than at that time. Under the lock. */
static void note_deadline(struct waiters *waiters, int64_t deadline_ns)
{
    if (deadline_ns != 0 &&
        (waiters->next_deadline_ns == 0 || deadline_ns < waiters->next_deadline_ns)) {
        waiters->next_deadline_ns = deadline_ns;
        pthread_cond_signal(&waiters->earlier_deadline);
    }
}

/* Resume those whose deadline has come, and find the next one. Under the lock. */
static void resume_due(struct waiters *waiters)
{
    int64_t now = clock_monotonic_ns();
    waiters->next_deadline_ns = 0;
    for (unsigned i = 0; i < LISTS; i++) {
        struct waiter *next;
        for (struct waiter *w = LIST_FIRST(&waiters->lists[i].waiting); w; w = next) {
            next = LIST_NEXT(w, same_hash);
            if (w->deadline_ns == 0)
                continue;
            if (w->deadline_ns <= now)
                resume(waiters, w);
            else if (waiters->next_deadline_ns == 0 || w->deadline_ns < waiters->next_deadline_ns)
                waiters->next_deadline_ns = w->deadline_ns;
        }
    }
}

static void *deadline_main(void *argument)
{
    struct waiters *waiters = argument;
    pthread_mutex_lock(&waiters->lock);
    while (!waiters->closed) {
        int64_t until = waiters->next_deadline_ns;
        if (until == 0) {
            pthread_cond_wait(&waiters->earlier_deadline, &waiters->lock);
        } else if (until <= clock_monotonic_ns()) {
            resume_due(waiters);
        } else {
            struct timespec time = {.tv_sec = until / NS_PER_S, .tv_nsec = until % NS_PER_S};
            pthread_cond_timedwait(&waiters->earlier_deadline, &waiters->lock, &time);
        }
    }
    pthread_mutex_unlock(&waiters->lock);
    return NULL;
}

struct waiters *waiters_new(unsigned max)
{
    struct waiters *waiters = calloc(1, sizeof *waiters);
    if (!waiters)
        return NULL;
    waiters->max = max;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waiters->earlier_deadline, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&waiters->lock, NULL);
    if (pthread_create(&waiters->thread, NULL, deadline_main, waiters) != 0) {
        pthread_mutex_destroy(&waiters->lock);
        pthread_cond_destroy(&waiters->earlier_deadline);
        free(waiters);
        return NULL;
    }
    return waiters;
}

uint64_t waiters_ticket(struct waiters *waiters, const struct batch_id *id)
{
    pthread_mutex_lock(&waiters->lock);
    uint64_t ticket = waiters->lists[list_of(id)].ticket;
    pthread_mutex_unlock(&waiters->lock);
    return ticket;
}

/* Under the lock. */
static bool refuses(const struct waiters *waiters)
{
    return waiters->closed || waiters->count >= waiters->max;
}

bool waiters_suspend(struct waiters *waiters, struct waiter *waiter, uint64_t ticket)
{
    unsigned list = list_of(&waiter->id);
    pthread_mutex_lock(&waiters->lock);
    bool due = waiter->deadline_ns != 0 && waiter->deadline_ns <= clock_monotonic_ns();
    bool wait = !refuses(waiters) && !due && waiters->lists[list].ticket == ticket;
    if (wait) {
        MHD_suspend_connection(waiter->connection);
        waiter->waiting = true;
        waiters->count++;
        LIST_INSERT_HEAD(&waiters->lists[list].waiting, waiter, same_hash);
        note_deadline(waiters, waiter->deadline_ns);
    }
    pthread_mutex_unlock(&waiters->lock);
    return wait;
}

void waiters_notify(struct waiters *waiters, const struct batch_id *id, bool ended)
{
    unsigned list = list_of(id);
    int64_t now = 0;
    pthread_mutex_lock(&waiters->lock);
    waiters->lists[list].ticket++;
    struct waiter *next;
    for (struct waiter *w = LIST_FIRST(&waiters->lists[list].waiting); w; w = next) {
        next = LIST_NEXT(w, same_hash);
        if (batch_id_compare(&w->id, id) != 0 || (w->end_only && !ended))
            continue;
        if (!now)
            now = clock_monotonic_ns();
        if (!ended && w->not_before_ns > now) {
            w->deadline_ns = w->not_before_ns;
            note_deadline(waiters, w->deadline_ns);
        } else {
            resume(waiters, w);
        }
    }
    pthread_mutex_unlock(&waiters->lock);
}

void waiters_close(struct waiters *waiters)
{
    pthread_mutex_lock(&waiters->lock);
    waiters->closed = true;
    for (unsigned i = 0; i < LISTS; i++)
        while (!LIST_EMPTY(&waiters->lists[i].waiting))
            resume(waiters, LIST_FIRST(&waiters->lists[i].waiting));
    pthread_cond_signal(&waiters->earlier_deadline);
    pthread_mutex_unlock(&waiters->lock);
    pthread_join(waiters->thread, NULL);
}

bool waiters_refuse(struct waiters *waiters)
{
    pthread_mutex_lock(&waiters->lock);
    bool refused = refuses(waiters);
    pthread_mutex_unlock(&waiters->lock);
    return refused;
}

void waiters_free(struct waiters *waiters)
{
    pthread_mutex_destroy(&waiters->lock);
    pthread_cond_destroy(&waiters->earlier_deadline);
    free(waiters);
}
