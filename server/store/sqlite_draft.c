/* sqlite_draft - the drafts of sqlite_live.h. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/sqlite_keys.h"
#include "server/store/sqlite_live.h"
#include "server/store/sqlite_schema.h"

/* Count bytes against the limit; false if there is no room. */
static bool reserve(struct sqlite_store *store, struct store_draft *record, uint64_t bytes)
{
    struct store_stats *stats = &store->stats;
    if (bytes > stats->bytes_max || stats->bytes > stats->bytes_max - bytes)
        return false;
    stats->bytes += bytes;
    record->stored.bytes += bytes;
    return true;
}

enum store_result live_begin(struct sqlite_store *store, const struct store_owner *owner,
                             const struct store_hash *key, struct store_draft **out)
{
    uint64_t bytes = key ? LIVE_RECORD_BYTES + LIVE_KEY_BYTES : LIVE_RECORD_BYTES;
    if (clock_monotonic_ns() < store->no_space_until_ns)
        return STORE_NO_SPACE;
    if (store->live_bytes >= LIVE_MAX_BYTES)
        return STORE_FULL;
    struct owner *whose = owners_add(&store->owners, owner->name);
    struct store_draft *draft = whose ? record_new() : NULL;
    if (!draft)
        return STORE_NO_MEMORY;
    draft->owner = whose;
    draft->quota = owner->quota;
    strcpy(draft->stored.batch.owner, whose->name);
    enum store_result result = key ? keys_claim(store, key, draft) : STORE_OK;
    if (result == STORE_OK)
        result = owner_check_begin(whose, owner);
    if (result == STORE_OK && !reserve(store, draft, bytes))
        result = STORE_FULL;
    if (result != STORE_OK) {
        key_entry_free(draft->key);
        free(draft);
        return result;
    }
    store->live_bytes += sizeof *draft;
    draft->stored.key = store->next_key++;
    *out = draft;
    return STORE_OK;
}

enum store_result live_append(struct sqlite_store *store, struct store_draft *draft,
                              const struct chunk *chunk)
{
    struct batch *batch = &draft->stored.batch;
    if (draft->failed != STORE_OK)
        return draft->failed;
    uint64_t bytes = chunk->words * sizeof *chunk->data + chunk->count * (sizeof(float) + 1);
    if (batch->chunk_count == SCHEMA_MAX_CHUNKS ||
        draft->stored.bytes + bytes > store->stats.bytes_max)
        return STORE_TOO_LARGE;
    struct store_work so_far = {batch->total, draft->cost_ns};
    struct store_work more = {chunk->count, chunk->cost_ns};
    enum store_result result = owner_check(draft->owner, &draft->quota, so_far, more);
    if (result != STORE_OK)
        return result;
    if (!reserve(store, draft, bytes))
        return STORE_FULL;
    if (!record_add_numbers(store, draft, chunk))
        return STORE_NO_MEMORY;
    batch->total += more.numbers;
    batch->cost_ns += more.cost_ns;
    draft->cost_ns += more.cost_ns;
    owner_queue(draft->owner, more.numbers, more.cost_ns);
    if (draft->unwritten > LIVE_SPILL_BYTES || store->unwritten > LIVE_BEHIND_BYTES / 2)
        live_queue(store, draft, true);
    return STORE_OK;
}

bool live_pause(struct sqlite_store *store, struct store_draft *draft, store_resumed *resumed,
                void *context)
{
    if (draft->failed != STORE_OK || draft->unwritten == 0 ||
        (draft->unwritten <= LIVE_AHEAD_BYTES && store->unwritten <= LIVE_BEHIND_BYTES))
        return false;
    draft->resumed = resumed;
    draft->resumed_context = context;
    live_queue(store, draft, true);
    return true;
}

enum store_result live_commit(struct sqlite_store *store, struct store_draft *draft)
{
    struct batch *batch = &draft->stored.batch;
    store->live_bytes += record_metadata_size(draft);
    if (draft->failed != STORE_OK)
        return draft->failed;
    if (!reserve(store, draft, record_metadata_size(draft)))
        return STORE_FULL;
    batch->created_ns = clock_wall_ns();
    batch->id = batch_id_next(&store->ids, batch->created_ns);
    if (id_map_put(&store->records, &batch->id, draft) < 0)
        return STORE_NO_MEMORY;
    draft->committed = true;
    draft->trails = !draft->split && draft->held > LIVE_SPILL_BYTES;
    record_release_held(store, draft);
    TAILQ_INSERT_TAIL(&store->live, draft, by_age);
    live_count_batch(store, draft, true);
    uint64_t finished = batch_finished(batch);
    if (finished > 0)
        live_enter(store, draft, BATCH_RUNNING);
    if (finished == batch->total)
        live_enter(store, draft, BATCH_COMPLETED);
    live_queue(store, draft, true);
    return STORE_OK;
}

void live_discard(struct sqlite_store *store, struct store_draft *draft)
{
    store->stats.bytes -= draft->stored.bytes;
    live_leave_queue(draft);
    draft->removed = true;
    keys_release(draft);
    if (draft->spilled || draft->writing) {
        live_queue(store, draft, true);
        return;
    }
    if (draft->queued)
        TAILQ_REMOVE(&store->dirty, draft, dirty);
    record_free(store, draft);
}
