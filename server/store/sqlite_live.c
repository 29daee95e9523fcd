/* sqlite_live - the life of a record in memory. See sqlite_live.h. */
#include "server/store/sqlite_live.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/sqlite_keys.h"

/* --- accounts --------------------------------------------------------------------------------- */

/* A batch of the owner's is in that status, or no longer. */
static void count_status(struct sqlite_store *store, struct owner *owner, enum batch_status status,
                         bool in)
{
    store->stats.batches[status] += in ? 1 : UINT64_MAX;
    owner->usage.batches[status] += in ? 1 : UINT64_MAX;
}

void live_count_batch(struct sqlite_store *store, const struct store_draft *record, bool in)
{
    const struct batch *batch = &record->stored.batch;
    uint64_t pending = batch->total - batch_finished(batch);
    count_status(store, record->owner, batch->status, in);
    store->stats.numbers_pending += in ? pending : -pending;
}

void live_leave_queue(struct store_draft *record)
{
    const struct batch *batch = &record->stored.batch;
    owner_settle(record->owner, batch->total - batch_finished(batch), batch->cost_ns);
}

/* Take the batch out of the live ones and out of the figures. */
static void unlist(struct sqlite_store *store, struct store_draft *record)
{
    TAILQ_REMOVE(&store->live, record, by_age);
    live_count_batch(store, record, false);
    live_leave_queue(record);
    store->stats.bytes -= record->stored.bytes;
    record->removed = true;
}

/* --- batches ---------------------------------------------------------------------------------- */

enum store_result live_find(struct sqlite_store *store, const struct batch_id *id,
                            struct store_draft **record)
{
    *record = id_map_get(&store->records, id);
    if (!*record)
        return STORE_UNKNOWN;
    return (*record)->removed ? STORE_GONE : STORE_OK;
}

bool live_add(struct sqlite_store *store, struct store_draft *record)
{
    const struct batch *batch = &record->stored.batch;
    record->owner = owners_add(&store->owners, batch->owner);
    if (!record->owner || id_map_put(&store->records, &batch->id, record) < 0)
        return false;
    record->committed = true;
    record->inserted = true;
    store->live_bytes += sizeof *record + record_metadata_size(record);
    TAILQ_INSERT_TAIL(&store->live, record, by_age);
    live_count_batch(store, record, true);
    owner_queue(record->owner, batch->total - batch_finished(batch), batch->cost_ns);
    store->stats.bytes += record->stored.bytes;
    return true;
}

void live_enter(struct sqlite_store *store, struct store_draft *record, enum batch_status status)
{
    struct batch *batch = &record->stored.batch;
    count_status(store, record->owner, batch->status, false);
    batch_enter(batch, status);
    count_status(store, record->owner, status, true);
    live_queue(store, record, false);
}

uint32_t live_locate(const struct store_draft *record, uint64_t number)
{
    /* The last chunk that begins at or before the number. */
    uint32_t low = 0;
    uint32_t high = record->stored.batch.chunk_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (record->chunks[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/*
 * A chunk has its verdicts: they are in the counts already. With the last one, the batch ends, if it
 * is one already.
 */
static void mark_posted(struct sqlite_store *store, struct store_draft *record,
                        struct live_chunk *chunk)
{
    struct batch *batch = &record->stored.batch;
    chunk->posted = true;
    uint64_t cost_ns = chunk->cost_ns < batch->cost_ns ? chunk->cost_ns : batch->cost_ns;
    batch->cost_ns -= cost_ns;
    owner_settle(record->owner, chunk->count, cost_ns);
    while (record->prefix_chunks < batch->chunk_count &&
           record->chunks[record->prefix_chunks].posted)
        batch->prefix += record->chunks[record->prefix_chunks++].count;
    if (!record->committed)
        return;
    store->stats.numbers_pending -= chunk->count;
    if (batch_finished(batch) == batch->total)
        live_enter(store, record, batch_final_status(batch));
}

enum store_result live_post(struct sqlite_store *store, struct store_draft *record, uint32_t index,
                            const uint8_t *verdicts, const float *seconds)
{
    struct live_chunk *chunk = &record->chunks[index];
    if (record->failed != STORE_OK)
        return record->failed;
    if (chunk->posted)
        return STORE_OK;
    if (!record_add_verdicts(store, record, index, verdicts, seconds))
        return STORE_NO_MEMORY;
    batch_count(&record->stored.batch, verdicts, seconds, chunk->count);
    mark_posted(store, record, chunk);
    if (record->committed)
        live_queue(store, record, store->unwritten > LIVE_BULK_BYTES);
    else if (store->held > LIVE_HELD_BYTES)
        live_queue(store, record, true);
    return STORE_OK;
}

void live_drop(struct sqlite_store *store, struct store_draft *record, uint32_t from)
{
    struct batch *batch = &record->stored.batch;
    if (batch_has_ended(batch))
        return;
    if (from < record->stored.dropped_from)
        record->stored.dropped_from = from;
    for (uint32_t i = from; i < batch->chunk_count; i++) {
        if (record->chunks[i].posted)
            continue;
        record->chunks[i].dropped = true;
        batch->counts[VERDICT_CANCELED] += record->chunks[i].count;
        mark_posted(store, record, &record->chunks[i]);
    }
    live_queue(store, record, false);
}

void live_remove(struct sqlite_store *store, struct store_draft *record)
{
    unlist(store, record);
    live_queue(store, record, true);
}

enum store_result live_remove_stored(struct sqlite_store *store, const struct stored_batch *stored)
{
    /* The writer may have found that it has expired: by this clock, or by an earlier one. */
    if (stored->batch.expires_ns <= clock_wall_ns())
        return STORE_GONE;
    struct store_draft *record = record_new();
    if (!record)
        return STORE_NO_MEMORY;
    record->stored = *stored;
    if (!live_add(store, record)) {
        free(record);
        return STORE_NO_MEMORY;
    }
    /* It was in the figures before, and is not there twice. */
    live_count_batch(store, record, false);
    store->stats.bytes -= stored->bytes;
    live_remove(store, record);
    return STORE_OK;
}

/* --- what the writer needs -------------------------------------------------------------------- */

void live_queue(struct sqlite_store *store, struct store_draft *record, bool urgent)
{
    bool wake = TAILQ_EMPTY(&store->dirty) || (urgent && !store->urgent);
    if (!record->queued) {
        record->queued = true;
        TAILQ_INSERT_TAIL(&store->dirty, record, dirty);
    }
    store->urgent |= urgent;
    if (wake)
        pthread_cond_signal(&store->work);
}

/* Is the batch to be written before the verdicts it has? Nothing of it may be canceled. */
static bool is_ahead(const struct sqlite_store *store, const struct store_draft *record)
{
    return record->committed && record->trails && !record->inserted && !record->removed &&
           !store->stopping && record->stored.dropped_from == UINT32_MAX &&
           record->stored.batch.status != BATCH_CANCELING;
}

/* Are the verdicts of a draft to be kept from the disk still? */
static bool is_held_back(const struct sqlite_store *store, const struct store_draft *record)
{
    return !record->committed && !record->removed && store->held <= LIVE_HELD_BYTES;
}

/* The batch as it would be without verdicts. */
static void take_back(const struct store_draft *record, struct batch *batch)
{
    batch->status = BATCH_QUEUED;
    batch->started_ns = 0;
    batch->ended_ns = 0;
    batch->expires_ns = 0;
    memset(batch->counts, 0, sizeof batch->counts);
    batch->prefix = 0;
    batch->cost_ns = record->cost_ns;
    batch->compute_seconds = 0;
}

void live_take(struct sqlite_store *store, struct store_draft *record)
{
    struct taken *taken = &record->taken;
    TAILQ_REMOVE(&store->dirty, record, dirty);
    record->queued = false;
    record->writing = true;
    if (!record->committed && !record->removed)
        record->spilled = true;
    *taken = (struct taken){
        .stored = record->stored,
        .committed = record->committed,
        .inserted = record->inserted,
        .spilled = record->spilled,
        .removed = record->removed,
        .done = record->done,
        .done_context = record->done_context,
        .resumed = record->resumed,
        .resumed_context = record->resumed_context,
    };
    record->done = NULL;
    record->resumed = NULL;
    STAILQ_INIT(&taken->numbers);
    STAILQ_INIT(&taken->verdicts);
    STAILQ_CONCAT(&taken->numbers, &record->numbers);
    if (is_ahead(store, record)) {
        take_back(record, &taken->stored.batch);
        return;
    }
    if (is_held_back(store, record))
        return;
    record_release_held(store, record);
    record->split |= !STAILQ_EMPTY(&record->verdicts);
    STAILQ_CONCAT(&taken->verdicts, &record->verdicts);
}

void live_settle(struct sqlite_store *store, struct store_draft *record)
{
    record_drop_rows(store, record, &record->taken.numbers, &record->taken.verdicts);
    if (record->taken.committed && !record->inserted) {
        keys_stored(store, record);
        record->stored.batch.accepted = true;
        record->taken.stored.batch = record->stored.batch; /* for `done` */
    }
    record->inserted = record->taken.committed;
    if (record->inserted && !STAILQ_EMPTY(&record->verdicts))
        live_queue(store, record, store->unwritten > LIVE_BULK_BYTES);
    record->taken.result = STORE_OK;
}

void live_refuse(struct sqlite_store *store, struct store_draft *record)
{
    struct taken *taken = &record->taken;
    taken->result = STORE_NO_SPACE;
    if (taken->inserted || taken->removed) {
        /* Nobody waits for it: it is tried again. */
        STAILQ_CONCAT(&taken->numbers, &record->numbers);
        STAILQ_CONCAT(&record->numbers, &taken->numbers);
        STAILQ_CONCAT(&taken->verdicts, &record->verdicts);
        STAILQ_CONCAT(&record->verdicts, &taken->verdicts);
        live_queue(store, record, false);
        return;
    }
    record_drop_rows(store, record, &taken->numbers, &taken->verdicts);
    record->failed = STORE_NO_SPACE;
    if (!record->committed)
        return;
    if (!taken->committed) {
        /* A part of it was being written while it was committed. */
        taken->done = record->done;
        taken->done_context = record->done_context;
        record->done = NULL;
    }
    if (!record->removed)
        unlist(store, record);
    keys_release(record);
    id_map_remove(&store->records, &record->stored.batch.id);
    record->committed = false;
    if (record->spilled)
        live_queue(store, record, false);
}

void live_release(struct sqlite_store *store, struct store_draft *record)
{
    record->writing = false;
    if (record->queued)
        return;
    if (record->removed) {
        keys_removed(store);
        store->removals++;
    } else {
        if (!record->inserted || !batch_has_ended(&record->stored.batch))
            return;
        TAILQ_REMOVE(&store->live, record, by_age);
    }
    record_free(store, record);
}

bool live_count_stored(struct sqlite_store *store, const char *name, enum batch_status status,
                       int64_t count, int64_t bytes)
{
    struct owner *owner = owners_add(&store->owners, name);
    if (!owner)
        return false;
    store->stats.bytes += (uint64_t)bytes;
    store->stats.batches[status] += (uint64_t)count;
    owner->usage.batches[status] += (uint64_t)count;
    return true;
}

void live_clear(struct sqlite_store *store)
{
    for (struct store_draft *record; (record = TAILQ_FIRST(&store->dirty));) {
        TAILQ_REMOVE(&store->dirty, record, dirty);
        record->queued = false;
        if (record->removed)
            record_free(store, record);
    }
    for (struct store_draft *record; (record = TAILQ_FIRST(&store->live));) {
        TAILQ_REMOVE(&store->live, record, by_age);
        record_free(store, record);
    }
}
