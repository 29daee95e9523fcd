/*
 * trust - a worker can write to parts of the arena, and where it cannot be confined to all of it (arena.h), so
 * nothing there is believed that need not be.
 *
 * The dispatcher knows for itself what it has pushed: ticket, attempts, how many numbers. A claim word
 * has 64 bits, of which state and owner alone are news to it; the ring must say what it said itself; of a
 * verdict there are six. Where one of them is none that the protocol allows, somebody has scribbled over
 * the block, and its chunk is read anew from the store and done again (trial.c). Where it is the claim
 * word, nobody can tell who has the block now: it is not used again. What is lost so comes back when the
 * front is started anew, as it is when half of the blocks are gone.
 */
#include <stdlib.h>
#include <string.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/ring.h"
#include "server/dispatcher/parts.h"

/* --- one block -------------------------------------------------------------------------------- */

bool trust_claim(const struct dispatcher *d, uint32_t index, struct claim claim)
{
    const struct flight *flight = &d->flights[index];
    unsigned claimed = flight->attempts + (flight->attempts < CLAIM_MAX_ATTEMPTS);
    if (claim.ticket != (flight->ticket & CLAIM_TICKET_MASK))
        return false;
    switch (claim.state) {
    case CLAIM_QUEUED:
        return claim.attempts == flight->attempts;
    case CLAIM_RUNNING:
    case CLAIM_DONE:
    case CLAIM_ORPHANED:
        return claim.attempts == claimed && claim.owner < d->arena->slot_count;
    default:
        return false;
    }
}

/* A time a number can have taken, or the nearest. */
static float plausible_seconds(float seconds, float at_most)
{
    if (!(seconds >= 0)) /* not a number, too */
        return 0;
    return seconds < at_most ? seconds : at_most;
}

bool trust_verdicts(struct dispatcher *d, uint32_t index, uint32_t *done)
{
    const struct flight *flight = &d->flights[index];
    const struct results *results = arena_results(d->arena, index);
    struct post *post = &d->post;
    uint32_t claimed = atomic_load_explicit(&results->done, memory_order_acquire);
    *done = claimed;
    if (claimed < flight->done || claimed > flight->end ||
        (claimed < flight->end && !flight->canceled_ns))
        return false;
    /* Copied first, so that nobody changes them between the look and the use. */
    memcpy(post->verdicts, results->verdicts, claimed * sizeof *post->verdicts);
    memcpy(post->seconds, results->seconds, claimed * sizeof *post->seconds);
    trial_recall(d, index);
    float most = (float)((double)(clock_monotonic_ns() - flight->pushed_ns) / 1e9);
    for (uint32_t i = 0; i < claimed; i++) {
        if (post->verdicts[i] >= VERDICT_CANCELED)
            return false;
        post->seconds[i] = plausible_seconds(post->seconds[i], most);
    }
    memset(post->verdicts + claimed, VERDICT_CANCELED, flight->count - claimed);
    memset(post->seconds + claimed, 0, (flight->count - claimed) * sizeof *post->seconds);
    return true;
}

void trust_lose(struct dispatcher *d, uint32_t index)
{
    d->lost++;
    log_warning("a block was scribbled over: not used again", log_int("block", index),
                log_int("lost", d->lost));
    if (2 * d->lost > d->arena->block_count) {
        log_error("half of the blocks were scribbled over: starting anew",
                  log_int("lost", d->lost));
        _Exit(EXIT_FAILURE);
    }
    if (d->flights[index].kind == FLIGHT_NUMBERS)
        trial_add(d, index, true);
    else
        d->flights[index] = (struct flight){.kind = FLIGHT_LOST};
}

/* --- the ring --------------------------------------------------------------------------------- */

void trust_head(struct dispatcher *d)
{
    _Atomic uint64_t *head = &d->arena->ring->head;
    if (atomic_load_explicit(head, memory_order_relaxed) != d->head)
        atomic_store_explicit(head, d->head, memory_order_seq_cst);
}

/* Does the ring lead to that block, which is QUEUED? */
static bool leads_to(const struct dispatcher *d, uint32_t index, uint64_t tail)
{
    uint64_t ticket = d->flights[index].ticket;
    return ticket - tail <= d->arena->block_count &&
           atomic_load(&d->arena->ring->cells[ticket & d->arena->ring_mask]) == index;
}

/*
 * Make the ring lead to all blocks that are QUEUED. tail may go back: that of a ticket already claimed
 * is helped past by whoever reads it.
 */
static void repair_ring(struct dispatcher *d)
{
    uint64_t oldest = d->head;
    for (uint32_t i = 0; i < d->arena->block_count; i++) {
        const struct flight *flight = &d->flights[i];
        struct claim claim = claim_unpack(atomic_load(arena_claim(d->arena, i)));
        bool out =
            (flight->kind == FLIGHT_NUMBERS || flight->kind == FLIGHT_SENTINEL) && !flight->damaged;
        if (!out || claim.state != CLAIM_QUEUED)
            continue;
        atomic_store(&d->arena->ring->cells[flight->ticket & d->arena->ring_mask], i);
        if (flight->ticket < oldest)
            oldest = flight->ticket;
    }
    log_warning("the ring was scribbled over: made good", log_int("head", (int64_t)d->head));
    atomic_store(&d->arena->ring->tail, oldest);
    trust_head(d);
    ring_wake(d->arena, d->arena->slot_count);
}

/* --- all of it -------------------------------------------------------------------------------- */

void trust_audit(struct dispatcher *d)
{
    /* tail first: a block that it had passed then was claimed. */
    uint64_t tail = atomic_load(&d->arena->ring->tail);
    bool whole = d->head - tail <= (uint64_t)d->arena->block_count + 1 &&
                 atomic_load(&d->arena->ring->head) == d->head;
    for (uint32_t i = 0; i < d->arena->block_count; i++) {
        const struct flight *flight = &d->flights[i];
        if (flight->damaged || (flight->kind != FLIGHT_NUMBERS && flight->kind != FLIGHT_SENTINEL))
            continue;
        struct claim claim =
            claim_unpack(atomic_load_explicit(arena_claim(d->arena, i), memory_order_acquire));
        if (!trust_claim(d, i, claim))
            trust_lose(d, i);
        else if (claim.state == CLAIM_QUEUED)
            whole = whole && leads_to(d, i, tail);
        else if (claim.state != CLAIM_RUNNING && flight->post_again_ns == 0)
            board_post(d->arena, i); /* once more: the bit may have been lost */
    }
    if (!whole)
        repair_ring(d);
    trial_next(d);
}
