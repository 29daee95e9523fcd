/*
 * trial - chunks whose blocks were scribbled over, tried again until they come back whole.
 *
 * Who has done it cannot be told: a claim word may have been anybody's victim, and a number may drive its
 * worker mad each time without killing it. So such chunks are suspects, and tried one after the other, while
 * nothing new goes out beside them: first as a whole, which clears those that were victims; a chunk that
 * comes back spoiled from that in groups, and a group that does number by number. What they have got is
 * kept here, out of reach of the others of their chunk; and to come back spoiled counts as a death does,
 * to the number that was out alone.
 *
 * A huge number would keep the others waiting for too long: it is tried last, and beside new work.
 */
#include <string.h>

#include "common/log.h"
#include "common/ring.h"
#include "server/dispatcher/parts.h"

bool trial_is_on(const struct dispatcher *d)
{
    return d->trial != NO_TRIAL && !d->flights[d->trial].huge;
}

/* A chunk that waits for its trial, the huge ones last; or NO_TRIAL. */
static int32_t next_suspect(const struct dispatcher *d)
{
    int32_t huge = NO_TRIAL;
    for (uint32_t i = 0; i < d->arena->block_count; i++) {
        if (d->flights[i].damaged && !d->flights[i].huge)
            return (int32_t)i;
        if (d->flights[i].damaged)
            huge = (int32_t)i;
    }
    return huge;
}

enum { GROUP = 64 }; /* numbers tried at a time, until they come back spoiled */

/* Let the worker of a block get to the end of the next group, or number. */
static void set_end(struct dispatcher *d, uint32_t index)
{
    struct flight *flight = &d->flights[index];
    bool in_steps = flight->step > 0 && flight->step < flight->count - d->proven_count;
    flight->end = in_steps ? d->proven_count + flight->step : flight->count;
    flight->suspects_end = flight->attempts > 0 ? flight->end : 0;
    arena_block(d->arena, index)->end = flight->end;
}

/* Put a suspect into a block, its own again or another, that has its numbers already; and push it. */
static void move_to(struct dispatcher *d, uint32_t index, uint32_t other, const struct chunk *chunk)
{
    struct block *block = arena_block(d->arena, other);
    struct results *results = arena_results(d->arena, other);
    struct flight *flight = &d->flights[other];
    *flight = d->flights[index];
    flight->damaged = false;
    flight->lost = false;
    flight->overdue = false;
    flight->post_again_ns = 0;
    block_fill(block, results, chunk);
    atomic_store(&block->canceled, flight->canceled_ns != 0);
    block->singly = flight->singly;
    if (flight->step > 0) {
        memcpy(results->verdicts, d->proven.verdicts, d->proven_count);
        memcpy(results->seconds, d->proven.seconds, d->proven_count * sizeof *results->seconds);
        atomic_store(&results->done, d->proven_count);
    }
    set_end(d, other);
    handout_push(d, other, flight->attempts);
    ring_wake(d->arena, 1);
}

/* Send a suspect out again. False if it has to wait, for a block or for the store. */
static bool send_out(struct dispatcher *d, uint32_t index)
{
    struct flight *flight = &d->flights[index];
    struct chunk chunk;
    if (flight->lost && d->free_count == 0)
        return false;
    uint32_t other = flight->lost ? d->free_blocks[d->free_count - 1] : index;
    enum store_result result = early_numbers(flight->job, flight->chunk_index, &chunk,
                                             arena_block(d->arena, other)->words);
    bool gone = result == STORE_UNKNOWN || result == STORE_GONE;
    if (result != STORE_OK && !gone)
        return false;
    bool lost = flight->lost;
    if (gone) {
        handout_land(d, index);
        if (!lost)
            harvest_free(d, index);
    } else {
        d->free_count -= lost;
        move_to(d, index, other, &chunk);
        d->trial = (int32_t)other;
    }
    if (lost)
        *flight = (struct flight){.kind = FLIGHT_LOST};
    return true;
}

void trial_next(struct dispatcher *d)
{
    while (d->trial == NO_TRIAL || d->flights[d->trial].damaged) {
        if (d->trial == NO_TRIAL)
            d->trial = next_suspect(d);
        if (d->trial == NO_TRIAL || !send_out(d, (uint32_t)d->trial))
            return;
    }
}

/* The chunk on trial has come back spoiled. */
static void charge(struct dispatcher *d)
{
    struct flight *flight = &d->flights[d->trial];
    if (flight->step == 0)
        d->proven_count = 0;
    uint32_t out = flight->end - d->proven_count;
    flight->singly = true;
    flight->step = out > GROUP ? GROUP : 1;
    flight->attempts = out == 1 ? flight->attempts + 1 : 0;
    if (flight->attempts < ATTEMPTS_MAX)
        return;
    log_warning("number failed: it came back scribbled over", log_int("times", flight->attempts));
    d->proven.verdicts[d->proven_count] = VERDICT_FAILED;
    d->proven.seconds[d->proven_count++] = 0;
    flight->attempts = 0;
    flight->step = GROUP;
}

void trial_add(struct dispatcher *d, uint32_t index, bool lost)
{
    d->flights[index].damaged = true;
    d->flights[index].lost = lost;
    if ((int32_t)index == d->trial)
        charge(d);
    else
        d->flights[index].attempts = 0;
    trial_next(d);
}

void trial_recall(struct dispatcher *d, uint32_t index)
{
    if (d->flights[index].step == 0)
        return;
    memcpy(d->post.verdicts, d->proven.verdicts, d->proven_count);
    memcpy(d->post.seconds, d->proven.seconds, d->proven_count * sizeof *d->post.seconds);
}

bool trial_goes_on(struct dispatcher *d, uint32_t index, uint32_t done)
{
    struct flight *flight = &d->flights[index];
    if (flight->step == 0 || done == flight->count || flight->canceled_ns)
        return false;
    memcpy(d->proven.verdicts, d->post.verdicts, done);
    memcpy(d->proven.seconds, d->post.seconds, done * sizeof *d->post.seconds);
    d->proven_count = done;
    flight->attempts = 0;
    set_end(d, index);
    handout_push(d, index, 0);
    ring_wake(d->arena, 1);
    return true;
}
