/* sqlite_keys - claiming a key, and letting go of it. See sqlite_keys.h. */
#include "server/store/sqlite_keys.h"

enum store_result keys_claim(struct sqlite_store *store, const struct store_hash *key,
                             struct store_draft *draft)
{
    if (key_table_find(&store->keys, key))
        return STORE_BUSY;
    draft->key = key_entry_new(key, draft);
    if (!draft->key)
        return STORE_NO_MEMORY;
    key_table_add(&store->keys, draft->key);
    return STORE_OK;
}

void keys_release(struct store_draft *record)
{
    if (record->key)
        key_table_remove(record->key);
}

void keys_stored(struct sqlite_store *store, struct store_draft *record)
{
    if (!record->key)
        return;
    key_table_remove(record->key);
    store->keys_stored++;
}

/* Is anything in the way of a new draft? STORE_OK, STORE_BUSY, STORE_KNOWN or STORE_FAILED. */
static enum store_result look(struct sqlite_store *store, const struct store_hash *key,
                              struct store_made *made, uint64_t *stored)
{
    pthread_mutex_lock(&store->lock);
    bool busy = key_table_find(&store->keys, key) != NULL;
    *stored = store->keys_stored;
    pthread_mutex_unlock(&store->lock);
    if (busy)
        return STORE_BUSY;
    enum store_result result = reader_made(&store->readers, key, made);
    if (result != STORE_OK)
        return result == STORE_GONE ? STORE_OK : result;
    struct store_draft *record;
    pthread_mutex_lock(&store->lock);
    bool removed = live_find(store, &made->id, &record) == STORE_GONE;
    pthread_mutex_unlock(&store->lock);
    return removed ? STORE_OK : STORE_KNOWN;
}

/*
 * The disk is not read under the lock. A key that went from the table to the disk meanwhile was
 * seen in neither: where any did, look again.
 */
enum store_result keys_begin(struct sqlite_store *store, const struct store_hash *key,
                             struct store_draft **draft, struct store_made *made)
{
    for (;;) {
        uint64_t stored;
        enum store_result result = look(store, key, made, &stored);
        if (result != STORE_OK)
            return result;
        pthread_mutex_lock(&store->lock);
        bool is_fresh = store->keys_stored == stored;
        if (is_fresh)
            result = live_begin(store, key, draft);
        pthread_mutex_unlock(&store->lock);
        if (is_fresh)
            return result;
    }
}
