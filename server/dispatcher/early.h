/*
 * early - work on a batch while its body still arrives, which can be undone.
 *
 *   append ──► from the second chunk on, a job that grows ──commit──► a job like any other
 *                                                  └──discard──► as if it had never been
 *
 * The verdicts go into the draft (store_draft_post()), so that nobody sees them before there is a
 * batch, and they go with it if there never is one. As long as it may still turn out bad, such a job
 * gets only what nobody else has a use for: blocks for which no batch has work. It never has a block
 * that would keep a worker for longer than a chunk may: a dear number, and what comes behind it,
 * waits for the end of the body. Where it has caught up with its body it holds nothing but its own
 * few bytes, for however long the body stays open. While the service drains it gets nothing.
 *
 * A batch of a single chunk never gets here: see dispatcher_submit().
 *
 * One thread at a time for each struct early; any thread of the front.
 */
#ifndef SERVER_EARLY_H
#define SERVER_EARLY_H

#include "server/dispatcher/dispatcher.h"

/* The work on one draft. Set the dispatcher and the store, and zero the rest. */
struct early {
    struct dispatcher *dispatcher;
    struct store *store;
    struct job *job;      /* NULL: there is none yet, or no longer */
    uint32_t chunk_count; /* that the job does not know of yet */
    uint64_t cost_ns;     /* of them */
    bool submitted;       /* early_commit() has handed the batch over */
};

/* The draft has got one more chunk, of that estimated work. */
void early_append(struct early *early, struct store_draft *draft, uint64_t cost_ns);

/*
 * Stop the work: before the draft is discarded, which it may be as soon as this returns. What is in
 * flight ends as after dispatcher_cancel(), and counts for nothing. Harmless where there is none.
 */
void early_discard(struct early *early);

/* Called when there is the batch, and before anything can become of it. */
typedef void early_made(void *context, const struct batch *batch);

/*
 * store_commit(), and the work goes on as that on a batch (`submitted`); where there was none yet,
 * or it cannot, the batch is to be given to dispatcher_submit(). `made` is called if the result is
 * STORE_OK, with the same context as `done`, and must not call the dispatcher.
 */
enum store_result early_commit(struct early *early, struct store_draft *draft,
                               const struct batch_spec *spec, struct batch *batch,
                               store_committed *done, early_made *made, void *context);

#endif
