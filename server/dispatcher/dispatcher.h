/*
 * dispatcher - moves work: chunks from the store into blocks, blocks through the ring, verdicts
 * from finished blocks back into the store.
 *
 *   submit ─► schedule ─► free block ─► ring ─► worker ─► board ─► harvest ─► store ─► listener
 *                ▲                       ▲                            │
 *                └── whose turn          └── orphans again ───────────┘
 *
 * It alone pushes to the ring and takes from the board, under one lock of the front. A thread of
 * its own harvests; a batch that finds a free block is pushed by the very thread that submits it,
 * and the smallest are tested by it, so that a small one waits for nobody. Numbers that time out or
 * kill their workers are given up here. All functions may be called from any thread of the front.
 */
#ifndef SERVER_DISPATCHER_H
#define SERVER_DISPATCHER_H

#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "server/batch.h"
#include "server/store/store.h"

struct dispatcher;

/* Called, without any lock held, after a batch of that store has made progress or ended. */
typedef void dispatcher_listener(void *context, const struct store *store,
                                 const struct batch *batch);

struct dispatcher_options {
    struct arena *arena;
    pid_t supervisor;          /* asked to kill workers that are stuck, told that we are alive */
    int64_t number_timeout_ns; /* what one number may take, 0: any time */
    bool finish_all; /* when draining, finish every batch, not just the blocks in flight */
    dispatcher_listener *listener;
    void *context; /* of the listener */
};

/* Start one, with its thread. NULL without memory or threads. */
struct dispatcher *dispatcher_start(const struct dispatcher_options *options);

/*
 * Hand over a batch that has just come into the store, to be worked on. It may have ended when this
 * returns: the smallest are tested on the spot. 0, or -1 without memory or once the pool has closed
 * after a drain.
 */
int dispatcher_submit(struct dispatcher *dispatcher, struct store *store,
                      const struct batch *batch);

/*
 * The same for a batch that was left in the store without having ended: the workers go on where it
 * has no verdicts.
 */
int dispatcher_resume(struct dispatcher *dispatcher, struct store *store,
                      const struct batch *batch);

/*
 * Stop the work on a batch: what is not handed out is dropped in the store, what is in flight ends
 * at its next number, or its worker is killed a moment later. Harmless if the batch is not here.
 */
void dispatcher_cancel(struct dispatcher *dispatcher, const struct batch_id *id);

/* Estimated seconds until a batch has ended, or a negative number if there is no telling. */
double dispatcher_eta(struct dispatcher *dispatcher, const struct batch_id *id);

/* Figures for metrics. */
struct dispatcher_stats {
    unsigned queue_length;       /* batches with work not yet handed out */
    double queue_seconds;        /* the time one worker needs for that work, as estimated */
    uint64_t verdicts[VERDICTS]; /* numbers of batches that came back with each verdict */
    uint64_t discarded;          /* numbers that came back of drafts that became no batches */
    uint64_t blocks_done;        /* blocks that came back, of either */
    uint64_t blocks_resumed;     /* times a block was handed on after its worker had died */
    double compute_seconds;      /* sum over all those numbers, those of drafts included */
};

void dispatcher_read_stats(struct dispatcher *dispatcher, struct dispatcher_stats *stats);

/*
 * Wait until the control word of the arena has said CONTROL_DRAIN, all work is done (see
 * finish_all) and the sentinels are out. The other calls stay harmless: there is nothing left to do
 * for them.
 */
void dispatcher_drain(struct dispatcher *dispatcher);

/* Free it; after dispatcher_drain(), when nobody calls it any more. */
void dispatcher_free(struct dispatcher *dispatcher);

#endif
