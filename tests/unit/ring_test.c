/* ring_test - push and pop in order, over every wrap, from every state a death can leave behind. */
#include "common/ring.h"

#include <criterion/criterion.h>

#include "tests/support/forked.h"
#include "tests/support/peek.h"

enum { SLOTS = 4, BLOCKS = 8 };
static struct arena arena;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, SLOTS, BLOCKS), 0);
}

static void destroy(void)
{
    arena_destroy(&arena);
}

TestSuite(ring, .init = create, .fini = destroy, .timeout = 20);

static void start_at(uint64_t position)
{
    atomic_store(&arena.ring->head, position);
    atomic_store(&arena.ring->tail, position);
}

static void free_block(uint32_t block)
{
    poke_claim(&arena, block, (struct claim){.state = CLAIM_FREE});
}

Test(ring, is_empty_at_first)
{
    cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
    cr_assert_eq(ring_length(&arena), 0);
}

Test(ring, a_push_queues_and_a_pop_claims)
{
    start_at(41);
    ring_push(&arena, 5, 2);
    struct claim queued = peek_claim(&arena, 5);
    cr_assert_eq(queued.state, CLAIM_QUEUED);
    cr_assert_eq(queued.ticket, 41);
    cr_assert_eq(queued.attempts, 2);
    cr_assert_eq(ring_length(&arena), 1);

    cr_assert_eq(ring_pop(&arena, 3), 5);
    struct claim running = peek_claim(&arena, 5);
    cr_assert_eq(running.state, CLAIM_RUNNING);
    cr_assert_eq(running.ticket, 41);
    cr_assert_eq(running.owner, 3);
    cr_assert_eq(running.attempts, 3);
    cr_assert_eq(ring_length(&arena), 0);
    cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
}

Test(ring, attempts_stop_at_their_largest)
{
    for (unsigned attempts = CLAIM_MAX_ATTEMPTS - 1; attempts <= CLAIM_MAX_ATTEMPTS; attempts++) {
        ring_push(&arena, 0, attempts);
        cr_assert_eq(ring_pop(&arena, 1), 0);
        struct claim claim = peek_claim(&arena, 0);
        cr_assert_eq(claim.attempts, CLAIM_MAX_ATTEMPTS);
        cr_assert_eq(claim.owner, 1);
    }
}

/* Fill the ring in a shuffled order and empty it, twice over, from a position. */
static void check_full_laps_from(uint64_t position)
{
    start_at(position);
    for (uint32_t lap = 0; lap < 2; lap++) {
        for (uint32_t i = 0; i < BLOCKS; i++)
            ring_push(&arena, (i * 3 + lap) % BLOCKS, 0);
        cr_assert_eq(ring_length(&arena), BLOCKS);
        for (uint32_t i = 0; i < BLOCKS; i++) {
            uint32_t expected = (i * 3 + lap) % BLOCKS;
            cr_assert_eq(ring_pop(&arena, i % SLOTS), (int32_t)expected);
            cr_assert_eq(peek_claim(&arena, expected).ticket,
                         (position + lap * BLOCKS + i) & CLAIM_TICKET_MASK);
        }
        cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
        for (uint32_t i = 0; i < BLOCKS; i++)
            free_block(i);
    }
}

Test(ring, full_and_in_order_over_every_wrap)
{
    static const uint64_t ends[] = {BLOCKS, UINT64_C(1) << 32, CLAIM_TICKET_MASK + 1, 0};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (uint64_t before = 0; before <= 2 * BLOCKS; before++)
            check_full_laps_from(ends[i] - before);
}

/* --- a popper that was asleep while the world moved on ---------------------------------------- */

Test(ring, a_claim_that_is_not_queued_under_the_ticket_is_left_alone)
{
    static const uint64_t ticket = 1000;
    static const struct claim others[] = {
        {.state = CLAIM_FREE},
        {.ticket = ticket, .owner = 2, .attempts = 1, .state = CLAIM_RUNNING},
        {.ticket = ticket, .owner = 2, .attempts = 1, .state = CLAIM_DONE},
        {.ticket = ticket, .owner = 2, .attempts = 1, .state = CLAIM_ORPHANED},
        {.ticket = ticket + 1, .state = CLAIM_QUEUED},
        {.ticket = ticket + BLOCKS, .state = CLAIM_QUEUED},
        {.ticket = ticket - BLOCKS, .state = CLAIM_QUEUED},
        {.ticket = ticket + (UINT64_C(1) << 32), .state = CLAIM_QUEUED},
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        start_at(ticket);
        ring_push(&arena, 6, 0);
        poke_claim(&arena, 6, others[i]);
        cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
        cr_assert_eq(claim_pack(peek_claim(&arena, 6)), claim_pack(others[i]));
        cr_assert_eq(atomic_load(&arena.ring->tail), ticket + 1, "tail is helped past it");
    }
}

Test(ring, an_old_tail_is_helped_over_everything_claimed_since)
{
    for (uint32_t i = 0; i < BLOCKS; i++)
        ring_push(&arena, i, 0);
    for (uint32_t i = 0; i < BLOCKS - 1; i++)
        cr_assert_eq(ring_pop(&arena, 1), (int32_t)i);
    atomic_store(&arena.ring->tail, 0);

    cr_assert_eq(ring_pop(&arena, 2), BLOCKS - 1);
    cr_assert_eq(peek_claim(&arena, 0).owner, 1, "nothing is claimed twice");
    cr_assert_eq(atomic_load(&arena.ring->tail), BLOCKS);
}

/* Claim the oldest block as a worker would that dies before it moves tail on. */
static uint32_t claim_and_die(unsigned slot)
{
    uint64_t tail = atomic_load(&arena.ring->tail);
    int32_t block = ring_pop(&arena, slot);
    cr_assert_neq(block, RING_EMPTY);
    atomic_store(&arena.ring->tail, tail);
    return (uint32_t)block;
}

Test(ring, a_dead_claimant_holds_up_nobody)
{
    ring_push(&arena, 3, 0);
    ring_push(&arena, 4, 0);
    claim_and_die(0);

    cr_assert_eq(ring_pop(&arena, 1), 4);
    cr_assert_eq(peek_claim(&arena, 3).state, CLAIM_RUNNING);
    cr_assert_eq(peek_claim(&arena, 3).owner, 0);
    cr_assert_eq(ring_pop(&arena, 1), RING_EMPTY);
}

Test(ring, a_cell_may_be_overwritten_while_tail_lags)
{
    for (uint32_t i = 0; i < BLOCKS; i++)
        ring_push(&arena, i, 0);
    claim_and_die(0);
    cr_assert_eq(arena_reap(&arena, 0), 1);
    ring_push(&arena, 0, peek_claim(&arena, 0).attempts); /* ticket BLOCKS, in cell 0 again */
    cr_assert_eq(atomic_load(&arena.ring->head) - atomic_load(&arena.ring->tail), BLOCKS + 1);

    for (int32_t i = 1; i < BLOCKS; i++)
        cr_assert_eq(ring_pop(&arena, 1), i);
    cr_assert_eq(ring_pop(&arena, 1), 0);
    cr_assert_eq(peek_claim(&arena, 0).attempts, 2);
    cr_assert_eq(ring_pop(&arena, 1), RING_EMPTY);
}

Test(ring, one_block_in_one_cell_survives_every_claimant)
{
    struct arena small;
    cr_assert_eq(arena_create(&small, 1, 1), 0);
    for (unsigned death = 0; death < 100; death++) {
        ring_push(&small, 0, death);
        uint64_t tail = atomic_load(&small.ring->tail);
        cr_assert_eq(ring_pop(&small, 0), 0);
        if (death % 2)
            atomic_store(&small.ring->tail, tail);
        cr_assert_eq(arena_reap(&small, 0), 1);
    }
    cr_assert_eq(peek_claim(&small, 0).attempts, 100);
    arena_destroy(&small);
}

Test(ring, a_cell_out_of_range_is_passed_over)
{
    static const uint32_t wild[] = {BLOCKS, BLOCKS + 1, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        start_at(0);
        ring_push(&arena, 0, 0);
        ring_push(&arena, 1, 0);
        atomic_store(&arena.ring->cells[0], wild[i]);
        cr_assert_eq(ring_pop(&arena, 0), 1);
        cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
    }
}

Test(ring, length_counts_a_full_ring_whose_tail_lags)
{
    for (uint32_t i = 0; i < BLOCKS; i++)
        ring_push(&arena, i, 0);
    claim_and_die(0);
    cr_assert_eq(arena_reap(&arena, 0), 1);
    ring_push(&arena, 0, 1);
    cr_assert_eq(ring_length(&arena), BLOCKS);
}

/* --- sleep and wake --------------------------------------------------------------------------- */

static int sleep_in_slot(void *slot)
{
    ring_wait(&arena, *(unsigned *)slot);
    return 0;
}

static pid_t start_sleeper(unsigned slot)
{
    pid_t child = forked_start(sleep_in_slot, &slot);
    forked_await_sleep(child, &arena.desks[slot].sleeping);
    return child;
}

Test(ring, nobody_sleeps_while_a_block_is_queued)
{
    ring_push(&arena, 0, 0);
    ring_wait(&arena, 0);
    cr_assert_eq(atomic_load(&arena.desks[0].sleeping), 0);
}

Test(ring, nobody_sleeps_while_tail_lags)
{
    ring_push(&arena, 0, 0);
    claim_and_die(1);
    ring_wait(&arena, 0);
    cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
    cr_assert_eq(atomic_load(&arena.ring->tail), 1);
}

Test(ring, a_push_wakes_a_sleeper)
{
    pid_t child = start_sleeper(2);
    ring_push(&arena, 0, 0);
    ring_wake(&arena, 1);
    cr_assert_eq(forked_wait(child), 0);
    cr_assert_eq(atomic_load(&arena.desks[2].sleeping), 0);
}

Test(ring, a_wake_wakes_no_more_than_asked)
{
    pid_t first = start_sleeper(1);
    pid_t second = start_sleeper(3);

    ring_wake(&arena, 1);
    cr_assert_eq(forked_wait(first), 0);
    cr_assert_eq(atomic_load(&arena.desks[3].sleeping), 1);
    ring_wake(&arena, 0);
    cr_assert_eq(atomic_load(&arena.desks[3].sleeping), 1);
    ring_wake(&arena, 100);
    cr_assert_eq(forked_wait(second), 0);
}

Test(ring, waking_nobody_is_harmless)
{
    ring_wake(&arena, SLOTS);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        cr_assert_eq(atomic_load(&arena.desks[slot].sleeping), 0);
}

Test(ring, a_killed_sleeper_costs_the_others_no_wake)
{
    pid_t killed = start_sleeper(0);
    pid_t alive = start_sleeper(1);
    forked_kill(killed);

    ring_push(&arena, 0, 0);
    ring_wake(&arena, 1); /* spent on the dead one, whose flag comes first */
    cr_assert_eq(arena_reap(&arena, 0), 0);
    cr_assert_eq(forked_wait(alive), 0);
}
