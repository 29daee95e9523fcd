/* store_draft_checks - see store_draft_checks.h. */
#include "tests/support/store_draft_checks.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/store_checks.h"
#include "tests/support/store_owner_checks.h"

/* --- tools ------------------------------------------------------------------------------------ */

enum { CHUNKS = 4, NUMBERS = 10 };

static const struct batch_spec spec = {.priority = 5, .ttl_s = 3600};

void store_post_draft(struct store *store, struct store_draft *draft, uint32_t index,
                      uint32_t numbers)
{
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    for (uint32_t i = 0; i < numbers; i++) {
        uint64_t number = (uint64_t)index * numbers + i;
        verdicts[i] = number % 2 ? VERDICT_PRIME : VERDICT_COMPOSITE;
        seconds[i] = (float)number;
    }
    cr_assert_eq(store_draft_post(store, draft, index, verdicts, seconds), STORE_OK);
}

static struct store_stats stats_of(struct store *store)
{
    struct store_stats stats;
    store_stats(store, &stats);
    return stats;
}

/* --- checks ----------------------------------------------------------------------------------- */

void check_numbers_of_a_draft(struct store *store)
{
    struct store_draft *draft = store_begin_of(store, "");
    for (uint32_t index = 0; index < CHUNKS; index++) {
        uint64_t words[CHUNK_MAX_WORDS];
        struct chunk chunk;
        for (uint64_t i = 0; i < NUMBERS; i++)
            words[i] = index * NUMBERS + i;
        chunk = (struct chunk){.count = NUMBERS, .words = NUMBERS, .cost_ns = 7, .data = words};
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
        memset(words, 0, sizeof words);
        for (uint32_t k = 0; k <= index; k++) {
            cr_assert_eq(store_draft_numbers(store, draft, k, &chunk, words), STORE_OK);
            cr_expect_eq(chunk.count, NUMBERS);
            cr_expect_eq(chunk.cost_ns, 7);
            for (uint64_t i = 0; i < NUMBERS; i++)
                cr_expect_eq(chunk.data[i], k * NUMBERS + i);
        }
    }
    store_discard(store, draft);
}

void check_verdicts_of_a_draft(struct store *store)
{
    struct store_draft *draft = store_begin_of(store, "");
    store_fill(store, draft, CHUNKS, NUMBERS);
    store_post_draft(store, draft, 0, NUMBERS);
    store_post_draft(store, draft, 2, NUMBERS);
    store_post_draft(store, draft, 2, NUMBERS);
    struct batch batch = store_accept(store, draft, &spec);
    cr_expect_eq(batch.status, BATCH_RUNNING);
    cr_expect_geq(batch.started_ns, batch.created_ns);
    cr_expect_eq(batch.prefix, NUMBERS);
    cr_expect_eq(batch_finished(&batch), 2 * NUMBERS);
    cr_expect_eq(batch.cost_ns, 2 * NUMBERS);
    cr_expect_eq(stats_of(store).numbers_pending, 2 * NUMBERS);
    uint32_t next;
    cr_assert_eq(store_pending(store, &batch.id, 0, &next), STORE_OK);
    cr_expect_eq(next, 1);
    batch = store_post_chunk(store, &batch.id, 2, NUMBERS);
    cr_expect_eq(batch_finished(&batch), 2 * NUMBERS, "a chunk has its verdicts once");
    store_post_chunk(store, &batch.id, 1, NUMBERS);
    batch = store_post_chunk(store, &batch.id, 3, NUMBERS);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(stats_of(store).numbers_pending, 0);
    store_expect_results(store, &batch.id, CHUNKS, NUMBERS);
}

void check_a_draft_that_is_done(struct store *store)
{
    struct store_draft *draft = store_begin_of(store, "");
    store_fill(store, draft, CHUNKS, NUMBERS);
    for (uint32_t i = 0; i < CHUNKS; i++)
        store_post_draft(store, draft, i, NUMBERS);
    struct batch batch = store_accept(store, draft, &spec);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_geq(batch.started_ns, batch.created_ns);
    cr_expect_geq(batch.ended_ns, batch.started_ns);
    cr_expect_eq(batch.prefix, batch.total);
    cr_expect_eq(stats_of(store).batches[BATCH_COMPLETED], 1);
    cr_expect_eq(stats_of(store).batches[BATCH_RUNNING], 0);
    cr_expect_eq(stats_of(store).numbers_pending, 0);
    cr_expect_eq(store_unfinished(store, NULL, &batch, 1), 0);
    store_expect_results(store, &batch.id, CHUNKS, NUMBERS);
}

void check_a_draft_of_which_nobody_knows(struct store *store)
{
    struct batch batch;
    struct store_draft *draft = store_begin_of(store, "");
    store_fill(store, draft, CHUNKS, NUMBERS);
    for (uint32_t i = 0; i < CHUNKS; i++)
        store_post_draft(store, draft, i, NUMBERS);
    cr_expect_eq(store_list(store, NULL, NULL, -1, &batch, 1), 0);
    cr_expect_eq(store_unfinished(store, NULL, &batch, 1), 0);
    struct store_stats stats = stats_of(store);
    cr_expect_eq(stats.numbers_pending, 0);
    for (int i = 0; i < BATCH_STATUSES; i++)
        cr_expect_eq(stats.batches[i], 0);
    store_discard(store, draft);
}

void check_discarding_verdicts(struct store *store)
{
    uint64_t bytes = stats_of(store).bytes;
    struct store_draft *draft = store_begin_of(store, "alice");
    store_fill(store, draft, CHUNKS, NUMBERS);
    store_expect_queued(store, "alice", (uint64_t)CHUNKS * NUMBERS);
    store_post_draft(store, draft, 1, NUMBERS);
    store_expect_queued(store, "alice", (uint64_t)(CHUNKS - 1) * NUMBERS);
    store_discard(store, draft);
    store_expect_queued(store, "alice", 0);
    cr_expect_eq(stats_of(store).bytes, bytes);
    cr_expect_eq(stats_of(store).numbers_pending, 0);
}

void check_quota_of_a_draft_that_is_worked_on(struct store *store)
{
    struct store_draft *draft;
    struct store_owner alice = {.name = "alice", .quota = {3 * NUMBERS, 3 * NUMBERS}};
    static const uint64_t words[NUMBERS];
    struct chunk chunk = {.count = NUMBERS, .words = NUMBERS, .cost_ns = NUMBERS, .data = words};
    cr_assert_eq(store_begin_owned(store, &alice, NULL, &draft, NULL), STORE_OK);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
        store_post_draft(store, draft, i, NUMBERS);
    }
    /* However fast the workers are: what a batch may be does not depend on them. */
    cr_expect_eq(store_append(store, draft, &chunk), STORE_BEYOND_QUOTA);
    chunk.count = 0;
    chunk.words = 0;
    cr_expect_eq(store_append(store, draft, &chunk), STORE_BEYOND_QUOTA, "by its work alone");
    store_discard(store, draft);
    store_expect_queued(store, "alice", 0);
}
