/* harvest - blocks back: verdicts into the store, and what becomes of a dead worker's block. */
#include <math.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/ring.h"
#include "server/dispatcher/parts.h"
#include "worker/primality/primality.h"

enum {
    BUSY_MEMORY_S = 4, /* what is older counts half or less */
};

void harvest_free(struct dispatcher *d, uint32_t index)
{
    atomic_store_explicit(arena_claim(d->arena, index), 0, memory_order_relaxed);
    d->flights[index] = (struct flight){.kind = FLIGHT_NONE};
    d->free_blocks[d->free_count++] = index;
}

/*
 * A block is back that was tested for so long. Where all workers had work since the last one, see
 * how much of their time went into it: the rest went to others on the machine, or was lost.
 */
static void note_concurrency(struct dispatcher *d, double seconds)
{
    int64_t now_ns = clock_monotonic_ns();
    if (d->busy_since_ns != 0) {
        d->busy_ns += (double)(now_ns - d->busy_since_ns);
        d->tested_ns += seconds * 1e9;
    }
    d->busy_since_ns = d->in_flight > handout_workers(d) ? now_ns : 0;
    if (d->busy_ns > BUSY_MEMORY_S * 1e9) {
        d->busy_ns /= 2;
        d->tested_ns /= 2;
    }
}

double harvest_concurrency(const struct dispatcher *d)
{
    double workers = handout_workers(d);
    double concurrency = d->busy_ns > 0 ? d->tested_ns / d->busy_ns : workers;
    return fmax(fmin(concurrency, workers), fmax(workers, 1) / 100);
}

/*
 * Count what has come back, with that result of posting it. Returns the sum of the seconds. Whether
 * numbers of a draft are of a batch turns out later.
 */
static double tally(struct dispatcher *d, struct job *job, enum store_result result, uint32_t done,
                    uint32_t count)
{
    if (job->store && !job->draft)
        return tally_verdicts(d, d->post.verdicts, d->post.seconds, count);
    if (job->draft && result == STORE_OK)
        job->posted += done;
    else
        tally_discarded(d, done);
    return tally_seconds(d, d->post.seconds, count);
}

/*
 * Post the verdicts of a block that is finished or given up. If the store cannot take them now, the
 * block keeps them, and comes by again (watch.c).
 */
static void collect(struct dispatcher *d, uint32_t index, struct news *news)
{
    struct flight *flight = &d->flights[index];
    struct job *job = flight->job;
    uint32_t count = flight->count;
    uint32_t done;
    if (!trust_verdicts(d, index, &done)) {
        log_warning("a block came back scribbled over: done again", log_int("block", index));
        trial_add(d, index, false);
        return;
    }
    if (trial_goes_on(d, index, done))
        return;
    enum store_result result = early_post(d, job, flight->chunk_index, news);
    if (result == STORE_NO_MEMORY || result == STORE_FAILED) {
        flight->post_again_ns = clock_monotonic_ns() + STORE_AGAIN_MS * NS_PER_MS;
        return;
    }
    FAULT_POINT("collect.stored");

    d->blocks_done++;
    double seconds = tally(d, job, result, done, count);
    if (done == count && flight->cost_ns > 0) {
        schedule_measure(job, flight->cost_ns, seconds);
        d->pace += (seconds * 1e9 / (double)flight->cost_ns - d->pace) / 16;
    }
    note_concurrency(d, seconds);
    handout_land(d, index);
    harvest_free(d, index);
    trial_next(d);
    FAULT_POINT("collect.freed");
}

/* Write the verdict of the number a worker could not finish, and step past it. */
static void give_up_number(struct results *results, uint32_t number, enum verdict verdict)
{
    FAULT_POINT("give_up_number.begun");
    results->verdicts[number] = (uint8_t)verdict;
    results->seconds[number] = 0;
    atomic_store_explicit(&results->done, number + 1, memory_order_release);
}

/*
 * The worker of a block has died: charge the death to the number it died on, and push the block
 * again from there. A worker that dies on a group may have died on any of it; the successor goes
 * singly, and a number of that group that kills it again has killed both. False if the block has
 * nothing left.
 */
static bool resume_orphan(struct dispatcher *d, uint32_t index, struct claim claim)
{
    struct block *block = arena_block(d->arena, index);
    struct results *results = arena_results(d->arena, index);
    struct flight *flight = &d->flights[index];
    uint32_t number = atomic_load_explicit(&results->done, memory_order_acquire);
    if (number < flight->done || number >= flight->end || flight->canceled_ns)
        return false;

    uint32_t end = block_group_end(block, number, primality_cost_ns);
    bool alone = end == number + 1;
    unsigned deaths = number < flight->suspects_end ? claim.attempts : 1;
    flight->suspects_end = end;
    flight->singly = true;
    block->singly = 1;
    if (alone && flight->overdue && flight->overdue_index == number) {
        give_up_number(results, number++, VERDICT_TIMEOUT);
        deaths = 0;
    } else if (deaths >= ATTEMPTS_MAX) {
        log_warning("number failed: its workers died on it", log_int("deaths", deaths));
        give_up_number(results, number++, VERDICT_FAILED);
        deaths = 0;
    }
    flight->overdue = false;
    if (number == flight->end)
        return false;
    d->blocks_resumed++;
    handout_push(d, index, deaths);
    ring_wake(d->arena, 1);
    return true;
}

bool harvest_one(struct dispatcher *d, struct news *news)
{
    int32_t posted = board_take(d->arena);
    if (posted == BOARD_EMPTY)
        return false;
    FAULT_POINT("harvest_one.taken");
    uint32_t index = (uint32_t)posted;
    /* Pairs with the release in board_finish() and in arena_reap(). */
    struct claim claim =
        claim_unpack(atomic_load_explicit(arena_claim(d->arena, index), memory_order_acquire));
    enum flight_kind kind = d->flights[index].kind;
    if (kind == FLIGHT_NONE || kind == FLIGHT_LOST || d->flights[index].damaged)
        return true; /* posted twice, or by somebody who should not have */
    if (!trust_claim(d, index, claim)) {
        trust_lose(d, index);
        return true;
    }
    if (claim.state != CLAIM_DONE && claim.state != CLAIM_ORPHANED)
        return true; /* posted twice */

    if (kind == FLIGHT_SENTINEL)
        harvest_free(d, index); /* claimed, so its worker is gone or going */
    else if (claim.state == CLAIM_DONE || !resume_orphan(d, index, claim))
        collect(d, index, news);
    return true;
}
