/*
 * memory - the store in memory. See memory.h for its bounds, store.h for what each operation
 * promises.
 */
#include "server/store/memory.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/memory_look.h"
#include "server/store/memory_records.h"

/* Count bytes of a draft against the limit; false if there is no room. */
static bool reserve_for(struct memory_store *memory, struct store_draft *draft, uint64_t bytes)
{
    pthread_mutex_lock(&memory->lock);
    bool reserved = records_reserve(memory, bytes);
    pthread_mutex_unlock(&memory->lock);
    if (reserved)
        draft->bytes += bytes;
    return reserved;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* The draft is its owner's, if that may have it. Under the lock. */
static enum store_result begin_owned(struct memory_store *memory, struct store_draft *draft,
                                     const struct store_owner *owner)
{
    draft->owner = owners_add(&memory->owners, owner->name);
    if (!draft->owner)
        return STORE_NO_MEMORY;
    draft->quota = owner->quota;
    strcpy(draft->batch.owner, draft->owner->name);
    return owner_check_begin(draft->owner, owner);
}

static enum store_result memory_begin(struct store *store, const struct store_owner *owner,
                                      const struct store_hash *key, struct store_draft **out,
                                      struct store_made *made)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *draft = calloc(1, sizeof *draft);
    if (!draft)
        return STORE_NO_MEMORY;
    draft->bytes = sizeof *draft;
    if (key) {
        draft->key = key_entry_new(key, draft);
        draft->bytes += sizeof *draft->key;
    }
    enum store_result result = key && !draft->key ? STORE_NO_MEMORY : STORE_OK;
    pthread_mutex_lock(&memory->lock);
    records_sweep(memory);
    if (result == STORE_OK && key)
        result = records_find_key(memory, key, made);
    if (result == STORE_OK)
        result = begin_owned(memory, draft, owner);
    if (result == STORE_OK && !records_reserve(memory, draft->bytes))
        result = STORE_FULL;
    if (result == STORE_OK && key)
        key_table_add(&memory->keys, draft->key);
    pthread_mutex_unlock(&memory->lock);
    if (result == STORE_OK)
        *out = draft;
    else
        records_free(draft);
    return result;
}

/* Room for one more chunk pointer. */
static bool grow_chunks(struct store_draft *draft)
{
    if (draft->batch.chunk_count < draft->chunk_capacity)
        return true;
    uint32_t capacity = draft->chunk_capacity ? 2 * draft->chunk_capacity : 1;
    struct stored_chunk **chunks = realloc(draft->chunks, capacity * sizeof(struct stored_chunk *));
    if (!chunks)
        return false;
    draft->chunks = chunks;
    draft->chunk_capacity = capacity;
    return true;
}

/* Count a chunk, and that many bytes, in what the store and the owner have. Under the lock. */
static enum store_result reserve_chunk(struct memory_store *memory, struct store_draft *draft,
                                       const struct chunk *chunk, uint64_t bytes)
{
    struct store_work so_far = {draft->batch.total, draft->cost_ns};
    struct store_work more = {chunk->count, chunk->cost_ns};
    enum store_result result = owner_check(draft->owner, &draft->quota, so_far, more);
    if (result == STORE_OK && !records_reserve(memory, bytes))
        result = STORE_FULL;
    if (result == STORE_OK) {
        owner_queue(draft->owner, more.numbers, more.cost_ns);
        draft->bytes += bytes;
    }
    return result;
}

/* Put a chunk that was reserved behind the others. Under the lock: others may be worked on. */
static void add_chunk(struct store_draft *draft, struct stored_chunk *stored)
{
    struct batch *batch = &draft->batch;
    stored->first = batch->total;
    draft->chunks[batch->chunk_count++] = stored;
    batch->total += stored->chunk.count;
    batch->cost_ns += stored->chunk.cost_ns;
    draft->cost_ns += stored->chunk.cost_ns;
}

static enum store_result memory_append(struct store *store, struct store_draft *draft,
                                       const struct chunk *chunk)
{
    struct memory_store *memory = memory_of(store);
    size_t words = chunk->words * sizeof *chunk->data;
    size_t size = sizeof(struct stored_chunk) + words + chunk->count * (sizeof(float) + 1);
    size_t counted = size + sizeof(struct stored_chunk *);
    if (draft->bytes + counted > memory->stats.bytes_max)
        return STORE_TOO_LARGE;
    struct stored_chunk *stored = malloc(size);
    if (!stored)
        return STORE_NO_MEMORY;
    *stored = (struct stored_chunk){.chunk = *chunk};
    stored->chunk.data = stored->words;
    stored->seconds = (float *)(void *)(stored->words + chunk->words);
    stored->verdicts = (uint8_t *)(stored->seconds + chunk->count);
    memcpy(stored->words, chunk->data, words);

    pthread_mutex_lock(&memory->lock);
    enum store_result result =
        grow_chunks(draft) ? reserve_chunk(memory, draft, chunk, counted) : STORE_NO_MEMORY;
    if (result == STORE_OK)
        add_chunk(draft, stored);
    pthread_mutex_unlock(&memory->lock);
    if (result != STORE_OK)
        free(stored);
    return result;
}

static void memory_discard(struct store *store, struct store_draft *draft)
{
    struct memory_store *memory = memory_of(store);
    if (!draft)
        return;
    pthread_mutex_lock(&memory->lock);
    memory->stats.bytes -= draft->bytes;
    owner_settle(draft->owner, draft->batch.total - batch_finished(&draft->batch),
                 draft->batch.cost_ns);
    if (draft->key)
        key_table_remove(draft->key);
    pthread_mutex_unlock(&memory->lock);
    records_free(draft);
}

static bool memory_pause(struct store *store, struct store_draft *draft, store_resumed *resumed,
                         void *context)
{
    (void)store;
    (void)draft;
    (void)resumed;
    (void)context;
    return false;
}

static enum store_result memory_draft_numbers(struct store *store, struct store_draft *draft,
                                              uint32_t index, struct chunk *chunk, uint64_t *words)
{
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    records_copy_numbers(draft, index, chunk, words);
    pthread_mutex_unlock(&memory->lock);
    return STORE_OK;
}

static enum store_result memory_draft_post(struct store *store, struct store_draft *draft,
                                           uint32_t index, const uint8_t *verdicts,
                                           const float *seconds)
{
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    records_post_chunk(memory, draft, index, verdicts, seconds);
    pthread_mutex_unlock(&memory->lock);
    return STORE_OK;
}

static enum store_result memory_commit(struct store *store, struct store_draft *draft,
                                       const struct batch_spec *spec, struct batch *snapshot,
                                       store_committed *done, void *context)
{
    struct memory_store *memory = memory_of(store);
    size_t metadata_size = spec->metadata ? strlen(spec->metadata) + 1 : 0;
    if (!reserve_for(memory, draft, metadata_size)) {
        memory_discard(store, draft);
        return STORE_FULL;
    }
    draft->metadata = spec->metadata ? strdup(spec->metadata) : NULL;
    bool complete = draft->metadata || !spec->metadata;

    struct batch *batch = &draft->batch;
    batch->priority = spec->priority;
    batch->ttl_s = spec->ttl_s;
    if (spec->fingerprint)
        draft->key->fingerprint = *spec->fingerprint;
    pthread_mutex_lock(&memory->lock);
    batch->created_ns = clock_wall_ns();
    batch->accepted = true;
    batch->id = batch_id_next(&memory->ids, batch->created_ns);
    complete = complete && records_add(memory, draft) == 0;
    if (complete) {
        records_begin(memory, draft);
        *snapshot = *batch;
    }
    pthread_mutex_unlock(&memory->lock);

    if (!complete) {
        memory_discard(store, draft);
        return STORE_NO_MEMORY;
    }
    if (done)
        done(context, STORE_OK, snapshot);
    return STORE_OK;
}

/* --- working ---------------------------------------------------------------------------------- */

static enum store_result memory_pending(struct store *store, const struct batch_id *id,
                                        uint32_t from, uint32_t *index)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        *index = from;
        while (*index < record->batch.chunk_count && record->chunks[*index]->posted)
            ++*index;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

static bool memory_is_behind(struct store *store)
{
    (void)store;
    return false;
}

static enum store_result memory_start(struct store *store, const struct batch_id *id,
                                      struct batch *batch)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        if (record->batch.status == BATCH_QUEUED)
            records_set_status(memory, record, BATCH_RUNNING);
        *batch = record->batch;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

static enum store_result memory_post(struct store *store, const struct batch_id *id, uint32_t index,
                                     const uint8_t *verdicts, const float *seconds,
                                     struct batch *batch)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        records_post_chunk(memory, record, index, verdicts, seconds);
        *batch = record->batch;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

static enum store_result memory_cancel(struct store *store, const struct batch_id *id,
                                       struct batch *batch)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        if (!batch_has_ended(&record->batch))
            records_set_status(memory, record, BATCH_CANCELING);
        *batch = record->batch;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

static enum store_result memory_drop(struct store *store, const struct batch_id *id, uint32_t from,
                                     struct batch *batch)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK && !batch_has_ended(&record->batch)) {
        for (uint32_t i = from; i < record->batch.chunk_count; i++) {
            struct stored_chunk *stored = record->chunks[i];
            if (!stored->posted)
                records_drop_chunk(memory, record, stored);
        }
    }
    if (result == STORE_OK)
        *batch = record->batch;
    pthread_mutex_unlock(&memory->lock);
    return result;
}

static enum store_result memory_take(struct store *store, const struct batch_id *id,
                                     struct batch *batch)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        *batch = record->batch;
        records_take(memory, record);
    }
    pthread_mutex_unlock(&memory->lock);
    if (result == STORE_OK)
        records_free(record); /* which may take long: nobody should wait for it */
    return result;
}

/* --- opening and closing ---------------------------------------------------------------------- */

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    while (!TAILQ_EMPTY(&memory->by_age)) {
        struct store_draft *record = TAILQ_FIRST(&memory->by_age);
        TAILQ_REMOVE(&memory->by_age, record, by_age);
        records_free(record);
    }
    id_map_destroy(&memory->records);
    owners_destroy(&memory->owners);
    pthread_mutex_destroy(&memory->lock);
    free(memory->gone);
    free(memory);
}

static const struct store_ops memory_ops = {
    .begin = memory_begin,
    .append = memory_append,
    .pause = memory_pause,
    .draft_numbers = memory_draft_numbers,
    .draft_post = memory_draft_post,
    .commit = memory_commit,
    .discard = memory_discard,
    .get = memory_look_get,
    .metadata = memory_look_metadata,
    .list = memory_look_list,
    .unfinished = memory_look_unfinished,
    .numbers = memory_look_numbers,
    .verdicts = memory_look_verdicts,
    .locate = memory_look_locate,
    .pending = memory_pending,
    .is_behind = memory_is_behind,
    .start = memory_start,
    .post = memory_post,
    .cancel = memory_cancel,
    .drop = memory_drop,
    .take = memory_take,
    .stats = memory_look_stats,
    .usage = memory_look_usage,
    .close = memory_close,
};

struct store *store_memory_open(uint64_t bytes_max)
{
    struct memory_store *memory = calloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->gone = calloc(RECORDS_GONE_MAX, sizeof *memory->gone);
    if (!memory->gone) {
        free(memory);
        return NULL;
    }
    memory->base = (struct store){.ops = &memory_ops, .name = "memory", .durable = false};
    memory->stats.bytes_max = bytes_max;
    pthread_mutex_init(&memory->lock, NULL);
    TAILQ_INIT(&memory->by_age);
    TAILQ_INIT(&memory->queued);
    TAILQ_INIT(&memory->ended);
    return &memory->base;
}
