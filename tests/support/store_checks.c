/* store_checks - see store_checks.h. */
#include "tests/support/store_checks.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- tools ------------------------------------------------------------------------------------ */

struct outcome {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool known;
    enum store_result result;
    struct batch batch;
};

static void committed(void *context, enum store_result result, const struct batch *batch)
{
    struct outcome *outcome = context;
    pthread_mutex_lock(&outcome->lock);
    outcome->known = true;
    outcome->result = result;
    outcome->batch = *batch;
    pthread_cond_signal(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
}

struct batch store_accept(struct store *store, struct store_draft *draft,
                          const struct batch_spec *spec)
{
    struct batch batch;
    struct outcome outcome = {.lock = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
    cr_assert_eq(store_commit(store, draft, spec, &batch, committed, &outcome), STORE_OK);
    pthread_mutex_lock(&outcome.lock);
    while (!outcome.known)
        pthread_cond_wait(&outcome.changed, &outcome.lock);
    pthread_mutex_unlock(&outcome.lock);
    cr_assert_eq(outcome.result, STORE_OK);
    cr_expect(outcome.batch.accepted);
    cr_expect_eq(batch_id_compare(&outcome.batch.id, &batch.id), 0);
    return batch;
}

static struct chunk make_chunk(uint64_t *words, uint64_t first, uint32_t numbers)
{
    for (uint32_t i = 0; i < numbers; i++)
        words[i] = first + i;
    return (struct chunk){.kind = CHUNK_NARROW,
                          .count = numbers,
                          .words = numbers,
                          .cost_ns = numbers,
                          .data = words};
}

void store_fill(struct store *store, struct store_draft *draft, uint32_t chunks, uint32_t numbers)
{
    uint64_t words[CHUNK_MAX_NUMBERS];
    for (uint32_t i = 0; i < chunks; i++) {
        struct chunk chunk = make_chunk(words, (uint64_t)i * numbers, numbers);
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
    }
}

static struct batch add_spec(struct store *store, uint32_t chunks, uint32_t numbers,
                             const struct batch_spec *spec)
{
    struct store_draft *draft;
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    store_fill(store, draft, chunks, numbers);
    return store_accept(store, draft, spec);
}

struct batch store_add(struct store *store, uint32_t chunks, uint32_t numbers)
{
    return add_spec(store, chunks, numbers, &(struct batch_spec){.priority = 5, .ttl_s = 3600});
}

struct batch store_post_chunk(struct store *store, const struct batch_id *id, uint32_t index,
                              uint32_t numbers)
{
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    struct batch batch;
    for (uint32_t i = 0; i < numbers; i++) {
        uint64_t number = (uint64_t)index * numbers + i;
        verdicts[i] = number % 2 ? VERDICT_PRIME : VERDICT_COMPOSITE;
        seconds[i] = (float)number;
    }
    cr_assert_eq(store_post(store, id, index, verdicts, seconds, &batch), STORE_OK);
    return batch;
}

void store_expect_results(struct store *store, const struct batch_id *id, uint32_t chunks,
                          uint32_t numbers)
{
    uint64_t words[CHUNK_MAX_WORDS];
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    for (uint32_t index = 0; index < chunks; index++) {
        struct chunk chunk;
        cr_assert_eq(store_numbers(store, id, index, &chunk, words), STORE_OK);
        cr_assert_eq(store_verdicts(store, id, index, verdicts, seconds), STORE_OK);
        cr_assert_eq(chunk.count, numbers);
        for (uint32_t i = 0; i < numbers; i++) {
            uint64_t number = (uint64_t)index * numbers + i;
            cr_assert_eq(words[i], number);
            cr_assert_eq(verdicts[i], number % 2 ? VERDICT_PRIME : VERDICT_COMPOSITE);
            cr_assert_eq(seconds[i], (float)number);
        }
    }
}

struct batch store_batch(struct store *store, const struct batch_id *id)
{
    struct batch batch;
    cr_assert_eq(store_get(store, id, &batch), STORE_OK);
    return batch;
}

/* --- checks ----------------------------------------------------------------------------------- */

void check_life_of_a_batch(struct store *store)
{
    enum { CHUNKS = 3, NUMBERS = 100 };
    struct batch batch = store_add(store, CHUNKS, NUMBERS);
    cr_expect_eq(batch.status, BATCH_QUEUED);
    cr_expect_eq(batch.durable, store->durable);
    cr_expect_eq(batch.total, CHUNKS * NUMBERS);
    cr_expect_eq(batch.cost_ns, CHUNKS * NUMBERS);
    cr_assert_eq(store_start(store, &batch.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_RUNNING);
    cr_expect_gt(batch.started_ns, 0);
    for (uint32_t i = 0; i < CHUNKS; i++) {
        uint32_t pending;
        cr_assert_eq(store_pending(store, &batch.id, 0, &pending), STORE_OK);
        cr_expect_eq(pending, i);
        batch = store_post_chunk(store, &batch.id, i, NUMBERS);
        cr_expect_eq(batch.prefix, (i + 1) * NUMBERS);
    }
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(batch.counts[VERDICT_PRIME], CHUNKS * NUMBERS / 2);
    cr_expect_eq(batch.cost_ns, 0);
    cr_expect_eq(batch.expires_ns, batch.ended_ns + INT64_C(3600000000000));
    store_expect_results(store, &batch.id, CHUNKS, NUMBERS);
    cr_expect_eq(store_unfinished(store, NULL, &batch, 1), 0);
}

void check_posting_out_of_order(struct store *store)
{
    enum { CHUNKS = 4, NUMBERS = 10 };
    static const uint32_t order[CHUNKS] = {2, 0, 3, 1};
    static const uint64_t prefixes[CHUNKS] = {0, 10, 10, 40};
    static const uint32_t pending[CHUNKS] = {0, 1, 1, CHUNKS};
    struct batch batch = store_add(store, CHUNKS, NUMBERS);
    for (int i = 0; i < CHUNKS; i++) {
        uint32_t next;
        batch = store_post_chunk(store, &batch.id, order[i], NUMBERS);
        cr_expect_eq(batch.prefix, prefixes[i]);
        cr_assert_eq(store_pending(store, &batch.id, 0, &next), STORE_OK);
        cr_expect_eq(next, pending[i]);
    }
    store_expect_results(store, &batch.id, CHUNKS, NUMBERS);
}

void check_posting_twice(struct store *store)
{
    struct batch batch = store_add(store, 2, 10);
    store_post_chunk(store, &batch.id, 0, 10);
    batch = store_post_chunk(store, &batch.id, 0, 10);
    cr_expect_eq(batch_finished(&batch), 10);
    batch = store_post_chunk(store, &batch.id, 1, 10);
    batch = store_post_chunk(store, &batch.id, 1, 10);
    cr_expect_eq(batch_finished(&batch), 20);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
}

void check_cancelling(struct store *store)
{
    struct batch batch = store_add(store, 4, 10);
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    store_post_chunk(store, &batch.id, 0, 10);
    store_post_chunk(store, &batch.id, 2, 10);
    cr_assert_eq(store_cancel(store, &batch.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_CANCELING);
    cr_assert_eq(store_drop(store, &batch.id, 2, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_CANCELING, "chunk 1 is still out");
    batch = store_post_chunk(store, &batch.id, 1, 10);
    cr_expect_eq(batch.status, BATCH_CANCELED);
    cr_expect_eq(batch.counts[VERDICT_CANCELED], 10);
    store_expect_results(store, &batch.id, 3, 10);
    cr_assert_eq(store_verdicts(store, &batch.id, 3, verdicts, seconds), STORE_OK);
    for (int i = 0; i < 10; i++)
        cr_expect_eq(verdicts[i], VERDICT_CANCELED);
    cr_assert_eq(store_cancel(store, &batch.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_CANCELED, "it stays as it is");
}

void check_removing(struct store *store)
{
    struct batch ended = store_add(store, 1, 10);
    struct batch running = store_add(store, 100, 10);
    struct batch batch;
    uint64_t words[CHUNK_MAX_WORDS];
    struct chunk chunk;
    store_post_chunk(store, &ended.id, 0, 10);
    cr_expect_eq(store_take(store, &ended.id, &batch), STORE_OK);
    cr_expect_eq(batch.status, BATCH_COMPLETED, "in its last state");
    cr_expect_eq(store_take(store, &ended.id, &batch), STORE_GONE);
    cr_expect_eq(store_take(store, &running.id, &batch), STORE_OK);
    cr_expect(batch.accepted && !batch_has_ended(&batch));
    cr_expect_eq(store_get(store, &ended.id, &batch), STORE_GONE);
    cr_expect_eq(store_get(store, &running.id, &batch), STORE_GONE);
    cr_expect_eq(store_numbers(store, &running.id, 0, &chunk, words), STORE_GONE);
    cr_expect_eq(store_list(store, NULL, -1, &batch, 1), 0);
    cr_expect_eq(store_unfinished(store, NULL, &batch, 1), 0);
}

void check_listing(struct store *store)
{
    enum { COUNT = 10 };
    struct batch batches[COUNT];
    struct batch page[COUNT + 1];
    for (int i = 0; i < COUNT; i++) {
        batches[i] = store_add(store, 1, 10);
        if (i % 2)
            store_post_chunk(store, &batches[i].id, 0, 10);
    }
    size_t count = store_list(store, NULL, -1, page, COUNT + 1);
    cr_assert_eq(count, COUNT);
    for (int i = 0; i < COUNT; i++)
        cr_expect_eq(batch_id_compare(&page[i].id, &batches[COUNT - 1 - i].id), 0);
    count = store_list(store, &page[3].id, -1, page, 3);
    cr_assert_eq(count, 3);
    cr_expect_eq(batch_id_compare(&page[0].id, &batches[COUNT - 5].id), 0);
    cr_expect_eq(store_list(store, NULL, BATCH_QUEUED, page, COUNT), COUNT / 2);
    cr_expect_eq(store_list(store, NULL, BATCH_COMPLETED, page, COUNT), COUNT / 2);
    cr_expect_eq(batch_id_compare(&page[0].id, &batches[COUNT - 1].id), 0);
    cr_expect_eq(store_list(store, NULL, BATCH_CANCELED, page, COUNT), 0);
    cr_expect_eq(store_unfinished(store, NULL, page, COUNT), COUNT / 2);
    cr_expect_eq(batch_id_compare(&page[0].id, &batches[0].id), 0, "oldest first");
    cr_expect_eq(store_unfinished(store, &page[1].id, page, COUNT), COUNT / 2 - 2);
}

void check_metadata(struct store *store)
{
    char *metadata;
    struct batch without = store_add(store, 1, 1);
    cr_assert_eq(store_metadata(store, &without.id, &metadata), STORE_OK);
    cr_expect_null(metadata);
    struct batch with = add_spec(store, 1, 1, &(struct batch_spec){.metadata = "{\"a\":1}"});
    cr_assert_eq(store_metadata(store, &with.id, &metadata), STORE_OK);
    cr_expect_str_eq(metadata, "{\"a\":1}");
    free(metadata);
}

static void count_call(void *context, enum store_result result, const struct batch *batch)
{
    (void)result;
    (void)batch;
    ++*(_Atomic int *)context;
}

void check_metadata_counts(struct store *store)
{
    enum { SIZE = 4000 };
    static uint64_t words[CHUNK_MAX_NUMBERS];
    struct chunk chunk = {.count = CHUNK_MAX_NUMBERS, .words = CHUNK_MAX_NUMBERS, .data = words};
    struct chunk small = {.count = 1, .words = 1, .data = words};
    static _Atomic int calls;
    char metadata[SIZE + 1] = "";
    memset(metadata, ' ', SIZE);
    struct batch_spec spec = {.ttl_s = 3600, .metadata = metadata};
    struct store_stats before;
    struct store_stats after;
    store_stats(store, &before);
    add_spec(store, 0, 0, &spec);
    store_stats(store, &after);
    cr_expect_geq(after.bytes - before.bytes, SIZE);

    struct store_draft *draft;
    struct batch batch;
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    while (store_append(store, draft, &chunk) == STORE_OK)
        ;
    while (store_append(store, draft, &small) == STORE_OK)
        ;
    cr_expect_eq(store_commit(store, draft, &spec, &batch, count_call, &calls), STORE_FULL);
    store_add(store, 1,
              1); /* which the disk has, if there is one, no sooner than it is discarded */
    cr_expect_eq(calls, 0);
}

void check_empty_batch(struct store *store)
{
    struct batch batch = store_add(store, 0, 0);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_gt(batch.ended_ns, 0);
}

void check_discarding(struct store *store)
{
    struct store_draft *draft;
    uint64_t words[10];
    struct batch batch;
    struct store_stats stats;
    struct chunk chunk = make_chunk(words, 0, 10);
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
    store_discard(store, draft);
    store_discard(store, NULL);
    store_stats(store, &stats);
    cr_expect_eq(stats.bytes, 0);
    cr_expect_eq(store_list(store, NULL, -1, &batch, 1), 0);
}

void check_unknown_ids(struct store *store)
{
    struct batch_id id = {{0x01}};
    struct batch batch;
    char *metadata;
    uint32_t index;
    cr_expect_eq(store_get(store, &id, &batch), STORE_UNKNOWN);
    cr_expect_eq(store_metadata(store, &id, &metadata), STORE_UNKNOWN);
    cr_expect_eq(store_pending(store, &id, 0, &index), STORE_UNKNOWN);
    cr_expect_eq(store_start(store, &id, &batch), STORE_UNKNOWN);
    cr_expect_eq(store_cancel(store, &id, &batch), STORE_UNKNOWN);
    cr_expect_eq(store_drop(store, &id, 0, &batch), STORE_UNKNOWN);
    cr_expect_eq(store_remove(store, &id), STORE_UNKNOWN);
}

void check_locating(struct store *store)
{
    enum { CHUNKS = 7, NUMBERS = 9 };
    struct batch batch = store_add(store, CHUNKS, NUMBERS);
    for (uint32_t i = 0; i < CHUNKS; i++)
        store_post_chunk(store, &batch.id, i, NUMBERS);
    for (uint64_t number = 0; number < CHUNKS * NUMBERS; number++) {
        uint32_t index;
        uint64_t first;
        cr_assert_eq(store_locate(store, &batch.id, number, &index, &first), STORE_OK);
        cr_expect_eq(index, number / NUMBERS);
        cr_expect_eq(first, number / NUMBERS * NUMBERS);
    }
}

void check_figures(struct store *store)
{
    struct store_stats stats;
    struct batch queued = store_add(store, 2, 10);
    struct batch ended = store_add(store, 1, 10);
    store_post_chunk(store, &ended.id, 0, 10);
    store_stats(store, &stats);
    cr_expect_gt(stats.bytes, 0);
    cr_expect_eq(stats.batches[BATCH_QUEUED], 1);
    cr_expect_eq(stats.batches[BATCH_COMPLETED], 1);
    cr_expect_eq(stats.numbers_pending, 20);
    cr_expect_eq(stats.oldest_queued_ns, queued.created_ns);
    store_remove(store, &queued.id);
    store_remove(store, &ended.id);
    store_stats(store, &stats);
    cr_expect_eq(stats.bytes, 0);
    cr_expect_eq(stats.numbers_pending, 0);
    for (int i = 0; i < BATCH_STATUSES; i++)
        cr_expect_eq(stats.batches[i], 0);
}

void check_being_full(struct store *store, uint64_t bytes_max)
{
    struct store_draft *draft;
    struct store_stats stats;
    uint64_t words[CHUNK_MAX_NUMBERS];
    struct chunk chunk = make_chunk(words, 0, CHUNK_MAX_NUMBERS);
    enum store_result result = store_begin(store, &draft);
    cr_assert_eq(result, STORE_OK);
    uint64_t appended = 0;
    while ((result = store_append(store, draft, &chunk)) == STORE_OK)
        appended += chunk.words * sizeof *words;
    cr_expect_eq(result, STORE_TOO_LARGE);
    cr_expect_lt(appended, bytes_max);
    cr_expect_gt(appended, bytes_max / 2);

    /* Another finds no room beside it, but would once it is gone. */
    struct store_draft *other = NULL;
    struct chunk small = make_chunk(words, 0, CHUNK_MAX_NUMBERS / 4);
    result = store_begin(store, &other);
    while (result == STORE_OK)
        result = store_append(store, other, &small);
    cr_expect_eq(result, STORE_FULL);
    store_discard(store, other);
    store_discard(store, draft);
    store_stats(store, &stats);
    cr_expect_eq(stats.bytes, 0);
    cr_expect_eq(stats.bytes_max, bytes_max);
}
