/*
 * store_memory_test - the life of batches in memory: counts, limits, expiry, eviction, what is
 * gone.
 */
#include "server/store/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/memory_records.h"

static struct store *store;

static void open_store(void)
{
    store = store_memory_open(1 << 20);
    cr_assert_not_null(store);
}

static void close_store(void)
{
    store_close(store);
}

TestSuite(store_memory, .init = open_store, .fini = close_store, .timeout = 20);

/* --- helpers ---------------------------------------------------------------------------------- */

static uint64_t one_ns(size_t bits)
{
    (void)bits;
    return 1;
}

/* Append a chunk of the numbers first .. first+count-1. */
static enum store_result append(struct store_draft *draft, uint64_t first, uint32_t count)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, one_ns);
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(chunk_append_u64(&builder, first + i), CHUNK_APPENDED);
    enum store_result result = store_append(store, draft, &builder.chunk);
    chunk_builder_destroy(&builder);
    return result;
}

struct commit {
    int calls;
    enum store_result result;
};

static void committed(void *context, enum store_result result, const struct batch *batch)
{
    struct commit *commit = context;
    (void)batch;
    commit->calls++;
    commit->result = result;
}

static const struct batch_spec plain = {.priority = 5, .ttl_s = 3600};

static struct batch commit_draft(struct store_draft *draft, const struct batch_spec *spec)
{
    struct commit commit = {.calls = 0};
    struct batch batch;
    cr_assert_eq(store_commit(store, draft, spec, &batch, committed, &commit), STORE_OK);
    cr_assert_eq(commit.calls, 1);
    cr_assert_eq(commit.result, STORE_OK);
    return batch;
}

/* A batch of that many chunks of ten numbers. */
static struct batch make_batch(uint32_t chunks)
{
    struct store_draft *draft;
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    for (uint32_t i = 0; i < chunks; i++)
        cr_assert_eq(append(draft, 10 * i, 10), STORE_OK);
    return commit_draft(draft, &plain);
}

/* Post a chunk of ten verdicts, all the same. */
static struct batch post(const struct batch *batch, uint32_t chunk, enum verdict verdict)
{
    uint8_t verdicts[10];
    float seconds[10];
    struct batch after;
    memset(verdicts, (int)verdict, sizeof verdicts);
    for (int i = 0; i < 10; i++)
        seconds[i] = 0.5F;
    cr_assert_eq(store_post(store, &batch->id, chunk, verdicts, seconds, &after), STORE_OK);
    return after;
}

static enum store_result look(const struct batch *batch)
{
    struct batch now;
    return store_get(store, &batch->id, &now);
}

static struct store_stats stats(void)
{
    struct store_stats figures;
    store_stats(store, &figures);
    return figures;
}

/* As if the batch had ended so many seconds earlier. */
static void age(const struct batch *batch, int64_t seconds)
{
    struct store_draft *record;
    cr_assert_eq(records_find((struct memory_store *)store, &batch->id, &record), STORE_OK);
    record->ended_mono_ns -= seconds * NS_PER_S;
    record->expires_mono_ns -= seconds * NS_PER_S;
}

/* --- drafts ----------------------------------------------------------------------------------- */

Test(store_memory, a_draft_is_invisible_and_leaves_nothing)
{
    struct store_draft *draft;
    struct batch batches[4];
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    cr_assert_eq(append(draft, 0, 1000), STORE_OK);
    cr_expect_eq(store_list(store, NULL, -1, batches, 4), 0);
    cr_expect_gt(stats().bytes, 1000 * 13, "but it counts against the limit");
    cr_expect_eq(stats().numbers_pending, 0);
    store_discard(store, draft);
    store_discard(store, NULL);
    cr_expect_eq(stats().bytes, 0);
}

Test(store_memory, a_draft_without_numbers_has_ended)
{
    struct batch batch = make_batch(0);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(batch.total, 0);
    cr_expect_gt(batch.ended_ns, 0);
}

Test(store_memory, a_batch_has_what_was_said_of_it)
{
    struct store_draft *draft;
    struct batch_spec spec = {.priority = 7, .ttl_s = 60, .metadata = "{\"a\":1}"};
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    cr_assert_eq(append(draft, 5, 10), STORE_OK);
    struct batch batch = commit_draft(draft, &spec);
    cr_expect_eq(batch.status, BATCH_QUEUED);
    cr_expect_eq(batch.priority, 7);
    cr_expect_eq(batch.ttl_s, 60);
    cr_expect_eq(batch.total, 10);
    cr_expect_eq(batch.chunk_count, 1);
    cr_expect_not(batch.durable);
    char *metadata;
    cr_assert_eq(store_metadata(store, &batch.id, &metadata), STORE_OK);
    cr_expect_str_eq(metadata, "{\"a\":1}");
    free(metadata);

    struct chunk chunk;
    uint64_t words[CHUNK_MAX_WORDS];
    cr_assert_eq(store_numbers(store, &batch.id, 0, &chunk, words), STORE_OK);
    cr_expect_eq(chunk.count, 10);
    cr_expect_eq(chunk.data, words, "a copy, not the store's own");
    for (uint64_t i = 0; i < 10; i++)
        cr_expect_eq(words[i], 5 + i);
}

/* --- life ------------------------------------------------------------------------------------- */

Test(store_memory, counts_always_add_up)
{
    struct batch batch = make_batch(3);
    cr_expect_eq(stats().numbers_pending, 30);
    cr_expect_eq(stats().batches[BATCH_QUEUED], 1);
    cr_assert_eq(store_start(store, &batch.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_RUNNING);

    batch = post(&batch, 2, VERDICT_PRIME);
    cr_expect_eq(batch.prefix, 0, "there is a gap before it");
    batch = post(&batch, 2, VERDICT_COMPOSITE);
    cr_expect_eq(batch.counts[VERDICT_COMPOSITE], 0, "the second post of a chunk is ignored");
    batch = post(&batch, 0, VERDICT_COMPOSITE);
    cr_expect_eq(batch.prefix, 10);
    cr_expect_eq(batch.status, BATCH_RUNNING);
    batch = post(&batch, 1, VERDICT_TIMEOUT);
    cr_expect_eq(batch.prefix, 30);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(batch.counts[VERDICT_PRIME], 10);
    cr_expect_eq(batch.counts[VERDICT_COMPOSITE], 10);
    cr_expect_eq(batch.counts[VERDICT_TIMEOUT], 10);
    cr_expect_float_eq(batch.compute_seconds, 15, 1e-6);
    cr_expect_eq(batch.cost_ns, 0);
    cr_expect_eq(stats().numbers_pending, 0);

    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    cr_assert_eq(store_verdicts(store, &batch.id, 2, verdicts, seconds), STORE_OK);
    cr_expect_eq(verdicts[9], VERDICT_PRIME);
}

Test(store_memory, a_number_is_located_in_its_chunk)
{
    struct batch batch = make_batch(7);
    for (uint64_t number = 0; number < 70; number++) {
        uint32_t index;
        uint64_t first;
        cr_assert_eq(store_locate(store, &batch.id, number, &index, &first), STORE_OK);
        cr_expect_eq(index, number / 10);
        cr_expect_eq(first, number / 10 * 10);
    }
}

Test(store_memory, canceling_keeps_what_is_done)
{
    struct batch batch = make_batch(3);
    store_start(store, &batch.id, &batch);
    post(&batch, 0, VERDICT_PRIME);
    cr_assert_eq(store_cancel(store, &batch.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_CANCELING);
    cr_assert_eq(store_drop(store, &batch.id, 2, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_CANCELING, "chunk 1 is still under way");
    batch = post(&batch, 1, VERDICT_COMPOSITE);
    cr_expect_eq(batch.status, BATCH_CANCELED);
    cr_expect_eq(batch.counts[VERDICT_PRIME], 10);
    cr_expect_eq(batch.counts[VERDICT_COMPOSITE], 10);
    cr_expect_eq(batch.counts[VERDICT_CANCELED], 10);
    cr_assert_eq(store_cancel(store, &batch.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_CANCELED);
    cr_assert_eq(store_drop(store, &batch.id, 0, &batch), STORE_OK);
    cr_expect_eq(batch.counts[VERDICT_CANCELED], 10);
}

Test(store_memory, the_oldest_queued_batch_is_known)
{
    cr_expect_eq(stats().oldest_queued_ns, 0);
    struct batch first = make_batch(1);
    struct batch second = make_batch(1);
    cr_expect_eq(stats().oldest_queued_ns, first.created_ns);
    store_start(store, &first.id, &first);
    cr_expect_eq(stats().oldest_queued_ns, second.created_ns);
}

/* --- lists ------------------------------------------------------------------------------------ */

Test(store_memory, lists_are_newest_first_from_any_cursor)
{
    enum { COUNT = 20 };
    struct batch made[COUNT];
    struct batch listed[COUNT];
    for (int i = 0; i < COUNT; i++)
        made[i] = make_batch(1);
    cr_assert_eq(store_list(store, NULL, -1, listed, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++)
        cr_expect_eq(batch_id_compare(&listed[i].id, &made[COUNT - 1 - i].id), 0);

    cr_assert_eq(store_list(store, &made[10].id, -1, listed, 3), 3);
    cr_expect_eq(batch_id_compare(&listed[0].id, &made[9].id), 0);
    store_remove(store, &made[10].id);
    store_remove(store, &made[9].id);
    cr_assert_eq(store_list(store, &made[10].id, -1, listed, COUNT), 9);
    cr_expect_eq(batch_id_compare(&listed[0].id, &made[8].id), 0);

    store_start(store, &made[4].id, &made[4]);
    cr_assert_eq(store_list(store, NULL, BATCH_RUNNING, listed, COUNT), 1);
    cr_expect_eq(batch_id_compare(&listed[0].id, &made[4].id), 0);
    cr_expect_eq(store_list(store, NULL, BATCH_CANCELED, listed, COUNT), 0);
}

/* --- the end ---------------------------------------------------------------------------------- */

Test(store_memory, gone_and_unknown_differ)
{
    struct batch batch = make_batch(2);
    struct batch unknown = batch;
    unknown.id.bytes[15] ^= 1;
    cr_expect_eq(look(&unknown), STORE_UNKNOWN);
    cr_expect_eq(store_remove(store, &unknown.id), STORE_UNKNOWN);
    cr_assert_eq(store_remove(store, &batch.id), STORE_OK);
    cr_expect_eq(look(&batch), STORE_GONE);
    cr_expect_eq(store_remove(store, &batch.id), STORE_GONE);
    uint8_t verdicts[10] = {0};
    float seconds[10] = {0};
    cr_expect_eq(store_post(store, &batch.id, 0, verdicts, seconds, &batch), STORE_GONE);
    cr_expect_eq(stats().bytes, 0);
    cr_expect_eq(stats().numbers_pending, 0);
    cr_expect_eq(stats().batches[BATCH_QUEUED], 0);
}

Test(store_memory, only_the_last_ids_are_remembered_as_gone)
{
    struct batch first = make_batch(1);
    struct batch second = make_batch(1);
    store_remove(store, &first.id);
    store_remove(store, &second.id);
    for (int i = 0; i < RECORDS_GONE_MAX - 1; i++) {
        struct batch batch = make_batch(0);
        store_remove(store, &batch.id);
    }
    cr_expect_eq(look(&first), STORE_UNKNOWN);
    cr_expect_eq(look(&second), STORE_GONE);
}

Test(store_memory, ended_batches_expire_and_others_do_not)
{
    struct batch running = make_batch(1);
    struct batch ended = make_batch(0);
    cr_expect_eq(ended.expires_ns, ended.ended_ns + 3600 * NS_PER_S);
    age(&ended, 3599);
    cr_expect_eq(look(&ended), STORE_OK);
    age(&ended, 2);
    age(&running, 100000);
    struct batch listed[4];
    cr_expect_eq(store_list(store, NULL, -1, listed, 4), 1);
    cr_expect_eq(look(&ended), STORE_GONE);
    cr_expect_eq(look(&running), STORE_OK);
}

Test(store_memory, expired_batches_give_their_memory_back_unasked)
{
    enum { COUNT = 30 };
    for (int i = 0; i < COUNT; i++) {
        struct batch batch = make_batch(1);
        post(&batch, 0, VERDICT_PRIME);
        age(&batch, 3601);
    }
    for (int i = 0; i < COUNT; i++)
        stats();
    cr_expect_eq(stats().bytes, 0);
    cr_expect_eq(stats().evicted, 0);
}

Test(store_memory, a_full_store_makes_room_only_at_the_cost_of_old_ended_batches)
{
    enum { NUMBERS = 4000 };
    struct batch kept[64];
    size_t count = 0;
    struct store_draft *draft;
    while (store_begin(store, &draft) == STORE_OK && append(draft, 0, NUMBERS) == STORE_OK)
        kept[count++] = commit_draft(draft, &plain);
    store_discard(store, draft);
    cr_assert_gt(count, 10);
    cr_assert_lt(count, 64);
    cr_expect_leq(stats().bytes, stats().bytes_max);

    for (size_t i = 0; i < 3; i++) {
        store_cancel(store, &kept[i].id, &kept[i]);
        store_drop(store, &kept[i].id, 0, &kept[i]);
        cr_assert_eq(kept[i].status, BATCH_CANCELED);
    }
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    cr_expect_eq(append(draft, 0, NUMBERS), STORE_FULL, "they have only just ended");
    age(&kept[0], STORE_MEMORY_KEEP_S + 2);
    age(&kept[1], STORE_MEMORY_KEEP_S + 1);
    cr_expect_eq(append(draft, 0, NUMBERS), STORE_OK);
    cr_expect_eq(look(&kept[0]), STORE_GONE, "the longest ended goes first");
    cr_expect_eq(look(&kept[1]), STORE_OK);
    cr_expect_eq(look(&kept[count - 1]), STORE_OK);
    cr_expect_eq(stats().evicted, 1);
    cr_expect_leq(stats().bytes, stats().bytes_max);
    store_discard(store, draft);
}

Test(store_memory, what_can_never_fit_costs_nobody_his_batch)
{
    struct batch batch = make_batch(1);
    post(&batch, 0, VERDICT_PRIME);
    age(&batch, STORE_MEMORY_KEEP_S + 1);
    struct memory_store *memory = (struct memory_store *)store;
    cr_expect_not(records_reserve(memory, memory->stats.bytes_max + 1));
    cr_expect_eq(look(&batch), STORE_OK);
}
