/*
 * schedule - whose turn it is: deficit round robin over the batches that have work left.
 *
 * Two rounds, one inside the other. The priorities that have work take turns, priority p with
 * weight p + 1; within a priority its batches take turns with equal weight. A turn is paid in
 * time, not in chunks, so a batch of huge numbers gets no more of the machine than one of small
 * ones: the time is the estimated work of a chunk at the batch's own pace, since the estimate is of
 * primes and most numbers are not. Who has overdrawn sits out rounds until even. Nobody starves: every round reaches
 * everybody. (Shreedhar and Varghese, "Efficient fair queuing using deficit round robin", 1995;
 * here in the form where a turn may overdraw, so that the cost need not be known in advance.)
 *
 * Not thread-safe: the dispatcher's lock covers it.
 */
#ifndef SERVER_SCHEDULE_H
#define SERVER_SCHEDULE_H

#include <stdint.h>
#include <sys/queue.h>

#include "server/batch.h"
#include "server/store/store.h"

enum { SCHEDULE_PRIORITIES = 10 };

/* A batch with work to hand out or on its way, or a draft; see early.h. */
struct job {
    struct batch_id id;
    struct store *store;       /* where its numbers are; NULL: the draft has become nothing */
    struct store_draft *draft; /* as long as it is one */
    int priority;              /* 0 .. SCHEDULE_PRIORITIES - 1 */
    uint32_t chunk_count;
    uint32_t next_chunk; /* chunks before it have been handed out */
    uint32_t in_flight;  /* chunks handed out and not yet back */
    uint64_t cost_ns;    /* estimated work not yet handed out */
    double pace;         /* measured time over estimated, the mean of all its work so far */
    double paced_ns;     /* how much estimated work that is the mean of */
    bool started;        /* the store knows that it runs */
    bool canceled;
    bool waits;         /* a draft: for the end of its body */
    uint64_t posted;    /* numbers of a draft that have their verdicts */
    bool listed;        /* in the schedule */
    bool held;          /* waits outside it, in the dispatcher's list of such jobs */
    int64_t balance_ns; /* work it may still get in this round; negative: overdrawn */
    TAILQ_ENTRY(job) turn;
};
TAILQ_HEAD(job_list, job);

struct schedule {
    struct {
        struct job_list jobs;
        unsigned count;
        int64_t balance_ns;
    } levels[SCHEDULE_PRIORITIES];
    int current; /* the priority whose turn it is */
    unsigned count;
    uint64_t cost_ns; /* of all jobs in it */
};

void schedule_init(struct schedule *schedule);

/* Begin with a pace that others had: what is soon outweighed by its own. */
void schedule_guess_pace(struct job *job, double pace);

/* Work of the job that was estimated at so much, above 0, has taken so long. */
void schedule_measure(struct job *job, uint64_t cost_ns, double seconds);

/* Add a job that has chunks left; it comes last in its priority's round. */
void schedule_add(struct schedule *schedule, struct job *job);

/*
 * So many chunks more have come for the job, of that estimated cost: it gets turns again, unless it
 * waits.
 */
void schedule_grow(struct schedule *schedule, struct job *job, uint32_t chunks, uint64_t cost_ns);

/* Take a job out, wherever it stands; harmless if it is not in. */
void schedule_remove(struct schedule *schedule, struct job *job);

/* The job whose turn it is, or NULL if there is none. It stays where it is. */
struct job *schedule_next(struct schedule *schedule);

/*
 * The job has handed out its next chunk, of that estimated cost: charge it, and take it out if that was its
 * last one.
 */
void schedule_charge(struct schedule *schedule, struct job *job, uint64_t cost_ns);

/*
 * The nanoseconds of work, of all batches together and each at its own pace, that will be handed
 * out before the job's last chunk if nothing else comes in: what an estimate of its end rests on.
 */
double schedule_time_until_done(const struct schedule *schedule, const struct job *job);

#endif
