/* handout - blocks out: chunks from the store into free blocks, and those into the ring. */
#include <stdlib.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/ring.h"
#include "server/dispatcher/parts.h"

enum {
    BULK_PER_WORKER = 2,      /* blocks in flight for each worker: one running, one to go on with */
    HUGE_COST_NS = 100000000, /* a number of that much work is huge */
};

void handout_release(struct dispatcher *d, struct job *job)
{
    if (job->listed || job->held || job->draft || job->in_flight > 0)
        return;
    id_map_remove(&d->jobs, &job->id);
    free(job);
}

unsigned handout_workers(const struct dispatcher *d)
{
    unsigned count = 0;
    for (unsigned i = 0; i < d->arena->slot_count; i++)
        count += atomic_load_explicit(&d->arena->slots[i].pid, memory_order_seq_cst) != 0;
    return count;
}

/* How many blocks the rounds may have in flight. */
static unsigned bulk_limit(const struct dispatcher *d)
{
    unsigned workers = handout_workers(d);
    return BULK_PER_WORKER * (workers ? workers : 1);
}

/*
 * How many huge numbers may be in flight. A worker cannot be taken off a number, so one worker is
 * left to the others, where there is more than one.
 */
static unsigned huge_limit(const struct dispatcher *d)
{
    unsigned workers = handout_workers(d);
    return workers > 1 ? workers - 1 : 1;
}

/* --- jobs that are held ----------------------------------------------------------------------- */

static void hold(struct dispatcher *d, struct job *job)
{
    schedule_remove(&d->schedule, job);
    TAILQ_INSERT_TAIL(&d->held, job, turn);
    job->held = true;
}

void handout_let_go(struct dispatcher *d, struct job *job)
{
    if (!job->held)
        return;
    TAILQ_REMOVE(&d->held, job, turn);
    job->held = false;
}

void handout_unhold(struct dispatcher *d)
{
    for (struct job *job; (job = TAILQ_FIRST(&d->held)) != NULL;) {
        handout_let_go(d, job);
        schedule_add(&d->schedule, job);
    }
}

/* --- blocks out ------------------------------------------------------------------------------- */

enum handed_out {
    HANDED_OUT,
    HANDED_NOTHING, /* there is nothing left of the batch, or the batch is gone */
    HANDED_LATER,   /* it is huge, and enough of those are in flight */
    HANDED_FAILED,  /* the store cannot be read now */
};

/* What it means that the store does not give the batch. */
static enum handed_out failure(enum store_result result)
{
    return result == STORE_UNKNOWN || result == STORE_GONE ? HANDED_NOTHING : HANDED_FAILED;
}

void handout_push(struct dispatcher *d, uint32_t index, unsigned attempts)
{
    struct flight *flight = &d->flights[index];
    flight->ticket = d->head;
    flight->attempts = attempts;
    if (flight->kind == FLIGHT_NUMBERS)
        flight->done =
            atomic_load_explicit(&arena_results(d->arena, index)->done, memory_order_relaxed);
    trust_head(d);
    ring_push(d->arena, index, attempts);
    d->head++;
}

/* Put the job's next chunk without verdicts into a free block and push it. */
static enum handed_out hand_out(struct dispatcher *d, struct job *job, bool bulk)
{
    struct chunk chunk;
    uint32_t index = d->free_blocks[d->free_count - 1];
    struct block *block = arena_block(d->arena, index);
    enum store_result result = STORE_OK;
    if (!job->draft)
        result = store_pending(job->store, &job->id, job->next_chunk, &job->next_chunk);
    if (result == STORE_OK && job->next_chunk == job->chunk_count)
        return HANDED_NOTHING;
    if (result == STORE_OK)
        result = early_numbers(job, job->next_chunk, &chunk, block->words);
    if (result != STORE_OK)
        return failure(result);
    bool huge = chunk.count == 1 && chunk.cost_ns > HUGE_COST_NS;
    if ((huge && d->huge_flight >= huge_limit(d)) ||
        (job->draft && chunk.cost_ns > CHUNK_MAX_COST_NS))
        return HANDED_LATER;
    struct batch batch;
    if (!job->started && !job->draft) {
        if ((result = store_start(job->store, &job->id, &batch)) != STORE_OK)
            return failure(result);
        job->started = true;
    }

    block_fill(block, arena_results(d->arena, index), &chunk);
    d->flights[index] = (struct flight){.kind = FLIGHT_NUMBERS,
                                        .end = chunk.count,
                                        .count = chunk.count,
                                        .pushed_ns = clock_monotonic_ns(),
                                        .job = job,
                                        .chunk_index = job->next_chunk,
                                        .cost_ns = chunk.cost_ns,
                                        .bulk = bulk,
                                        .huge = huge};
    d->free_count--;
    d->in_flight++;
    d->bulk_flight += bulk;
    d->huge_flight += huge;
    job->in_flight++;
    schedule_charge(job->draft ? &d->early : &d->schedule, job, chunk.cost_ns);
    FAULT_POINT("hand_out.filled");
    handout_push(d, index, 0);
    return HANDED_OUT;
}

void handout_land(struct dispatcher *d, uint32_t index)
{
    struct flight *flight = &d->flights[index];
    struct job *job = flight->job;
    if ((int32_t)index == d->trial)
        d->trial = NO_TRIAL;
    d->in_flight--;
    d->bulk_flight -= flight->bulk;
    d->huge_flight -= flight->huge;
    if (flight->huge)
        handout_unhold(d);
    *flight = (struct flight){.kind = FLIGHT_NONE};
    job->in_flight--;
    handout_release(d, job);
}

static bool push_sentinel(struct dispatcher *d)
{
    if (d->free_count == 0)
        return false;
    uint32_t index = d->free_blocks[--d->free_count];
    struct block *block = arena_block(d->arena, index);
    block->kind = BLOCK_SENTINEL;
    d->flights[index] = (struct flight){.kind = FLIGHT_SENTINEL};
    handout_push(d, index, 0);
    return true;
}

void handout_fill(struct dispatcher *d)
{
    unsigned pushed = 0;
    uint32_t wanted =
        atomic_load_explicit(&d->arena->control->sentinels_wanted, memory_order_seq_cst);
    if (wanted - d->sentinels_sent > d->arena->slot_count)
        d->sentinels_sent = wanted; /* nobody can have asked for so many */
    while (d->sentinels_sent != wanted && push_sentinel(d)) {
        d->sentinels_sent++;
        pushed++;
    }

    unsigned limit = bulk_limit(d);
    d->waits_for_store = false;
    while (d->free_count > 0 && d->bulk_flight < limit && !trial_is_on(d)) {
        struct job *job = schedule_next(&d->schedule);
        if (!job && !(job = early_next(d)))
            break;
        d->waits_for_store = store_is_behind(job->store);
        if (d->waits_for_store)
            break;
        enum handed_out handed = hand_out(d, job, true);
        if (job->draft && handed != HANDED_OUT) {
            early_wait(d, job);
            continue;
        }
        switch (handed) {
        case HANDED_OUT:
            pushed++;
            break;
        case HANDED_FAILED:
            d->retry_ns = clock_monotonic_ns() + STORE_AGAIN_MS * NS_PER_MS;
            hold(d, job);
            break;
        case HANDED_LATER:
            hold(d, job);
            break;
        case HANDED_NOTHING:
            schedule_remove(&d->schedule, job);
            handout_release(d, job);
            break;
        }
    }
    ring_wake(d->arena, pushed);
}

void handout_sentinels(struct dispatcher *d, unsigned count)
{
    unsigned pushed = 0;
    while (pushed < count && push_sentinel(d))
        pushed++;
    ring_wake(d->arena, pushed);
}

void handout_first(struct dispatcher *d, struct job *job)
{
    unsigned limit = bulk_limit(d);
    unsigned kept = limit > d->bulk_flight ? limit - d->bulk_flight : 0;
    bool small = job->chunk_count == 1 && job->cost_ns <= CHUNK_MAX_COST_NS;
    if (small && d->free_count > kept && !trial_is_on(d) && hand_out(d, job, false) == HANDED_OUT)
        ring_wake(d->arena, 1);
}
