/* ring - push, pop, sleep and wake. See ring.h for why it is right, arena.h for the memory order.
 */
#include "common/ring.h"

#include "common/fault.h"
#include "common/futex.h"

void ring_push(struct arena *arena, uint32_t index, unsigned attempts)
{
    struct ring *ring = arena->ring;
    uint64_t ticket = atomic_load_explicit(&ring->head, memory_order_relaxed);

    atomic_store_explicit(&ring->cells[ticket & arena->ring_mask], index, memory_order_relaxed);
    FAULT_POINT("ring_push.cell_written");
    /* Publishes what the dispatcher wrote into the block; pairs with the swap in ring_pop(). */
    struct claim claim = {.ticket = ticket, .attempts = attempts, .state = CLAIM_QUEUED};
    atomic_store_explicit(arena_claim(arena, index), claim_pack(claim), memory_order_release);
    FAULT_POINT("ring_push.queued");
    /* Publishes the cell; pairs with the load of head in ring_pop() and in ring_wait(). */
    atomic_store_explicit(&ring->head, ticket + 1, memory_order_seq_cst);
}

/* Move the block from QUEUED under this ticket to RUNNING here; false if it is not that any more.
 */
static bool claim_block(_Atomic uint64_t *claim_word, uint64_t ticket, unsigned slot)
{
    uint64_t word = atomic_load_explicit(claim_word, memory_order_relaxed);
    struct claim claim = claim_unpack(word);
    if (claim.state != CLAIM_QUEUED || claim.ticket != (ticket & CLAIM_TICKET_MASK))
        return false;
    claim.state = CLAIM_RUNNING;
    claim.owner = slot;
    claim.attempts += claim.attempts < CLAIM_MAX_ATTEMPTS;
    /* Strong: to fail without cause would be to skip the ticket. */
    return atomic_compare_exchange_strong_explicit(claim_word, &word, claim_pack(claim),
                                                   memory_order_acq_rel, memory_order_relaxed);
}

int32_t ring_pop(struct arena *arena, unsigned slot)
{
    struct ring *ring = arena->ring;
    for (;;) {
        /* tail before head: a head older than tail would make ticket `tail` look pushed. */
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        FAULT_POINT("ring_pop.looked");
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail == head)
            return RING_EMPTY;

        uint32_t index =
            atomic_load_explicit(&ring->cells[tail & arena->ring_mask], memory_order_relaxed);
        FAULT_POINT("ring_pop.cell_read");
        bool won = index < arena->block_count && claim_block(arena_claim(arena, index), tail, slot);
        FAULT_POINT("ring_pop.claimed");
        /* Winner or not, help tail past a ticket that is taken. */
        atomic_compare_exchange_strong_explicit(&ring->tail, &tail, tail + 1, memory_order_release,
                                                memory_order_relaxed);
        if (won)
            return (int32_t)index;
    }
}

void ring_wait(struct arena *arena, unsigned slot)
{
    struct ring *ring = arena->ring;
    _Atomic uint32_t *sleeping = &arena->desks[slot].sleeping;

    atomic_store_explicit(sleeping, 1, memory_order_seq_cst);
    FAULT_POINT("ring_wait.flag_set");
    /*
     * tail before head: a tail read last could hide a block pushed since behind one popped since.
     */
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    FAULT_POINT("ring_wait.looked");
    if (tail == atomic_load_explicit(&ring->head, memory_order_seq_cst) &&
        !atomic_load_explicit(&arena->slots[slot].dismissed, memory_order_seq_cst))
        futex_wait(sleeping, 1, -1);
    FAULT_POINT("ring_wait.woken");
    atomic_store_explicit(sleeping, 0, memory_order_relaxed);
}

bool ring_wake_worker(struct arena *arena, unsigned slot)
{
    _Atomic uint32_t *sleeping = &arena->desks[slot].sleeping;
    if (!atomic_load_explicit(sleeping, memory_order_seq_cst) ||
        !atomic_exchange_explicit(sleeping, 0, memory_order_relaxed))
        return false;
    FAULT_POINT("ring_wake.flag_cleared");
    futex_wake(sleeping, 1);
    return true;
}

void ring_wake(struct arena *arena, unsigned count)
{
    for (unsigned i = 0; i < arena->slot_count && count > 0; i++)
        count -= ring_wake_worker(arena, i);
}

uint64_t ring_length(const struct arena *arena)
{
    /* tail before head, as in ring_pop(), so that the difference is never negative. */
    uint64_t tail = atomic_load_explicit(&arena->ring->tail, memory_order_acquire);
    uint64_t head = atomic_load_explicit(&arena->ring->head, memory_order_relaxed);
    return head - tail < arena->block_count ? head - tail : arena->block_count;
}
