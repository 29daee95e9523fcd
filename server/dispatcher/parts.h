/*
 * parts - what the files of the dispatcher share; nothing outside server/dispatcher includes this.
 *
 *   dispatcher.c  the thread, and the calls of dispatcher.h
 *   spot.c        small batches, without a worker
 *   schedule.c    whose turn it is
 *   handout.c     blocks out: chunks into free blocks, blocks and sentinels into the ring
 *   tally.c       the sums of the metrics
 *   harvest.c     blocks back: verdicts into the store, orphans into the ring again
 *   watch.c       blocks that stay out too long, and how long the thread may sleep
 *
 * Every function here, but for those that say so, is called under the dispatcher's lock.
 */
#ifndef SERVER_DISPATCHER_PARTS_H
#define SERVER_DISPATCHER_PARTS_H

#include <pthread.h>
#include <stdbool.h>

#include "server/dispatcher/dispatcher.h"
#include "server/dispatcher/schedule.h"
#include "server/id_map.h"

/* What the dispatcher knows of the block of the same index. */
struct flight {
    struct job *job; /* NULL: free, or a sentinel */
    uint32_t chunk_index;
    uint64_t cost_ns;
    uint32_t suspects_end; /* numbers before it may have killed the last worker */
    int64_t canceled_ns;   /* when the block was told to stop, 0: not */
    bool bulk;             /* counts against what the rounds may have in flight */
    bool huge;             /* a single number that keeps a worker for longer than a chunk may */
    bool overdue;          /* a kill was asked for because of the number at overdue_index */
    uint32_t overdue_index;
    int64_t post_again_ns; /* its verdicts could not be stored: to be tried then; 0: no */
};

struct dispatcher {
    struct dispatcher_options options;
    struct arena *arena; /* options.arena */
    pthread_t thread;

    pthread_mutex_t lock; /* of all below, and of pushing and harvesting */
    struct schedule schedule;
    struct id_map jobs; /* id to struct job */
    struct flight *flights;
    uint32_t *free_blocks;
    unsigned free_count;
    unsigned in_flight;   /* blocks of numbers out */
    unsigned bulk_flight; /* those of them that the rounds have sent */
    unsigned huge_flight; /* those of them that are huge */
    struct job_list held; /* jobs that wait for a huge block to come back, or until retry_ns */
    int64_t retry_ns;     /* the store could not be read: then those held try again; 0: no */
    bool waits_for_store; /* work was not handed out because a store is behind */
    bool closed;          /* the sentinels are out: nothing more may follow */
    bool idle;            /* the thread found nothing in flight when it last looked */
    bool dormant;         /* ... twice in a row, so it sleeps until somebody rings */
    uint32_t sentinels_sent;
    uint64_t blocks_done;
    uint64_t blocks_resumed;
    double pace;           /* of all jobs: measured time over estimated, a moving average */
    double busy_ns;        /* how long all workers had work lately, by the clock, */
    double tested_ns;      /* and how much was tested meanwhile, summed over the workers */
    int64_t busy_since_ns; /* up to when that is counted; 0: some worker has had nothing to do */

    pthread_mutex_t stats_lock;    /* of these alone: nobody who counts waits for a harvest */
    struct dispatcher_stats stats; /* but for queue_* and blocks_* */
};

/* What to tell the listener: the new state of a batch. */
struct news {
    struct store *store; /* NULL: there is none */
    struct batch batch;
};

enum { STORE_AGAIN_MS = 100 }; /* after which a store that has failed is tried again */

/* --- spot.c ----------------------------------------------------------------------------------- */

/*
 * Test a batch here and now, if it is so small that no worker should be asked. False if it is not.
 * Without the lock.
 */
bool spot_test(struct dispatcher *d, struct store *store, const struct batch *batch,
               struct news *news);

/* --- handout.c -------------------------------------------------------------------------------- */

/* Free a job that has nothing left to hand out and nothing in flight. */
void handout_release(struct dispatcher *d, struct job *job);

/* What they waited for may have come: let the jobs that were held take their turns again. */
void handout_unhold(struct dispatcher *d);

/* Take a job out of the list of those held; harmless if it is not in. */
void handout_let_go(struct dispatcher *d, struct job *job);

/* How many worker processes there are. */
unsigned handout_workers(const struct dispatcher *d);

/* Push a small newcomer, whole, if there is a block that is not kept for the rounds. */
void handout_first(struct dispatcher *d, struct job *job);

/*
 * Push the sentinels the supervisor has asked for, then as much work as there should be in flight.
 */
void handout_fill(struct dispatcher *d);

/* Push that many sentinels, as far as there are free blocks. */
void handout_sentinels(struct dispatcher *d, unsigned count);

/* --- tally.c ---------------------------------------------------------------------------------- */

/* Count verdicts in the metrics. Returns the sum of the seconds. With or without the lock. */
double tally_verdicts(struct dispatcher *d, const uint8_t *verdicts, const float *seconds,
                      uint32_t count);

/* --- harvest.c -------------------------------------------------------------------------------- */

/* Take one block off the board and deal with it. False if there was none. */
bool harvest_one(struct dispatcher *d, struct news *news);

/* How many workers' work is done at a time, as things have been lately: at most as many as there are. */
double harvest_concurrency(const struct dispatcher *d);

/* --- watch.c ---------------------------------------------------------------------------------- */

/*
 * How long the thread may sleep; negative: until somebody rings. Asks for workers that are stuck to
 * be killed on the way.
 */
int64_t watch_sleep_time(struct dispatcher *d);

/* Blocks have been pushed by another thread: let the dispatcher's own look after them in time. */
void watch_rouse(struct dispatcher *d);

#endif
