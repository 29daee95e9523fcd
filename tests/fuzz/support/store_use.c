/* store_use - see store_use.h. */
#include "tests/fuzz/support/store_use.h"

#include <stdlib.h>
#include <string.h>

#include "server/http/result_cursor.h"
#include "tests/fuzz/support/fuzz.h"

enum { PAGE = 4, BATCHES_MAX = 64, CHUNKS_MAX = 64 };

static void check_batch(const struct batch *batch)
{
    uint64_t finished = batch_finished(batch);
    bool ended = batch_has_ended(batch);
    fuzz_expect((unsigned)batch->status < BATCH_STATUSES, "status %d", (int)batch->status);
    fuzz_expect(batch->priority >= 0 && batch->priority <= 9, "priority %d", batch->priority);
    for (int i = 0; i < VERDICTS; i++)
        fuzz_expect(batch->counts[i] <= batch->total, "count %llu of %llu",
                    (unsigned long long)batch->counts[i], (unsigned long long)batch->total);
    fuzz_expect(finished <= batch->total && batch->prefix <= finished, "%llu, %llu of %llu",
                (unsigned long long)batch->prefix, (unsigned long long)finished,
                (unsigned long long)batch->total);
    fuzz_expect(!ended || (finished == batch->total && batch->prefix == batch->total),
                "ended, with %llu of %llu", (unsigned long long)finished,
                (unsigned long long)batch->total);
    fuzz_expect(ended == (batch->ended_ns != 0) && ended == (batch->expires_ns != 0),
                "status %d, ended at %lld", (int)batch->status, (long long)batch->ended_ns);
    fuzz_expect(batch->compute_seconds >= 0 && batch->compute_seconds < 1e300, "%g s",
                batch->compute_seconds);
}

/* Read the results up to the prefix; where the store cannot, it says so. */
static void read_results(struct store *store, const struct batch *batch)
{
    for (int format = RESULT_NDJSON; format < RESULT_FORMATS; format++) {
        struct text text = {.data = NULL};
        static struct result_cursor cursor;
        result_cursor_set(&cursor, store, &batch->id, (enum result_format)format, RESULT_ALL, 0,
                          UINT64_MAX);
        enum result_stop stop = result_cursor_write(&cursor, &text, SIZE_MAX, batch->prefix, "");
        fuzz_expect(stop == RESULT_STOP_END || stop == RESULT_STOP_GONE, "stopped for %d", stop);
        fuzz_expect(stop != RESULT_STOP_END || cursor.written == batch->prefix, "%llu written",
                    (unsigned long long)cursor.written);
        for (size_t i = 0; format == RESULT_OCTETS && i < text.length; i++)
            fuzz_expect((uint8_t)text.data[i] < VERDICTS, "the verdict %d", text.data[i]);
        text_destroy(&text);
    }
}

static void read_metadata(struct store *store, const struct batch *batch)
{
    char *metadata = NULL;
    if (store_metadata(store, &batch->id, &metadata) != STORE_OK)
        return;
    free(metadata);
}

/* Test the numbers that have no verdict, as the dispatcher has it done. */
static void finish(struct store *store, struct batch batch)
{
    static const uint8_t verdicts[CHUNK_MAX_NUMBERS];
    static const float seconds[CHUNK_MAX_NUMBERS];
    static uint64_t words[CHUNK_MAX_WORDS];
    uint32_t index = 0;
    struct batch_id id = batch.id;
    if (store_start(store, &id, &batch) != STORE_OK)
        return;
    for (uint32_t i = 0; i < CHUNKS_MAX && !batch_has_ended(&batch); i++) {
        struct chunk chunk;
        if (store_pending(store, &id, index, &index) != STORE_OK || index >= batch.chunk_count)
            break;
        if (store_numbers(store, &id, index, &chunk, words) != STORE_OK)
            break; /* the disk has lost them */
        fuzz_expect(chunk.count <= CHUNK_MAX_NUMBERS && chunk.words <= CHUNK_MAX_WORDS,
                    "a chunk of %u, %u", chunk.count, chunk.words);
        if (store_post(store, &id, index, verdicts, seconds, &batch) != STORE_OK)
            break;
        check_batch(&batch);
        index++;
    }
    if (store_cancel(store, &id, &batch) == STORE_OK &&
        store_drop(store, &id, 0, &batch) == STORE_OK) {
        fuzz_expect(batch_has_ended(&batch), "it does not end: %llu of %llu, status %d",
                    (unsigned long long)batch_finished(&batch), (unsigned long long)batch.total,
                    (int)batch.status);
        check_batch(&batch);
    }
}

static void use_batch(struct store *store, const struct batch *listed)
{
    struct batch batch;
    enum store_result result = store_get(store, &listed->id, &batch);
    if (result != STORE_OK) {
        fuzz_expect(result == STORE_FAILED || result == STORE_GONE || result == STORE_UNKNOWN,
                    "get: %d", result);
        return;
    }
    check_batch(&batch);
    read_metadata(store, &batch);
    read_results(store, &batch);
    if (!batch_has_ended(&batch))
        finish(store, batch);
    if (store_get(store, &listed->id, &batch) == STORE_OK)
        read_results(store, &batch);
    result = store_remove(store, &listed->id);
    fuzz_expect(result == STORE_OK || result == STORE_GONE || result == STORE_FAILED, "remove: %d",
                result);
}

/* All of a list, page by page: it ends, newest first. */
static size_t list_all(struct store *store, int status, struct batch *batches)
{
    size_t count = 0;
    size_t more = PAGE;
    while (more == PAGE && count + PAGE <= BATCHES_MAX) {
        more = store_list(store, NULL, count ? &batches[count - 1].id : NULL, status,
                          batches + count, PAGE);
        fuzz_expect(more <= PAGE, "a page of %zu", more);
        count += more;
    }
    for (size_t i = 0; i < count; i++) {
        check_batch(&batches[i]);
        fuzz_expect(i == 0 || batch_id_compare(&batches[i - 1].id, &batches[i].id) > 0,
                    "not in order");
        fuzz_expect(status < 0 || (int)batches[i].status == status, "status %d",
                    (int)batches[i].status);
    }
    return count;
}

void store_use(struct store *store)
{
    struct batch batches[BATCHES_MAX];
    struct store_stats stats;
    for (int status = 0; status < BATCH_STATUSES; status++)
        list_all(store, status, batches);
    size_t count = store_unfinished(store, NULL, batches, BATCHES_MAX);
    for (size_t i = 0; i < count; i++) {
        check_batch(&batches[i]);
        fuzz_expect(!batch_has_ended(&batches[i]), "unfinished and ended");
        use_batch(store, &batches[i]);
    }
    count = list_all(store, -1, batches);
    for (size_t i = 0; i < count; i++)
        use_batch(store, &batches[i]);
    store_stats(store, &stats);
    fuzz_expect(stats.batches[BATCH_QUEUED] == 0 && stats.batches[BATCH_RUNNING] == 0,
                "%llu queued, %llu running", (unsigned long long)stats.batches[BATCH_QUEUED],
                (unsigned long long)stats.batches[BATCH_RUNNING]);
}
