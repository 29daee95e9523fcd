/*
 * waiters - requests that wait for a batch. Private to server/http.
 *
 * A waiting request's connection is suspended: it holds no thread. It is resumed, and its handler
 * called again, when its batch changes in the way it waits for, when its deadline comes, or when
 * the service stops; the handler looks at the batch anew. To miss nothing between looking and
 * suspending:
 *
 *     ticket = waiters_ticket(waiters, id);
 *     look at the batch; if it is what you wait for, reply and return;
 *     if (waiters_suspend(waiters, waiter, ticket)) return;
 *     begin again: the batch may have changed since the ticket
 *
 * Any thread. One thread of its own keeps the deadlines; it sleeps while there are none.
 */
#ifndef SERVER_HTTP_WAITERS_H
#define SERVER_HTTP_WAITERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "server/batch.h"

struct MHD_Connection;
struct waiters;

/* One place in the queue; part of its request. Fill in the first fields, leave the rest zero. */
struct waiter {
    struct MHD_Connection *connection;
    struct batch_id id;
    bool end_only;         /* wait for the end, not for any progress */
    int64_t not_before_ns; /* progress before that is held back until then; 0: not */
    int64_t deadline_ns;   /* monotonic; 0: none */

    LIST_ENTRY(waiter) same_hash;
    bool waiting;
};

/* For up to `max` requests at a time. NULL without memory or threads. */
struct waiters *waiters_new(unsigned max);

/* A moment in the life of the batch; see above. */
uint64_t waiters_ticket(struct waiters *waiters, const struct batch_id *id);

/*
 * Suspend the connection until there is news. False, without doing so, if there has been some since
 * the ticket, or the deadline has passed, or nobody more may wait (see waiters_refuse()).
 */
bool waiters_suspend(struct waiters *waiters, struct waiter *waiter, uint64_t ticket);

/* The batch has changed; `ended`: for good. */
void waiters_notify(struct waiters *waiters, const struct batch_id *id, bool ended);

/* Resume everybody, and let nobody wait any more. */
void waiters_close(struct waiters *waiters);

/*
 * May nobody more wait, because the service is stopping or because `max` do already? Then a handler
 * replies with what there is, or breaks off.
 */
bool waiters_refuse(struct waiters *waiters);

/* Free; after waiters_close(), when no request is left. */
void waiters_free(struct waiters *waiters);

#endif
