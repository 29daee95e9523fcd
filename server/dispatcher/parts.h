/*
 * parts - what the files of the dispatcher share; nothing outside server/dispatcher includes this.
 *
 *   dispatcher.c  the thread, and the calls of dispatcher.h
 *   early.c       drafts that are worked on before they are batches, and the calls of early.h
 *   spot.c        small batches, without a worker
 *   schedule.c    whose turn it is
 *   handout.c     blocks out: chunks into free blocks, blocks and sentinels into the ring
 *   tally.c       the sums of the metrics
 *   harvest.c     blocks back: verdicts into the store, orphans into the ring again
 *   trust.c       what workers may have done to the arena, found out and made good
 *   trial.c       what becomes of chunks whose blocks were scribbled over
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

enum { ATTEMPTS_MAX = 3 }; /* workers a number may kill, or drive mad, before it is failed */

/* What the dispatcher has made of a block. */
enum flight_kind {
    FLIGHT_NONE, /* the block is free */
    FLIGHT_NUMBERS,
    FLIGHT_SENTINEL,
    FLIGHT_LOST, /* the block was scribbled over, and is not used again; see trust.c */
};

/*
 * What the dispatcher knows of the block of the same index. Workers can write to some of the arena, or to
 * all of it where they cannot be confined, so what the dispatcher has put there itself it knows from
 * here, and never from there.
 */
struct flight {
    enum flight_kind kind;
    uint64_t ticket;   /* under which the block was pushed last */
    unsigned attempts; /* as which it was pushed */
    uint32_t done;     /* numbers that had verdicts then */
    uint32_t end;      /* up to which its worker was to get: mostly all; what the block says */
    uint32_t count;    /* numbers in it */
    bool singly;       /* what the block says */
    bool damaged; /* the chunk came back scribbled over, and waits to be tried again; see trial.c */
    bool lost;    /* ... in another block: this one is not used again */
    uint32_t step;     /* ... so many numbers at a time; 0: all */
    int64_t pushed_ns; /* when it was pushed first */
    struct job *job;   /* NULL but for numbers */
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

/* The verdicts of a block, out of the reach of workers. */
struct post {
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
};

enum { NO_TRIAL = -1 };

struct dispatcher {
    struct dispatcher_options options;
    struct arena *arena; /* options.arena */
    pthread_t thread;

    pthread_mutex_t lock; /* of all below, and of pushing and harvesting */
    struct schedule schedule;
    struct schedule early; /* drafts: they get what the schedule has no use for */
    struct id_map jobs;    /* id to struct job, those of drafts excepted */
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
    uint64_t head;         /* tickets given out: what the ring should say */
    unsigned lost;         /* blocks that are not used again */
    struct post post;      /* of one block at a time */
    int32_t trial;         /* the block whose chunk is on trial, or NO_TRIAL; see trial.c */
    struct post proven;    /* of a chunk tried in steps: the numbers that have passed, */
    uint32_t proven_count; /* and how many */
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

/* --- early.c ---------------------------------------------------------------------------------- */

/* The draft whose turn it is, where no batch has work; NULL if there is none, or should be none. */
struct job *early_next(struct dispatcher *d);

/* Nothing more of the draft is handed out before it is a batch. */
void early_wait(struct dispatcher *d, struct job *job);

/*
 * store_numbers() of what the job works on, draft or batch; STORE_GONE where the draft has become
 * nothing.
 */
enum store_result early_numbers(const struct job *job, uint32_t index, struct chunk *chunk,
                                uint64_t *words);

/* The same for store_post(), of what is in d->post. */
enum store_result early_post(struct dispatcher *d, struct job *job, uint32_t index,
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

/* Push a block that is filled or ORPHANED, and note what is to come back. */
void handout_push(struct dispatcher *d, uint32_t index, unsigned attempts);

/* Forget a flight of numbers that is over; its block is the caller's. */
void handout_land(struct dispatcher *d, uint32_t index);

/* --- trust.c ---------------------------------------------------------------------------------- */

/* Let the ring's head be what it should be, before a push. */
void trust_head(struct dispatcher *d);

/* Can this be the claim word of that block, as it was pushed last? */
bool trust_claim(const struct dispatcher *d, uint32_t index, struct claim claim);

/*
 * Copy the verdicts of a block that came back, numbers 0 .. done-1, into d->post, the rest of them
 * canceled. False if they cannot be a worker's, or are not all there though nobody has canceled the
 * block.
 */
bool trust_verdicts(struct dispatcher *d, uint32_t index, uint32_t *done);

/* The claim word was scribbled over: log it, never use the block again, and put its chunk on trial. */
void trust_lose(struct dispatcher *d, uint32_t index);

/*
 * Compare the arena with what it should say: ring, claim words and board of the blocks that are out.
 * What can be made good is, or is lost.
 */
void trust_audit(struct dispatcher *d);

/* --- trial.c ---------------------------------------------------------------------------------- */

/* Is a chunk on trial, beside which no other should go out? */
bool trial_is_on(const struct dispatcher *d);

/* The chunk of that block is a suspect, or has proved to be one. Is the block lost? */
void trial_add(struct dispatcher *d, uint32_t index, bool lost);

/*
 * Send out the next suspect, if there is one and none is out. Where that cannot be, for want of a block or
 * because the store cannot be read, it is to be called again.
 */
void trial_next(struct dispatcher *d);

/* Where numbers of that block have passed their trial, let d->post have what they got then. */
void trial_recall(struct dispatcher *d, uint32_t index);

/*
 * Numbers 0 .. done-1 of a block have come back as they should, and are in d->post: whether others of it
 * are to be tried, in which case the block is out again.
 */
bool trial_goes_on(struct dispatcher *d, uint32_t index, uint32_t done);

/* --- tally.c ---------------------------------------------------------------------------------- */

/* Those of this file: with or without the lock. */

/* Count the verdicts of numbers of a batch in the metrics. Returns the sum of their seconds. */
double tally_verdicts(struct dispatcher *d, const uint8_t *verdicts, const float *seconds,
                      uint32_t count);

/* Of numbers that are of no batch, or not yet, count the seconds alone. Returns their sum. */
double tally_seconds(struct dispatcher *d, const float *seconds, uint32_t count);

/* Count the verdicts that a batch had when it became one. */
void tally_batch(struct dispatcher *d, const struct batch *batch);

/* So many numbers were tested that are of no batch. */
void tally_discarded(struct dispatcher *d, uint64_t numbers);

/* --- harvest.c -------------------------------------------------------------------------------- */

/* Take one block off the board and deal with it. False if there was none. */
bool harvest_one(struct dispatcher *d, struct news *news);

/* A block is the dispatcher's again, and nothing in it: free it. */
void harvest_free(struct dispatcher *d, uint32_t index);

/* How many workers' work is done at a time, as things have been lately: at most as many as there are. */
double harvest_concurrency(const struct dispatcher *d);

/* --- watch.c ---------------------------------------------------------------------------------- */

/*
 * How long the thread may sleep; negative: until somebody rings. Asks for workers that are stuck to
 * be killed on the way.
 */
int64_t watch_sleep_time(struct dispatcher *d);

/* The work on the job is for nothing: tell its blocks that are out to stop. */
void watch_stop(struct dispatcher *d, const struct job *job);

/* Blocks have been pushed by another thread: let the dispatcher's own look after them in time. */
void watch_rouse(struct dispatcher *d);

#endif
