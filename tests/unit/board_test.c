/* board_test - posting, taking, and the dispatcher's sleep. */
#include "common/board.h"

#include <criterion/criterion.h>

#include "common/clock.h"
#include "common/ring.h"
#include "tests/support/forked.h"
#include "tests/support/peek.h"

enum { SLOTS = 2, BLOCKS = 200 };
static struct arena arena;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, SLOTS, BLOCKS), 0);
}

static void destroy(void)
{
    arena_destroy(&arena);
}

TestSuite(board, .init = create, .fini = destroy, .timeout = 20);

Test(board, is_empty_at_first)
{
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
}

Test(board, every_block_has_its_bit_in_any_word)
{
    static const uint32_t posted[] = {0, 1, 62, 63, 64, 127, 128, BLOCKS - 1};
    enum { COUNT = sizeof posted / sizeof *posted };

    for (size_t i = COUNT; i-- > 0;)
        board_post(&arena, posted[i]);
    for (size_t i = 0; i < COUNT; i++)
        cr_assert_eq(board_take(&arena), (int32_t)posted[i]);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
}

Test(board, all_blocks_at_once)
{
    for (uint32_t i = 0; i < BLOCKS; i++)
        board_post(&arena, i);
    for (int32_t i = 0; i < BLOCKS; i++)
        cr_assert_eq(board_take(&arena), i);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
}

Test(board, a_bit_set_twice_is_taken_once)
{
    board_post(&arena, 70);
    board_post(&arena, 70);
    cr_assert_eq(board_take(&arena), 70);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
}

Test(board, finish_marks_the_block_done_and_posts_it)
{
    ring_push(&arena, 9, 4);
    cr_assert_eq(ring_pop(&arena, 1), 9);
    board_finish(&arena, 9);

    struct claim claim = peek_claim(&arena, 9);
    cr_assert_eq(claim.state, CLAIM_DONE);
    cr_assert_eq(claim.owner, 1);
    cr_assert_eq(claim.attempts, 5);
    cr_assert_eq(claim.ticket, 0);
    cr_assert_eq(board_take(&arena), 9);
}

/* --- sleep and wake --------------------------------------------------------------------------- */

static int sleep_on_board(void *unused)
{
    (void)unused;
    board_prepare_wait(&arena);
    board_wait(&arena, -1);
    return 0;
}

static pid_t start_sleeper(void)
{
    pid_t child = forked_start(sleep_on_board, NULL);
    forked_await_sleep(child, &arena.board->sleeping);
    return child;
}

Test(board, a_post_wakes_the_dispatcher)
{
    pid_t child = start_sleeper();
    board_post(&arena, 100);
    cr_assert_eq(forked_wait(child), 0);
    cr_assert_eq(board_take(&arena), 100);
}

Test(board, the_bell_wakes_the_dispatcher)
{
    pid_t child = start_sleeper();
    board_ring_bell(&arena);
    cr_assert_eq(forked_wait(child), 0);
    cr_assert_eq(atomic_load(&arena.board->sleeping), 0);
}

Test(board, a_bell_rung_before_the_sleep_is_not_missed)
{
    board_prepare_wait(&arena);
    board_ring_bell(&arena);
    board_wait(&arena, -1);
}

Test(board, nobody_sleeps_over_a_bit_in_any_word)
{
    for (uint32_t block = 0; block < BLOCKS; block += 66) {
        board_post(&arena, block);
        board_prepare_wait(&arena);
        board_wait(&arena, -1);
        cr_assert_eq(atomic_load(&arena.board->sleeping), 0);
        cr_assert_eq(board_take(&arena), (int32_t)block);
    }
}

Test(board, the_wait_ends_at_its_timeout)
{
    int64_t before = clock_monotonic_ns();
    board_prepare_wait(&arena);
    board_wait(&arena, 20 * NS_PER_MS);
    cr_assert_geq(clock_monotonic_ns() - before, 20 * NS_PER_MS);
    cr_assert_eq(atomic_load(&arena.board->sleeping), 0);

    board_prepare_wait(&arena);
    board_wait(&arena, 0);
}
