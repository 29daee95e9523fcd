/* sqlite_record - a batch in memory, and its rows. See sqlite_record.h. */
#include "server/store/sqlite_record.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/sqlite_live.h"

/* --- rows in memory --------------------------------------------------------------------------- */

static uint64_t numbers_size(const struct chunk *chunk)
{
    return sizeof(struct numbers_row) + chunk->words * sizeof *chunk->data;
}

static uint64_t verdicts_size(uint32_t count)
{
    return sizeof(struct verdicts_row) + count * (sizeof(float) + 1);
}

static void count_unwritten(struct sqlite_store *store, struct store_draft *record, uint64_t bytes)
{
    record->unwritten += bytes;
    store->unwritten += bytes;
}

void record_release_held(struct sqlite_store *store, struct store_draft *record)
{
    count_unwritten(store, record, record->held);
    store->held -= record->held;
    record->held = 0;
}

void record_drop_rows(struct sqlite_store *store, struct store_draft *record,
                      struct numbers_list *numbers, struct verdicts_list *verdicts)
{
    for (struct numbers_row *row; (row = STAILQ_FIRST(numbers));) {
        STAILQ_REMOVE_HEAD(numbers, next);
        record->chunks[row->index].numbers = NULL;
        count_unwritten(store, record, -numbers_size(&row->chunk));
        free(row);
    }
    for (struct verdicts_row *row; (row = STAILQ_FIRST(verdicts));) {
        STAILQ_REMOVE_HEAD(verdicts, next);
        record->chunks[row->index].verdicts = NULL;
        count_unwritten(store, record, -verdicts_size(row->count));
        free(row);
    }
}

bool record_add_numbers(struct sqlite_store *store, struct store_draft *record,
                        const struct chunk *chunk)
{
    struct batch *batch = &record->stored.batch;
    struct numbers_row *row = malloc(numbers_size(chunk));
    if (!row || !record_grow(store, record, batch->chunk_count + 1)) {
        free(row);
        return false;
    }
    row->index = batch->chunk_count++;
    row->first = batch->total;
    row->chunk = *chunk;
    row->chunk.data = row->words;
    memcpy(row->words, chunk->data, chunk->words * sizeof *chunk->data);
    STAILQ_INSERT_TAIL(&record->numbers, row, next);
    record->chunks[row->index] = (struct live_chunk){
        .numbers = row, .first = row->first, .cost_ns = chunk->cost_ns, .count = chunk->count};
    count_unwritten(store, record, numbers_size(chunk));
    return true;
}

bool record_add_verdicts(struct sqlite_store *store, struct store_draft *record, uint32_t index,
                         const uint8_t *verdicts, const float *seconds)
{
    struct live_chunk *chunk = &record->chunks[index];
    struct verdicts_row *row = malloc(verdicts_size(chunk->count));
    if (!row)
        return false;
    row->index = index;
    row->count = chunk->count;
    row->verdicts = (uint8_t *)(row->seconds + chunk->count);
    memcpy(row->seconds, seconds, chunk->count * sizeof *seconds);
    memcpy(row->verdicts, verdicts, chunk->count);
    chunk->verdicts = row;
    STAILQ_INSERT_TAIL(&record->verdicts, row, next);
    record->held += verdicts_size(chunk->count);
    store->held += verdicts_size(chunk->count);
    if (record->committed)
        record_release_held(store, record);
    return true;
}

/* --- records ---------------------------------------------------------------------------------- */

struct store_draft *record_new(void)
{
    struct store_draft *record = calloc(1, sizeof *record);
    if (!record)
        return NULL;
    record->stored.batch.durable = true;
    record->stored.dropped_from = UINT32_MAX;
    STAILQ_INIT(&record->numbers);
    STAILQ_INIT(&record->verdicts);
    return record;
}

bool record_grow(struct sqlite_store *store, struct store_draft *record, uint32_t count)
{
    uint32_t capacity = record->chunk_capacity ? record->chunk_capacity : 1;
    while (capacity < count)
        capacity *= 2;
    if (capacity == record->chunk_capacity)
        return true;
    struct live_chunk *chunks = realloc(record->chunks, capacity * sizeof *chunks);
    if (!chunks)
        return false;
    store->live_bytes += (capacity - record->chunk_capacity) * sizeof *chunks;
    record->chunks = chunks;
    record->chunk_capacity = capacity;
    return true;
}

uint64_t record_metadata_size(const struct store_draft *record)
{
    return record->metadata ? strlen(record->metadata) + 1 : 0;
}

void record_free(struct sqlite_store *store, struct store_draft *record)
{
    const struct batch_id *id = &record->stored.batch.id;
    if (id_map_get(&store->records, id) == record)
        id_map_remove(&store->records, id);
    record_release_held(store, record);
    record_drop_rows(store, record, &record->numbers, &record->verdicts);
    store->live_bytes -= sizeof *record + record->chunk_capacity * sizeof *record->chunks;
    store->live_bytes -= record_metadata_size(record);
    key_entry_free(record->key);
    free(record->chunks);
    free(record->metadata);
    free(record);
}
