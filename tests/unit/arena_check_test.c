/*
 * arena_check_test - an arena broken in each way there is a rule against: the check names it, and
 * finds nothing wrong with one that is merely in use.
 */
#include "common/arena_check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/board.h"
#include "common/ring.h"
#include "tests/support/peek.h"

enum { SLOTS = 3, BLOCKS = 6 };
static struct arena arena;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, SLOTS, BLOCKS), 0);
}

static void destroy(void)
{
    arena_destroy(&arena);
}

TestSuite(arena_check, .init = create, .fini = destroy, .timeout = 20);

static void add_line(void *text, const char *violation)
{
    size_t used = strlen(text);
    snprintf((char *)text + used, 4096 - used, "%s\n", violation);
}

/* The check finds this one thing wrong. */
static void expect_one(enum arena_check what, const char *violation)
{
    char text[4096] = "";
    char expected[200];
    unsigned count = arena_check(&arena, what, add_line, text);
    snprintf(expected, sizeof expected, "%s\n", violation);
    cr_expect_str_eq(text, expected);
    cr_expect_eq(count, 1);
}

static void expect_none(enum arena_check what)
{
    char text[4096] = "";
    cr_expect_eq(arena_check(&arena, what, add_line, text), 0, "%s", text);
    cr_expect_str_eq(text, "");
}

static void fill(uint32_t index, uint32_t count)
{
    uint64_t words[8] = {2, 3, 5};
    struct chunk chunk = {.kind = CHUNK_NARROW, .count = count, .words = count, .data = words};
    block_fill(arena_block(&arena, index), arena_results(&arena, index), &chunk);
}

/* Block 0 of three numbers at the worker in slot 1, block 1 queued behind it. */
static void run_one_queue_one(void)
{
    fill(0, 3);
    fill(1, 3);
    ring_push(&arena, 0, 0);
    ring_push(&arena, 1, 0);
    atomic_store(&arena.slots[1].pid, 4711);
    cr_assert_eq(ring_pop(&arena, 1), 0);
}

static void poke_state(uint32_t index, enum claim_state state)
{
    struct claim claim = peek_claim(&arena, index);
    claim.state = state;
    poke_claim(&arena, index, claim);
}

/* --- an arena in order ------------------------------------------------------------------------ */

Test(arena_check, finds_nothing_wrong_with_a_new_arena)
{
    expect_none(ARENA_DRAINED);
}

Test(arena_check, finds_nothing_wrong_on_the_road_of_a_block)
{
    run_one_queue_one();
    expect_none(ARENA_AT_REST);
    board_finish(&arena, 0);
    expect_none(ARENA_AT_REST);
    cr_assert_eq(board_take(&arena), 0);
    poke_claim(&arena, 0, (struct claim){.state = CLAIM_FREE});
    expect_none(ARENA_AT_REST);
}

Test(arena_check, finds_nothing_wrong_with_what_a_reaped_worker_leaves)
{
    run_one_queue_one();
    atomic_store(&arena.slots[1].pid, 0);
    arena_reap(&arena, 1);
    expect_none(ARENA_AT_REST);
}

Test(arena_check, finds_nothing_wrong_where_the_counters_wrap)
{
    static const uint64_t positions[] = {UINT64_MAX, CLAIM_TICKET_MASK, UINT64_C(1) << 39};
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        arena_reset(&arena);
        atomic_store(&arena.ring->tail, positions[i]);
        atomic_store(&arena.ring->head, positions[i]);
        run_one_queue_one();
        expect_none(ARENA_AT_REST);
    }
}

Test(arena_check, takes_sentinels_for_what_a_drain_leaves)
{
    arena_block(&arena, 2)->kind = BLOCK_SENTINEL;
    ring_push(&arena, 2, 0);
    expect_none(ARENA_DRAINED);
    cr_assert_eq(ring_pop(&arena, 0), 2);
    board_finish(&arena, 2);
    expect_none(ARENA_DRAINED);
}

/* What a dispatcher that dies in ring_push() leaves is thrown away, and no violation. */
Test(arena_check, takes_a_push_that_was_cut_off_for_one_under_way)
{
    run_one_queue_one();
    poke_claim(&arena, 2, (struct claim){.ticket = 2, .state = CLAIM_QUEUED});
    expect_none(ARENA_IN_USE);
    atomic_store(&arena.ring->cells[2], 2);
    expect_one(ARENA_AT_REST, "block 2 has the ticket 2 of the next push");
}

/* --- claim words ------------------------------------------------------------------------------ */

Test(arena_check, names_a_claim_word_that_cannot_be)
{
    static const struct {
        struct claim claim;
        const char *violation;
    } damages[] = {
        {{.state = (enum claim_state)CLAIM_STATES}, "block 3 is in state 5"},
        {{.state = (enum claim_state)15, .ticket = 9}, "block 3 is in state 15"},
        {{.state = CLAIM_FREE, .ticket = 7, .owner = 2, .attempts = 1},
         "block 3 is FREE and has ticket 7, owner 2, attempts 1"},
        {{.state = CLAIM_RUNNING, .ticket = 0, .owner = SLOTS, .attempts = 1},
         "block 3 is RUNNING at slot 3 of 3"},
        {{.state = CLAIM_DONE, .ticket = 0, .owner = 1}, "block 3 is DONE, claimed by nobody"},
        {{.state = CLAIM_QUEUED, .ticket = 0},
         "block 3 is QUEUED under ticket 0, which tail has passed"},
        {{.state = CLAIM_ORPHANED, .ticket = 5, .owner = 1, .attempts = 1},
         "block 3 is ORPHANED under ticket 5, which was not pushed"},
    };
    atomic_store(&arena.ring->head, 4);
    atomic_store(&arena.ring->tail, 4);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        poke_claim(&arena, 3, damages[i].claim);
        expect_one(ARENA_IN_USE, damages[i].violation);
    }
}

Test(arena_check, names_two_blocks_with_one_ticket)
{
    run_one_queue_one();
    struct claim claim = peek_claim(&arena, 0);
    poke_claim(&arena, 4, claim);
    expect_one(ARENA_IN_USE, "blocks 0 and 4 have the same ticket 0");
}

/* --- ring, board, slots, control -------------------------------------------------------------- */

Test(arena_check, names_counters_that_are_apart)
{
    atomic_store(&arena.ring->tail, 3);
    expect_one(ARENA_IN_USE, "tail is 3 ahead of head");
    atomic_store(&arena.ring->head, 3 + BLOCKS + 1);
    expect_none(ARENA_IN_USE);
    atomic_store(&arena.ring->head, 3 + BLOCKS + 2);
    expect_one(ARENA_IN_USE, "8 tickets are out, with 6 blocks");
}

Test(arena_check, names_a_cell_and_a_bit_of_no_block)
{
    atomic_store(&arena.ring->cells[7], BLOCKS);
    expect_one(ARENA_IN_USE, "cell 7 holds block 6 of 6");
    atomic_store(&arena.ring->cells[7], 0);
    atomic_store(&arena.board->bits[0], UINT64_C(1) << BLOCKS);
    expect_one(ARENA_IN_USE, "the board has a bit for a block there is not");
}

Test(arena_check, names_a_flag_that_is_none)
{
    const struct {
        _Atomic uint32_t *flag;
        const char *violation;
    } flags[] = {
        {&arena.control->state, "the control state is 2, neither 0 nor 1"},
        {&arena.control->front_ready, "front_ready is 2, neither 0 nor 1"},
        {&arena.control->pool_closing, "pool_closing is 2, neither 0 nor 1"},
        {&arena.board->sleeping, "the dispatcher's sleeping is 2, neither 0 nor 1"},
        {&arena.desks[2].sleeping, "slot 2 has sleeping 2, neither 0 nor 1"},
        {&arena.slots[1].dismissed, "slot 1 has dismissed 2, neither 0 nor 1"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        atomic_store(flags[i].flag, 2);
        expect_one(ARENA_IN_USE, flags[i].violation);
        atomic_store(flags[i].flag, 1);
        expect_none(ARENA_IN_USE);
        atomic_store(flags[i].flag, 0);
    }
    atomic_store(&arena.slots[0].pid, -2);
    expect_one(ARENA_IN_USE, "slot 0 has the process -2");
}

Test(arena_check, names_a_header_that_was_written_to)
{
    ((char *)arena.base)[9] ^= 1;
    expect_one(ARENA_IN_USE, "the header is not what it was");
}

/* --- at rest ---------------------------------------------------------------------------------- */

Test(arena_check, names_a_block_that_nobody_will_finish)
{
    run_one_queue_one();
    atomic_store(&arena.slots[1].pid, 0);
    expect_none(ARENA_IN_USE);
    expect_one(ARENA_AT_REST, "block 0 is RUNNING at slot 1, which has no process");
}

Test(arena_check, names_a_block_that_nobody_will_harvest)
{
    run_one_queue_one();
    poke_state(0, CLAIM_DONE);
    expect_none(ARENA_IN_USE);
    expect_one(ARENA_AT_REST, "block 0 is DONE and not on the board");
    poke_state(0, CLAIM_ORPHANED);
    expect_one(ARENA_AT_REST, "block 0 is ORPHANED and not on the board");
}

Test(arena_check, names_a_block_that_nobody_will_claim)
{
    run_one_queue_one();
    atomic_store(&arena.ring->cells[1], 5);
    expect_none(ARENA_IN_USE);
    expect_one(ARENA_AT_REST, "block 1 is QUEUED and not in its cell");
}

Test(arena_check, names_a_block_with_more_done_than_there_is)
{
    run_one_queue_one();
    atomic_store(&arena_results(&arena, 0)->done, 3);
    expect_none(ARENA_AT_REST);
    atomic_store(&arena_results(&arena, 0)->done, 4);
    expect_one(ARENA_AT_REST, "block 0 has 4 of 3 numbers done");
}

/* --- drained ---------------------------------------------------------------------------------- */

Test(arena_check, names_a_block_that_a_drain_has_left)
{
    fill(4, 1);
    ring_push(&arena, 4, 0);
    expect_none(ARENA_AT_REST);
    expect_one(ARENA_DRAINED, "block 4 was left behind QUEUED");
    cr_assert_eq(ring_pop(&arena, 1), 4);
    arena_reap(&arena, 1);
    expect_none(ARENA_AT_REST);
    expect_one(ARENA_DRAINED, "block 4 was left behind ORPHANED");
}

Test(arena_check, names_a_slot_that_a_drain_has_left)
{
    atomic_store(&arena.slots[2].pid, 4711);
    expect_none(ARENA_AT_REST);
    expect_one(ARENA_DRAINED, "slot 2 still has the process 4711");
    atomic_store(&arena.slots[2].pid, 0);
    atomic_store(&arena.desks[2].sleeping, 1);
    expect_none(ARENA_AT_REST);
    expect_one(ARENA_DRAINED, "slot 2 sleeps, without a process");
}

/* --- damage of any kind ----------------------------------------------------------------------- */

/* Whatever is in the arena, nothing outside it is read: for the sanitizers to see. */
Test(arena_check, survives_an_arena_scribbled_over)
{
    for (int octet = 1; octet < 256; octet++) {
        memset(arena.base, octet, arena.size);
        char text[4096] = "";
        cr_assert_gt(arena_check(&arena, ARENA_DRAINED, add_line, text), BLOCKS);
    }
}
