/* worker_test - the loop of a worker on blocks filled by hand: fresh, taken over, damaged. */
#include "worker/worker.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "common/board.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "tests/support/forked.h"
#include "tests/support/peek.h"

enum { NUMBERS, SENTINEL, BLOCKS, NO_VERDICT = 0xee };
static struct arena arena;
static struct block *block;
static struct results *results;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, 1, BLOCKS), 0);
    block = arena_block(&arena, NUMBERS);
    results = arena_results(&arena, NUMBERS);
    arena_block(&arena, SENTINEL)->kind = BLOCK_SENTINEL;
}

static void destroy(void)
{
    arena_destroy(&arena);
}

TestSuite(worker, .init = create, .fini = destroy, .timeout = 20);

static void fill(enum chunk_kind kind, uint32_t count, const uint64_t *data, uint32_t words)
{
    struct chunk chunk = {.kind = kind, .count = count, .words = words, .data = data};
    block_fill(block, results, &chunk);
    memset(results->verdicts, NO_VERDICT, sizeof results->verdicts);
}

/* Have a worker do the block, and then end. */
static void run(void)
{
    ring_push(&arena, NUMBERS, 0);
    ring_push(&arena, SENTINEL, 0);
    worker_loop(&arena, 0);
    cr_assert_eq(peek_claim(&arena, NUMBERS).state, CLAIM_DONE);
    cr_assert_eq(peek_claim(&arena, SENTINEL).state, CLAIM_DONE);
    cr_assert_eq(board_take(&arena), NUMBERS);
    cr_assert_eq(board_take(&arena), SENTINEL);
    cr_assert_eq(atomic_load(&arena.desks[0].began_ns), 0);
    cr_assert_eq(atomic_load(&arena.desks[0].block_began_ns), 0);
}

Test(worker, tests_every_number_of_more_than_one_group)
{
    static uint64_t numbers[CHUNK_MAX_NUMBERS];
    for (uint32_t i = 0; i < CHUNK_MAX_NUMBERS; i++)
        numbers[i] = i % 3 == 0 ? 97 : i % 3 == 1 ? 91 : 0;
    fill(CHUNK_NARROW, CHUNK_MAX_NUMBERS, numbers, CHUNK_MAX_NUMBERS);
    run();

    cr_assert_eq(atomic_load(&results->done), CHUNK_MAX_NUMBERS);
    for (uint32_t i = 0; i < CHUNK_MAX_NUMBERS; i++)
        cr_assert_eq(results->verdicts[i], numbers[i] == 97 ? VERDICT_PRIME : VERDICT_COMPOSITE);
    cr_assert_eq(atomic_load(&arena.desks[0].numbers_done), CHUNK_MAX_NUMBERS);
    cr_assert_eq(atomic_load(&arena.desks[0].blocks_done), 1);
}

/* 97, 0, -97, 2^64 + 13 (prime), 91 */
static const uint64_t wide[] = {1 << 1, 97, 0, 1 << 1 | 1, 97, 2 << 1, 13, 1, 1 << 1, 91};
enum { WIDE_COUNT = 5, WIDE_WORDS = sizeof wide / sizeof *wide };

Test(worker, tests_integers_of_any_size_and_sign)
{
    fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
    run();
    cr_assert_eq(results->verdicts[0], VERDICT_PRIME);
    cr_assert_eq(results->verdicts[1], VERDICT_COMPOSITE);
    cr_assert_eq(results->verdicts[2], VERDICT_COMPOSITE);
    cr_assert_neq(results->verdicts[3], VERDICT_COMPOSITE);
    cr_assert_eq(results->verdicts[4], VERDICT_COMPOSITE);
    cr_assert_eq(atomic_load(&results->done), WIDE_COUNT);
}

/* Groups of wide numbers, with small, negative and even ones among them, in every place. */
Test(worker, tests_every_number_of_more_than_one_wide_group)
{
    enum { COUNT = 2 * BLOCK_WIDE_GROUP_MAX + 100 };
    static const uint64_t kinds[][4] = {
        {2 << 1, 13, 1}, {1 << 1, 97}, {1 << 1 | 1, 97}, {2 << 1, 14, 1}, {3 << 1, 1, 0, 1}};
    static uint64_t words[4 * COUNT];
    uint32_t used = 0;
    for (uint32_t i = 0; i < COUNT; i++)
        for (uint32_t k = 0; k <= kinds[i % 5][0] >> 1; k++)
            words[used++] = kinds[i % 5][k];
    fill(CHUNK_WIDE, COUNT, words, used);
    run();
    cr_assert_eq(atomic_load(&results->done), COUNT);
    cr_assert_eq(atomic_load(&arena.desks[0].numbers_done), COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert_eq(results->verdicts[i], i % 5 < 2 ? VERDICT_PRIME : VERDICT_COMPOSITE, "%u", i);
}

static int work(void *unused)
{
    (void)unused;
    worker_loop(&arena, 0);
    return 0;
}

/* Canceled at work: the worker leaves the block between two groups. */
Test(worker, stops_between_the_groups_of_a_wide_block)
{
    enum { LIMBS = 16, COUNT = 300 };
    static uint64_t words[(LIMBS + 1) * COUNT]; /* 2^1024 - 105, a prime */
    for (uint32_t i = 0; i < COUNT; i++) {
        words[(LIMBS + 1) * i] = LIMBS << 1;
        memset(&words[(LIMBS + 1) * i + 1], 0xff, LIMBS * sizeof *words);
        words[(LIMBS + 1) * i + 1] = 0 - UINT64_C(105);
    }
    fill(CHUNK_WIDE, COUNT, words, (LIMBS + 1) * COUNT);
    ring_push(&arena, NUMBERS, 0);
    ring_push(&arena, SENTINEL, 0);
    pid_t pid = forked_start(work, NULL);
    while (atomic_load(&results->done) == 0)
        ;
    atomic_store(&block->canceled, 1);
    cr_assert_eq(forked_wait(pid), 0);
    uint32_t done = atomic_load(&results->done);
    cr_assert_lt(done, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert_eq(results->verdicts[i], i < done ? VERDICT_PROBABLE_PRIME : NO_VERDICT);
}

Test(worker, resumes_after_the_last_finished_number)
{
    for (uint32_t done = 0; done <= WIDE_COUNT; done++)
        for (uint32_t singly = 0; singly < 2; singly++) {
            fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
            atomic_store(&results->done, done);
            block->singly = singly;
            run();
            for (uint32_t i = 0; i < WIDE_COUNT; i++)
                cr_assert_eq(results->verdicts[i] == NO_VERDICT, i < done);
            cr_assert_eq(atomic_load(&results->done), WIDE_COUNT);
        }
}

Test(worker, a_canceled_block_comes_back_as_it_is)
{
    fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
    atomic_store(&results->done, 2);
    atomic_store(&block->canceled, 1);
    run();
    cr_assert_eq(atomic_load(&results->done), 2);
    cr_assert_eq(results->verdicts[2], NO_VERDICT);
}

Test(worker, numbers_after_the_damage_of_a_chunk_come_out_failed)
{
    fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
    block->words[3] = UINT64_MAX; /* the head word of the third number */
    run();
    for (uint32_t i = 0; i < 2; i++)
        cr_assert_lt(results->verdicts[i], VERDICT_FAILED);
    for (uint32_t i = 2; i < WIDE_COUNT; i++)
        cr_assert_eq(results->verdicts[i], VERDICT_FAILED);
}

Test(worker, a_damaged_chunk_taken_over_is_finished_too)
{
    fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
    block->words[3] = UINT64_MAX;
    atomic_store(&results->done, 4); /* an earlier worker died after the fourth number */
    run();
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(results->verdicts[i], NO_VERDICT, "what is done is final");
    cr_assert_eq(results->verdicts[4], VERDICT_FAILED);
}

Test(worker, takes_nothing_more_once_dismissed)
{
    fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
    ring_push(&arena, NUMBERS, 0);
    arena_dismiss(&arena, 0);
    worker_loop(&arena, 0);
    cr_assert_eq(peek_claim(&arena, NUMBERS).state, CLAIM_QUEUED);
    arena_reap(&arena, 0);
    ring_push(&arena, SENTINEL, 0);
    worker_loop(&arena, 0);
    cr_assert_eq(peek_claim(&arena, NUMBERS).state, CLAIM_DONE, "its successor is not dismissed");
}

static int run_orphan(void *unused)
{
    (void)unused;
    worker_run(&arena, 0, getpid(), true); /* its own pid is not its parent's */
}

static int run_worker(void *unused)
{
    (void)unused;
    worker_run(&arena, 0, getppid(), true);
}

Test(worker, dismissed_asleep_it_ends)
{
    pid_t pid = forked_start(run_worker, NULL);
    forked_await_sleep(pid, &arena.desks[0].sleeping);
    arena_dismiss(&arena, 0);
    cr_assert_eq(forked_wait(pid), 0);
}

Test(worker, exits_0_after_a_sentinel_and_1_without_its_supervisor)
{
    fill(CHUNK_WIDE, WIDE_COUNT, wide, WIDE_WORDS);
    ring_push(&arena, NUMBERS, 0);
    ring_push(&arena, SENTINEL, 0);
    cr_assert_eq(forked_wait(forked_start(run_orphan, NULL)), 1);
    cr_assert_eq(forked_wait(forked_start(run_worker, NULL)), 0);
    cr_assert_eq(peek_claim(&arena, NUMBERS).state, CLAIM_DONE);
}
