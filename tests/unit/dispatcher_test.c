/* A store that fails for a moment delays a batch, and does not lose it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"
#include "server/dispatcher/dispatcher.h"
#include "server/store/memory.h"
#include "tests/support/peek.h"
#include "tests/support/store_checks.h"
#include "worker/worker.h"

TestSuite(dispatcher, .timeout = 30);

enum { FAILURES = 3, CHUNKS = 8, NUMBERS = 100 };

/* --- a memory store whose calls fail the first few times --------------------------------------- */

static const struct store_ops *whole;
static _Atomic int failures_left;

static bool fails(void)
{
    return atomic_fetch_sub(&failures_left, 1) > 0;
}

static enum store_result failing_post(struct store *store, const struct batch_id *id,
                                      uint32_t index, const uint8_t *verdicts, const float *seconds,
                                      struct batch *batch)
{
    return fails() ? STORE_NO_MEMORY : whole->post(store, id, index, verdicts, seconds, batch);
}

static enum store_result failing_numbers(struct store *store, const struct batch_id *id,
                                         uint32_t index, struct chunk *chunk, uint64_t *words)
{
    return fails() ? STORE_FAILED : whole->numbers(store, id, index, chunk, words);
}

static enum store_result failing_pending(struct store *store, const struct batch_id *id,
                                         uint32_t from, uint32_t *index)
{
    return fails() ? STORE_FAILED : whole->pending(store, id, from, index);
}

static enum store_result failing_start(struct store *store, const struct batch_id *id,
                                       struct batch *batch)
{
    return fails() ? STORE_NO_MEMORY : whole->start(store, id, batch);
}

/* --- a service without HTTP ---------------------------------------------------------------------- */

static void *work(void *arena)
{
    worker_loop(arena, 0);
    return NULL;
}

static void no_listener(void *context, const struct store *store, const struct batch *batch)
{
    (void)context;
    (void)store;
    (void)batch;
}

/* Work on a batch in a store with these operations; it must be completed, and the drain end. */
static void expect_completed(struct store *store, const struct store_ops *ops)
{
    struct arena arena;
    pthread_t worker;
    cr_assert_eq(arena_create(&arena, 1, 4), 0);
    atomic_store(&arena.slots[0].pid, 1);
    struct dispatcher_options options = {
        .arena = &arena, .finish_all = true, .listener = no_listener};
    struct dispatcher *dispatcher = dispatcher_start(&options);
    cr_assert_not_null(dispatcher);
    cr_assert_eq(pthread_create(&worker, NULL, work, &arena), 0);
    struct batch batch = store_add(store, CHUNKS, NUMBERS);

    atomic_store(&failures_left, FAILURES);
    store->ops = ops;
    cr_assert_eq(dispatcher_submit(dispatcher, store, &batch), 0);
    while (store_batch(store, &batch.id).status != BATCH_COMPLETED)
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    cr_expect_leq(atomic_load(&failures_left), 0, "it has failed as often as it should");

    arena_set_state(&arena, CONTROL_DRAIN);
    dispatcher_drain(dispatcher);
    pthread_join(worker, NULL);
    dispatcher_free(dispatcher);
    store_close(store);
    arena_destroy(&arena);
}

static struct store *open_store(struct store_ops *ops)
{
    struct store *store = store_memory_open(1 << 24);
    cr_assert_not_null(store);
    whole = store->ops;
    *ops = *whole;
    return store;
}

Test(dispatcher, verdicts_that_cannot_be_posted_are_posted_later)
{
    struct store_ops ops;
    struct store *store = open_store(&ops);
    ops.post = failing_post;
    expect_completed(store, &ops);
}

Test(dispatcher, numbers_that_cannot_be_read_are_read_later)
{
    struct store_ops ops;
    struct store *store = open_store(&ops);
    ops.numbers = failing_numbers;
    expect_completed(store, &ops);
}

Test(dispatcher, a_batch_that_cannot_be_looked_at_is_looked_at_later)
{
    struct store_ops ops;
    struct store *store = open_store(&ops);
    ops.pending = failing_pending;
    expect_completed(store, &ops);
}

Test(dispatcher, a_batch_that_cannot_be_started_is_started_later)
{
    struct store_ops ops;
    struct store *store = open_store(&ops);
    ops.start = failing_start;
    expect_completed(store, &ops);
}

/* --- an arena that somebody has scribbled over --------------------------------------------------- */

enum { BLOCKS = 8 };

/* A block that waits to be claimed; there is one soon. */
static uint32_t queued_block(const struct arena *arena)
{
    for (uint32_t i = 0;; i = (i + 1) % BLOCKS)
        if (peek_claim(arena, i).state == CLAIM_QUEUED)
            return i;
}

static void scribble_over_ring(struct arena *arena)
{
    atomic_store(&arena->ring->head, UINT64_MAX / 3);
    atomic_store(&arena->ring->tail, UINT64_MAX / 5);
    for (uint32_t i = 0; i <= arena->ring_mask; i++)
        atomic_store(&arena->ring->cells[i], UINT32_MAX - i);
}

static void let_tail_pass(struct arena *arena)
{
    atomic_store(&arena->ring->tail, atomic_load(&arena->ring->head));
}

static void scribble_over_claim(struct arena *arena)
{
    atomic_store(arena_claim(arena, queued_block(arena)), UINT64_C(0xdeadbeefdeadbeef));
}

static void forge_done(struct arena *arena)
{
    uint32_t index = queued_block(arena);
    struct claim claim = peek_claim(arena, index);
    claim.state = CLAIM_DONE;
    claim.attempts = 1;
    poke_claim(arena, index, claim);
    board_post(arena, index);
}

/* Numbers without verdicts, which their worker skips. */
static void skip_numbers(struct arena *arena)
{
    atomic_store(&arena_results(arena, queued_block(arena))->done, NUMBERS / 2);
}

static void skip_more_than_there_are(struct arena *arena)
{
    atomic_store(&arena_results(arena, queued_block(arena))->done, UINT32_MAX);
}

static void cancel_it(struct arena *arena)
{
    atomic_store(&arena_block(arena, queued_block(arena))->canceled, 1);
}

static void post_everything(struct arena *arena)
{
    atomic_store(&arena->board->bits[0], UINT64_MAX);
    atomic_store(&arena->board->sleeping, 0);
}

static void want_sentinels_without_end(struct arena *arena)
{
    atomic_store(&arena->control->sentinels_wanted, UINT32_MAX / 2);
}

/* Whatever is done to the arena while two blocks wait: the batch comes out whole. */
static void expect_whole_in_spite_of(void (*scribble)(struct arena *arena))
{
    struct arena arena;
    pthread_t worker;
    struct store *store = store_memory_open(1 << 24);
    cr_assert_eq(arena_create(&arena, 1, BLOCKS), 0);
    atomic_store(&arena.slots[0].pid, 1);
    struct dispatcher_options options = {
        .arena = &arena, .finish_all = true, .listener = no_listener};
    struct dispatcher *dispatcher = dispatcher_start(&options);
    cr_assert_not_null(dispatcher);
    struct batch batch = store_add(store, CHUNKS, NUMBERS);
    cr_assert_eq(dispatcher_resume(dispatcher, store, &batch), 0);
    queued_block(&arena);
    scribble(&arena);
    cr_assert_eq(pthread_create(&worker, NULL, work, &arena), 0);
    while ((batch = store_batch(store, &batch.id)).status != BATCH_COMPLETED)
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    cr_expect_eq(batch_finished(&batch), batch.total);
    cr_expect_eq(batch.counts[VERDICT_COMPOSITE] + batch.counts[VERDICT_PRIME], batch.total);

    arena_set_state(&arena, CONTROL_DRAIN);
    dispatcher_drain(dispatcher);
    pthread_join(worker, NULL);
    dispatcher_free(dispatcher);
    store_close(store);
    arena_destroy(&arena);
}

Test(dispatcher, a_scribbled_ring_is_made_good)
{
    expect_whole_in_spite_of(scribble_over_ring);
}

Test(dispatcher, a_ticket_that_tail_has_passed_is_found)
{
    expect_whole_in_spite_of(let_tail_pass);
}

Test(dispatcher, a_block_with_an_odd_claim_word_is_done_elsewhere)
{
    expect_whole_in_spite_of(scribble_over_claim);
}

Test(dispatcher, a_block_that_is_done_too_early_is_done_elsewhere)
{
    expect_whole_in_spite_of(forge_done);
}

Test(dispatcher, numbers_that_were_skipped_are_found_out)
{
    expect_whole_in_spite_of(skip_numbers);
    expect_whole_in_spite_of(skip_more_than_there_are);
}

Test(dispatcher, a_cancellation_by_nobody_cancels_nothing)
{
    expect_whole_in_spite_of(cancel_it);
}

Test(dispatcher, bits_and_wishes_out_of_nowhere_do_nothing)
{
    expect_whole_in_spite_of(post_everything);
    expect_whole_in_spite_of(want_sentinels_without_end);
}
