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
    store->keys_moved++;
}

void keys_removed(struct sqlite_store *store)
{
    store->keys_moved++;
}

/*
 * Who has the key, without holding the lock while the disk is read: STORE_BUSY, STORE_FAILED, or, if
 * keys_moved is still *moved, STORE_OK (nobody) or STORE_KNOWN.
 */
static enum store_result look(struct sqlite_store *store, const struct store_hash *key,
                              struct store_made *made, uint64_t *moved)
{
    pthread_mutex_lock(&store->lock);
    bool busy = key_table_find(&store->keys, key) != NULL;
    *moved = store->keys_moved;
    pthread_mutex_unlock(&store->lock);
    if (busy)
        return STORE_BUSY;
    enum store_result result = reader_made(&store->readers, key, made);
    if (result == STORE_OK)
        return STORE_KNOWN;
    return result == STORE_GONE ? STORE_OK : result;
}

enum store_result keys_begin(struct sqlite_store *store, const struct store_owner *owner,
                             const struct store_hash *key, struct store_draft **draft,
                             struct store_made *made)
{
    for (;;) {
        uint64_t moved;
        struct store_draft *record;
        enum store_result result = look(store, key, made, &moved);
        if (result == STORE_BUSY || result == STORE_FAILED)
            return result;
        pthread_mutex_lock(&store->lock);
        bool holds = store->keys_moved == moved;
        if (holds && result == STORE_KNOWN && live_find(store, &made->id, &record) == STORE_GONE)
            result = STORE_OK;
        if (holds && result == STORE_OK)
            result = live_begin(store, owner, key, draft);
        pthread_mutex_unlock(&store->lock);
        if (holds)
            return result;
    }
}
