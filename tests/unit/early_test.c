/* Work on a batch before its body has ended: it becomes the batch's, or has never been. */
#include "server/dispatcher/early.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/arena_check.h"
#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"
#include "server/store/memory.h"
#include "tests/support/store_checks.h"
#include "tests/support/store_owner_checks.h"
#include "worker/worker.h"

enum { BLOCKS = 8, NUMBERS = 100, IN_FLIGHT = 2 /* of what takes turns, for one worker */ };

/* --- a service without HTTP, of one worker that starts when it is told to ---------------------- */

static struct arena arena;
static struct store *store;
static struct dispatcher *dispatcher;
static pthread_t worker;
static bool has_worker, is_drained;
static uint64_t of_batches;   /* blocks of batches that are done, */
static uint64_t most_besides; /* and the most others while a batch had more to hand out */

static struct dispatcher_stats stats_now(void)
{
    struct dispatcher_stats stats;
    dispatcher_read_stats(dispatcher, &stats);
    return stats;
}

static void listener(void *context, const struct store *whose, const struct batch *batch)
{
    (void)context;
    (void)whose;
    (void)batch;
    struct dispatcher_stats stats = stats_now();
    uint64_t besides = stats.blocks_done - ++of_batches;
    if (stats.queue_length > 0 && besides > most_besides)
        most_besides = besides;
}

static void setup(void)
{
    store = store_memory_open(1 << 24);
    cr_assert_not_null(store);
    cr_assert_eq(arena_create(&arena, 1, BLOCKS), 0);
    atomic_store(&arena.slots[0].pid, 1);
    signal(SIGUSR1, SIG_IGN);
    struct dispatcher_options options = {
        .arena = &arena, .supervisor = getpid(), .listener = listener, .finish_all = true};
    dispatcher = dispatcher_start(&options);
    cr_assert_not_null(dispatcher);
}

static void *work(void *context)
{
    (void)context;
    worker_loop(&arena, 0);
    return NULL;
}

static void start_worker(void)
{
    cr_assert_eq(pthread_create(&worker, NULL, work, NULL), 0);
    has_worker = true;
}

static void report(void *context, const char *violation)
{
    (void)context;
    cr_expect_fail("%s", violation);
}

/* Drain it, once; then the arena must be whole. */
static void drain(void)
{
    if (is_drained)
        return;
    is_drained = true;
    arena_set_state(&arena, CONTROL_DRAIN);
    if (!has_worker)
        start_worker();
    dispatcher_drain(dispatcher);
    pthread_join(worker, NULL);
    atomic_store(&arena.slots[0].pid, 0);
    cr_expect_eq(arena_check(&arena, ARENA_DRAINED, report, NULL), 0);
}

static void teardown(void)
{
    drain();
    dispatcher_free(dispatcher);
    store_close(store);
    arena_destroy(&arena);
}

TestSuite(early, .init = setup, .fini = teardown, .timeout = 30);

/* --- tools ------------------------------------------------------------------------------------ */

#define until(condition) \
    while (!(condition)) \
    nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL)

static bool has_ended(const struct batch_id *id)
{
    struct batch batch = store_batch(store, id);
    return batch_has_ended(&batch);
}

static struct early early_begin(void)
{
    return (struct early){.dispatcher = dispatcher, .store = store};
}

/* Append so many chunks of that cost, the numbers following those of the chunks before. */
static void append(struct early *early, struct store_draft *draft, uint32_t *chunks, uint32_t more,
                   uint64_t cost_ns)
{
    for (uint32_t end = *chunks + more; *chunks < end; ++*chunks) {
        uint64_t words[NUMBERS];
        for (uint64_t i = 0; i < NUMBERS; i++)
            words[i] = (uint64_t)*chunks * NUMBERS + i;
        struct chunk chunk = {
            .count = NUMBERS, .words = NUMBERS, .cost_ns = cost_ns, .data = words};
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
        early_append(early, draft, chunk.cost_ns);
    }
}

static void count_made(void *context, const struct batch *batch)
{
    cr_expect_eq(batch->status == BATCH_COMPLETED, batch_finished(batch) == batch->total);
    ++*(int *)context;
}

static void ignore_committed(void *context, enum store_result result, const struct batch *batch)
{
    (void)context;
    (void)batch;
    cr_expect_eq(result, STORE_OK);
}

static struct batch commit(struct early *early, struct store_draft *draft)
{
    int made = 0;
    struct batch batch;
    struct batch_spec spec = {.priority = 5, .ttl_s = 3600};
    cr_assert_eq(early_commit(early, draft, &spec, &batch, ignore_committed, count_made, &made),
                 STORE_OK);
    cr_expect_eq(made, 1);
    cr_expect_null(early->job);
    return batch;
}

static uint64_t verdicts_counted(void)
{
    struct dispatcher_stats stats = stats_now();
    uint64_t sum = 0;
    for (int i = 0; i < VERDICTS; i++)
        sum += stats.verdicts[i];
    return sum;
}

/* The numbers 0 .. of a batch have their verdicts, and each was counted once. */
static void expect_right(const struct batch_id *id, uint32_t chunks)
{
    uint64_t primes = 0;
    for (uint64_t n = 2; n < (uint64_t)chunks * NUMBERS; n++) {
        bool prime = true;
        for (uint64_t k = 2; prime && k * k <= n; k++)
            prime = n % k != 0;
        primes += prime;
    }
    struct batch batch = store_batch(store, id);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(batch.counts[VERDICT_PRIME], primes);
    cr_expect_eq(batch.counts[VERDICT_COMPOSITE], batch.total - primes);
    cr_expect_eq(batch.total, (uint64_t)chunks * NUMBERS);
    cr_expect_eq(verdicts_counted(), batch.total);
    cr_expect_eq(stats_now().discarded, 0);
    struct store_stats in_store;
    store_stats(store, &in_store);
    cr_expect_eq(in_store.numbers_pending, 0);
}

/* --- tests ------------------------------------------------------------------------------------ */

Test(early, a_draft_is_worked_on_before_it_is_a_batch)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    start_worker();
    for (uint32_t i = 1; i <= 10; i++) {
        append(&early, draft, &chunks, 2, NUMBERS);
        until(stats_now().blocks_done == chunks);
    }
    cr_expect_eq(verdicts_counted(), 0, "no batch has them");
    cr_expect_gt(stats_now().compute_seconds, 0.0);
    struct batch batch = commit(&early, draft);
    cr_expect(early.submitted);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_geq(batch.started_ns, batch.created_ns);
    cr_expect_geq(batch.ended_ns, batch.started_ns);
    expect_right(&batch.id, chunks);
}

Test(early, a_draft_of_one_chunk_is_not)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    append(&early, draft, &chunks, 1, NUMBERS);
    cr_expect_null(early.job);
    struct batch batch = commit(&early, draft);
    cr_expect_not(early.submitted);
    cr_expect_eq(batch.status, BATCH_QUEUED);
    cr_assert_eq(dispatcher_submit(dispatcher, store, &batch), 0);
    expect_right(&batch.id, chunks);
    cr_expect_eq(stats_now().blocks_done, 0, "tested on the spot");
}

Test(early, blocks_that_are_out_at_the_commit_are_the_batchs)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    append(&early, draft, &chunks, 5, NUMBERS);
    struct batch batch = commit(&early, draft);
    cr_expect_eq(batch.status, BATCH_RUNNING);
    cr_expect_eq(batch_finished(&batch), 0);
    start_worker();
    until(has_ended(&batch.id));
    expect_right(&batch.id, chunks);
    cr_expect_eq(stats_now().blocks_done, chunks, "each chunk was handed out once");
}

Test(early, a_discarded_draft_leaves_nothing)
{
    uint32_t chunks = 0;
    struct store_stats in_store;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "alice");
    append(&early, draft, &chunks, 9, NUMBERS);
    early_discard(&early);
    cr_expect_null(early.job);
    store_discard(store, draft);
    store_stats(store, &in_store);
    cr_expect_eq(in_store.bytes, 0);
    store_expect_queued(store, "alice", 0);
    start_worker();
    until(stats_now().blocks_done == IN_FLIGHT);
    drain();
    cr_expect_eq(stats_now().blocks_done, IN_FLIGHT, "what was not out stayed");
    cr_expect_eq(verdicts_counted(), 0);
}

/* Who fills bodies with a mistake at their end would have workers killed that were only slow. */
Test(early, nobody_is_killed_for_a_draft_that_became_nothing)
{
    enum { LONG_MS = 200 }; /* ten times what a cancellation may take */
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    append(&early, draft, &chunks, 2, NUMBERS);
    int32_t index = ring_pop(&arena, 0);
    cr_assert_geq(index, 0);
    int64_t began_ns = clock_monotonic_ns();
    atomic_store(&arena.desks[0].began_ns, began_ns);
    early_discard(&early);
    store_discard(store, draft);
    until(clock_monotonic_ns() - began_ns > LONG_MS * NS_PER_MS);
    cr_expect_eq(atomic_load(&arena.slots[0].overdue_ns), 0);
    atomic_store(&arena.desks[0].began_ns, 0);
    board_finish(&arena, (uint32_t)index);
    start_worker();
    until(stats_now().blocks_done == chunks);
}

Test(early, what_was_done_of_a_discarded_draft_is_counted_as_that)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    start_worker();
    append(&early, draft, &chunks, 6, NUMBERS);
    until(stats_now().blocks_done == chunks);
    cr_expect_eq(stats_now().discarded, 0);
    early_discard(&early);
    store_discard(store, draft);
    cr_expect_eq(stats_now().discarded, (uint64_t)chunks * NUMBERS);
    cr_expect_eq(verdicts_counted(), 0);
}

Test(early, batches_come_first)
{
    enum { OF_DRAFT = 30, OF_BATCH = 12 };
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    append(&early, draft, &chunks, OF_DRAFT, NUMBERS);
    struct batch batch = store_add(store, OF_BATCH, NUMBERS);
    cr_assert_eq(dispatcher_submit(dispatcher, store, &batch), 0);
    start_worker();
    until(stats_now().blocks_done == OF_DRAFT + OF_BATCH);
    cr_expect_eq(of_batches, OF_BATCH);
    cr_expect_leq(most_besides, IN_FLIGHT, "those that were out when the batch came");
    batch = commit(&early, draft);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
}

Test(early, drafts_take_turns)
{
    enum { DRAFTS = 3, CHUNKS = 8 };
    struct early earlies[DRAFTS];
    struct store_draft *drafts[DRAFTS];
    for (int i = 0; i < DRAFTS; i++) {
        uint32_t chunks = 0;
        earlies[i] = early_begin();
        drafts[i] = store_begin_of(store, "");
        append(&earlies[i], drafts[i], &chunks, CHUNKS, CHUNK_MAX_COST_NS);
    }
    start_worker();
    until(stats_now().blocks_done >= DRAFTS * CHUNKS / 2);
    for (int i = 0; i < DRAFTS; i++) {
        struct batch batch = commit(&earlies[i], drafts[i]);
        cr_expect_geq(batch_finished(&batch), (CHUNKS / 2 - 2) * NUMBERS);
        until(has_ended(&batch.id));
    }
    cr_expect_eq(stats_now().blocks_done, DRAFTS * CHUNKS);
}

Test(early, a_dear_number_waits_for_the_end_of_its_body)
{
    static const uint64_t word = 7;
    uint32_t chunks = 0;
    struct chunk dear = {.count = 1, .words = 1, .cost_ns = CHUNK_MAX_COST_NS + 1, .data = &word};
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    start_worker();
    append(&early, draft, &chunks, 3, CHUNK_MAX_COST_NS);
    cr_assert_eq(store_append(store, draft, &dear), STORE_OK);
    early_append(&early, draft, dear.cost_ns);
    append(&early, draft, &chunks, 3, CHUNK_MAX_COST_NS);
    until(stats_now().blocks_done == 3);
    struct batch batch = commit(&early, draft);
    cr_expect_eq(batch_finished(&batch), 3 * NUMBERS, "nor does what comes behind it begin");
    until(has_ended(&batch.id));
    batch = store_batch(store, &batch.id);
    cr_expect_eq(batch_finished(&batch), 6 * NUMBERS + 1);
    cr_expect_eq(stats_now().blocks_done, 7);
}

Test(early, a_batch_may_be_canceled_as_soon_as_it_is_one)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    append(&early, draft, &chunks, 9, NUMBERS);
    struct batch batch = commit(&early, draft);
    cr_assert_eq(store_cancel(store, &batch.id, &batch), STORE_OK);
    dispatcher_cancel(dispatcher, &batch.id);
    start_worker();
    until(has_ended(&batch.id));
    batch = store_batch(store, &batch.id);
    cr_expect_eq(batch.status, BATCH_CANCELED);
    cr_expect_eq(batch_finished(&batch), batch.total);
    cr_expect_eq(stats_now().blocks_done, IN_FLIGHT);
}

Test(early, a_drain_ends_with_a_body_under_way)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    append(&early, draft, &chunks, 20, NUMBERS);
    drain();
    uint64_t done = stats_now().blocks_done;
    cr_expect_leq(done, IN_FLIGHT, "only what was out already");
    append(&early, draft, &chunks, 2, NUMBERS);
    cr_expect_eq(stats_now().blocks_done, done);
    early_discard(&early);
    store_discard(store, draft);
}

/* --- a store that fails ------------------------------------------------------------------------- */

static const struct store_ops *whole;
static struct store_ops failing;
static _Atomic int failures_left;

static bool fails(void)
{
    return atomic_fetch_sub(&failures_left, 1) > 0;
}

static enum store_result failing_numbers(struct store *of, struct store_draft *draft,
                                         uint32_t index, struct chunk *chunk, uint64_t *words)
{
    return fails() ? STORE_FAILED : whole->draft_numbers(of, draft, index, chunk, words);
}

static enum store_result failing_post(struct store *of, struct store_draft *draft, uint32_t index,
                                      const uint8_t *verdicts, const float *seconds)
{
    return fails() ? STORE_NO_MEMORY : whole->draft_post(of, draft, index, verdicts, seconds);
}

static enum store_result failing_commit(struct store *of, struct store_draft *draft,
                                        const struct batch_spec *spec, struct batch *batch,
                                        store_committed *done, void *context)
{
    (void)spec;
    (void)batch;
    (void)done;
    (void)context;
    whole->discard(of, draft);
    return STORE_FULL;
}

static void let_fail(void)
{
    whole = store->ops;
    failing = *whole;
    store->ops = &failing;
    atomic_store(&failures_left, 3);
}

static void expect_completed_all_the_same(void)
{
    uint32_t chunks = 0;
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    start_worker();
    append(&early, draft, &chunks, 6, NUMBERS);
    struct batch batch = commit(&early, draft);
    until(has_ended(&batch.id));
    expect_right(&batch.id, chunks);
}

Test(early, numbers_that_cannot_be_read_are_read_once_it_is_a_batch)
{
    let_fail();
    failing.draft_numbers = failing_numbers;
    expect_completed_all_the_same();
}

Test(early, verdicts_that_cannot_be_posted_are_posted_later)
{
    let_fail();
    failing.draft_post = failing_post;
    expect_completed_all_the_same();
}

Test(early, a_commit_that_fails_undoes_the_work)
{
    uint32_t chunks = 0;
    struct batch batch;
    struct batch_spec spec = {.ttl_s = 1};
    struct early early = early_begin();
    struct store_draft *draft = store_begin_of(store, "");
    let_fail();
    failing.commit = failing_commit;
    append(&early, draft, &chunks, 6, NUMBERS);
    cr_expect_eq(early_commit(&early, draft, &spec, &batch, ignore_committed, count_made, NULL),
                 STORE_FULL);
    cr_expect_not(early.submitted);
    start_worker();
    until(stats_now().blocks_done == IN_FLIGHT);
    cr_expect_eq(verdicts_counted(), 0);
}
