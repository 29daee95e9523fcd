/*
 * crash_test - a real process dies in each named gap of the protocol, and nothing is lost. The gaps
 * exist in builds with MODE=fault only. See docs/crash.md, which names the test of each gap.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/board.h"
#include "common/fault.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "tests/support/forked.h"
#include "tests/support/peek.h"
#include "worker/worker.h"

enum { SLOTS = 2, BLOCKS = 4, COUNT = BLOCK_GROUP_MAX + 88, NO_VERDICT = 0xee };
static struct arena arena;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, SLOTS, BLOCKS), 0);
}

static void destroy(void)
{
    arena_destroy(&arena);
}

TestSuite(crash, .init = create, .fini = destroy, .timeout = 20, .disabled = !FAULT_POINTS);

/* Push a block of `count` times the prime 97 without any verdict. */
static void push_numbers(uint32_t index, uint32_t count)
{
    static uint64_t numbers[COUNT];
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = 97;
    struct chunk chunk = {.kind = CHUNK_NARROW, .count = count, .words = count, .data = numbers};
    block_fill(arena_block(&arena, index), arena_results(&arena, index), &chunk);
    memset(arena_results(&arena, index)->verdicts, NO_VERDICT, COUNT);
    ring_push(&arena, index, 0);
}

static void push_sentinel(uint32_t index)
{
    arena_block(&arena, index)->kind = BLOCK_SENTINEL;
    ring_push(&arena, index, 0);
}

/* The same with a wide chunk: `count` times the prime 2^64 + 13. */
static void push_wide(uint32_t index, uint32_t count, uint32_t singly)
{
    static uint64_t words[3 * COUNT];
    for (uint32_t i = 0; i < count; i++)
        memcpy(words + (size_t)3 * i, (uint64_t[]){2 << 1, 13, 1}, 3 * sizeof *words);
    struct chunk chunk = {.kind = CHUNK_WIDE, .count = count, .words = 3 * count, .data = words};
    block_fill(arena_block(&arena, index), arena_results(&arena, index), &chunk);
    arena_block(&arena, index)->singly = singly;
    memset(arena_results(&arena, index)->verdicts, NO_VERDICT, COUNT);
    ring_push(&arena, index, 0);
}

struct role {
    unsigned slot;
    const char *fault;
};

static int work(void *data)
{
    const struct role *role = data;
    setenv("PRIMED_FAULT", role->fault, 1);
    worker_loop(&arena, role->slot);
    return 0;
}

static pid_t start_worker(unsigned slot, const char *fault)
{
    struct role role = {slot, fault};
    return forked_start(work, &role);
}

/* The worker of slot 0 comes by the gap and dies there. */
static void die_at(const char *fault)
{
    cr_assert_eq(forked_wait(start_worker(0, fault)), -SIGKILL);
}

static int sleep_on_board(void *unused)
{
    (void)unused;
    board_prepare_wait(&arena);
    board_wait(&arena, -1);
    return 0;
}

static pid_t start_dispatcher(void)
{
    pid_t pid = forked_start(sleep_on_board, NULL);
    forked_await_sleep(pid, &arena.board->sleeping);
    return pid;
}

/* Reap slot 0, whose worker had the block, and push it again as the dispatcher would. */
static void reap_and_push_again(uint32_t index)
{
    cr_assert_eq(arena_reap(&arena, 0), 1);
    cr_assert_eq(board_take(&arena), (int32_t)index);
    struct claim claim = peek_claim(&arena, index);
    cr_assert_eq(claim.state, CLAIM_ORPHANED);
    ring_push(&arena, index, claim.attempts);
}

/* Slot 1 does all that is queued. */
static void finish_the_rest(void)
{
    push_sentinel(BLOCKS - 1);
    worker_loop(&arena, 1);
}

/* --- push ------------------------------------------------------------------------------------- */

static int push_and_wake(void *fault)
{
    setenv("PRIMED_FAULT", fault, 1);
    push_numbers(0, 1);
    ring_wake(&arena, 1);
    return 0;
}

Test(crash, a_front_that_dies_pushing_is_forgotten_by_the_reset)
{
    static char *const faults[] = {"ring_push.cell_written", "ring_push.queued",
                                   "ring_wake.flag_cleared"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        pid_t worker = start_worker(0, "");
        forked_await_sleep(worker, &arena.desks[0].sleeping);
        cr_assert_eq(forked_wait(forked_start(push_and_wake, faults[i])), -SIGKILL);
        forked_kill(worker);
        arena_reset(&arena);

        cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
        push_numbers(1, 1);
        cr_assert_eq(ring_pop(&arena, 0), 1);
        arena_reset(&arena);
    }
}

/* --- pop -------------------------------------------------------------------------------------- */

Test(crash, dead_before_the_claim_leaves_the_block_queued)
{
    push_numbers(0, 1);
    die_at("ring_pop.cell_read");
    cr_assert_eq(arena_reap(&arena, 0), 0);
    cr_assert_eq(peek_claim(&arena, 0).state, CLAIM_QUEUED);
    cr_assert_eq(peek_claim(&arena, 0).attempts, 0);
    cr_assert_eq(ring_pop(&arena, 1), 0);
}

Test(crash, dead_after_the_claim_counts_and_holds_up_nobody)
{
    push_numbers(0, 1);
    push_numbers(1, 1);
    die_at("ring_pop.claimed");
    cr_assert_eq(peek_claim(&arena, 0).state, CLAIM_RUNNING);
    cr_assert_eq(peek_claim(&arena, 0).attempts, 1);
    cr_assert_eq(atomic_load(&arena.ring->tail), 0);

    cr_assert_eq(ring_pop(&arena, 1), 1, "even before the reap");
    reap_and_push_again(0);
    cr_assert_eq(ring_pop(&arena, 1), 0);
    cr_assert_eq(peek_claim(&arena, 0).attempts, 2);
}

Test(crash, a_claimant_that_slept_through_a_lap_claims_in_order)
{
    enum { OLD = 2, NEXT = 1 };
    push_numbers(OLD, 1);
    pid_t slow = start_worker(1, "ring_pop.cell_read:stop");
    forked_await_stop(slow);
    cr_assert_eq(ring_pop(&arena, 0), OLD);
    board_finish(&arena, OLD);
    push_numbers(NEXT, 1);
    push_numbers(OLD, 1); /* in the cell it has read, but under another ticket */

    forked_continue(slow);
    forked_await_stop(slow); /* it has read again */
    cr_assert_eq(peek_claim(&arena, OLD).state, CLAIM_QUEUED);
    forked_continue(slow);
    forked_await_stop(slow);
    cr_assert_eq(peek_claim(&arena, NEXT).state, CLAIM_DONE);
    forked_kill(slow);
}

Test(crash, a_pop_that_looks_slowly_skips_no_ticket)
{
    push_numbers(0, 1);
    pid_t slow = start_worker(1, "ring_pop.looked:stop");
    forked_await_stop(slow);
    cr_assert_eq(ring_pop(&arena, 0), 0);
    push_numbers(1, 1);
    cr_assert_eq(ring_pop(&arena, 0), 1);

    forked_continue(slow);
    forked_await_stop(slow); /* it looks again, as the first ticket was taken */
    forked_kill(slow);
    push_numbers(2, 1);
    cr_assert_eq(ring_pop(&arena, 0), 2);
}

/* --- run -------------------------------------------------------------------------------------- */

Test(crash, dead_before_done_is_stored_repeats_the_group)
{
    push_numbers(0, COUNT);
    die_at("worker.tested");
    struct results *results = arena_results(&arena, 0);
    cr_assert_eq(atomic_load(&results->done), 0);
    memset(results->verdicts, NO_VERDICT, COUNT);

    reap_and_push_again(0);
    finish_the_rest();
    cr_assert_eq(atomic_load(&results->done), COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert_eq(results->verdicts[i], VERDICT_PRIME);
}

Test(crash, dead_after_done_is_stored_repeats_nothing)
{
    push_numbers(0, COUNT);
    die_at("worker.done_stored");
    struct results *results = arena_results(&arena, 0);
    cr_assert_eq(atomic_load(&results->done), BLOCK_GROUP_MAX);
    memset(results->verdicts, NO_VERDICT, COUNT);

    reap_and_push_again(0);
    finish_the_rest();
    cr_assert_eq(atomic_load(&results->done), COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert_eq(results->verdicts[i], i < BLOCK_GROUP_MAX ? NO_VERDICT : VERDICT_PRIME);
}

Test(crash, dead_in_a_wide_group_repeats_that_group)
{
    enum { WIDE = BLOCK_WIDE_GROUP_MAX + 44 };
    static const char *const faults[] = {"worker.tested", "worker.done_stored"};
    for (uint32_t i = 0; i < 2; i++) {
        push_wide(0, WIDE, 0);
        die_at(faults[i]);
        struct results *results = arena_results(&arena, 0);
        uint32_t done = i * BLOCK_WIDE_GROUP_MAX;
        cr_assert_eq(atomic_load(&results->done), done);
        memset(results->verdicts, NO_VERDICT, COUNT);

        reap_and_push_again(0);
        finish_the_rest();
        cr_assert_eq(atomic_load(&results->done), WIDE);
        for (uint32_t k = 0; k < WIDE; k++)
            cr_assert_eq(results->verdicts[k], k < done ? NO_VERDICT : VERDICT_PRIME);
        arena_reset(&arena);
    }
}

Test(crash, a_wide_block_gone_through_singly_is_published_number_by_number)
{
    push_wide(0, 5, 1);
    die_at("worker.done_stored");
    cr_assert_eq(atomic_load(&arena_results(&arena, 0)->done), 1);
    cr_assert_eq(arena_results(&arena, 0)->verdicts[1], NO_VERDICT);
}

/* --- finish ----------------------------------------------------------------------------------- */

Test(crash, dead_after_the_last_number_leaves_an_orphan_with_nothing_to_do)
{
    push_numbers(0, 1);
    die_at("worker.done_stored");
    struct results *results = arena_results(&arena, 0);
    memset(results->verdicts, NO_VERDICT, 1);

    reap_and_push_again(0);
    finish_the_rest();
    cr_assert_eq(peek_claim(&arena, 0).state, CLAIM_DONE);
    cr_assert_eq(results->verdicts[0], NO_VERDICT, "tested once");
}

Test(crash, dead_before_the_post_is_posted_by_the_reap)
{
    push_numbers(0, 1);
    die_at("board_finish.done");
    cr_assert_eq(peek_claim(&arena, 0).state, CLAIM_DONE);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);

    cr_assert_eq(arena_reap(&arena, 0), 0);
    cr_assert_eq(peek_claim(&arena, 0).state, CLAIM_DONE);
    cr_assert_eq(board_take(&arena), 0);
}

Test(crash, dead_before_the_bell_or_in_it_the_reap_wakes_the_dispatcher)
{
    static const char *const faults[] = {"board_finish.done", "board_post.posted",
                                         "board_ring_bell.flag_cleared"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        pid_t dispatcher = start_dispatcher();
        push_numbers(0, 1);
        die_at(faults[i]);
        arena_reap(&arena, 0);
        cr_assert_eq(forked_wait(dispatcher), 0);
        cr_assert_eq(board_take(&arena), 0);
    }
}

/* --- sentinel --------------------------------------------------------------------------------- */

Test(crash, a_sentinel_comes_back_whenever_its_worker_dies)
{
    static const struct {
        const char *fault;
        enum claim_state state;
    } gaps[] = {
        {"ring_pop.claimed", CLAIM_ORPHANED},
        {"board_finish.done", CLAIM_DONE},
        {"board_post.posted", CLAIM_DONE},
    };
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        push_sentinel(3);
        die_at(gaps[i].fault);
        cr_assert_eq(arena_reap(&arena, 0), gaps[i].state == CLAIM_ORPHANED);
        cr_assert_eq(board_take(&arena), 3);
        cr_assert_eq(peek_claim(&arena, 3).state, gaps[i].state);
    }
}

/* --- sleep and wake --------------------------------------------------------------------------- */

Test(crash, a_wake_spent_on_a_dead_sleeper_is_made_up_for_by_the_reap)
{
    static const char *const faults[] = {"ring_wait.flag_set", "ring_wait.looked"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        die_at(faults[i]);
        pid_t alive = start_worker(1, "ring_wait.woken:stop");
        forked_await_sleep(alive, &arena.desks[1].sleeping);
        push_numbers(0, 1);
        ring_wake(&arena, 1);
        cr_assert_eq(atomic_load(&arena.desks[1].sleeping), 1, "it went to the other");
        arena_reap(&arena, 0);
        forked_await_stop(alive);
        forked_kill(alive);
        arena_reset(&arena);
    }
}

Test(crash, a_wake_that_dies_with_the_woken_is_made_up_for_by_the_reap)
{
    pid_t killed = start_worker(0, "ring_wait.woken");
    forked_await_sleep(killed, &arena.desks[0].sleeping);
    pid_t alive = start_worker(1, "ring_wait.woken:stop");
    forked_await_sleep(alive, &arena.desks[1].sleeping);

    push_numbers(0, 1);
    ring_wake(&arena, 1);
    cr_assert_eq(forked_wait(killed), -SIGKILL);
    cr_assert_eq(atomic_load(&arena.desks[1].sleeping), 1);
    arena_reap(&arena, 0);
    forked_await_stop(alive);
    forked_kill(alive);
}

static int wait_then_pop(void *unused)
{
    (void)unused;
    setenv("PRIMED_FAULT", "ring_wait.looked:stop", 1);
    ring_wait(&arena, 1);
    unsetenv("PRIMED_FAULT");
    return ring_pop(&arena, 1);
}

Test(crash, a_look_at_the_ring_that_takes_long_misses_no_push)
{
    enum { FIRST = 2, SECOND = 3 };
    push_numbers(FIRST, 1);
    pid_t slow = forked_start(wait_then_pop, NULL);
    forked_await_stop(slow);

    /* The other worker is awake, but its flag is still set: it takes the wake for the second block
     * and then claims the first. */
    atomic_store(&arena.desks[0].sleeping, 1);
    push_numbers(SECOND, 1);
    ring_wake(&arena, 1);
    cr_assert_eq(ring_pop(&arena, 0), FIRST);

    forked_continue(slow);
    cr_assert_eq(forked_wait(slow), SECOND);
}
