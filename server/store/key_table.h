/*
 * key_table - the idempotency keys a store has in memory, each with the draft or batch it belongs
 * to. Private to the stores.
 *
 * An entry belongs to its record, which frees it. Adding cannot fail: the places are a fixed number
 * of lists, long ones only where there are millions of keys. Not thread-safe: the owner's lock
 * covers it.
 */
#ifndef SERVER_STORE_KEY_TABLE_H
#define SERVER_STORE_KEY_TABLE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "server/store/store.h"

enum { KEY_TABLE_LISTS = 1 << 16 };

struct key_entry {
    struct store_hash key;
    struct store_hash fingerprint; /* once its record is committed */
    struct store_draft *record;
    bool listed; /* in the table */
    LIST_ENTRY(key_entry) same_list;
};

/* Zero it to start. */
struct key_table {
    LIST_HEAD(, key_entry) lists[KEY_TABLE_LISTS];
};

/* An entry that is not in the table; NULL without memory. */
struct key_entry *key_entry_new(const struct store_hash *key, struct store_draft *record);

/* Take it out of the table, if it is there, and free it; NULL is harmless. */
void key_entry_free(struct key_entry *entry);

/* The entry of that key, or NULL. */
struct key_entry *key_table_find(const struct key_table *table, const struct store_hash *key);

/* Add an entry whose key is not there. */
void key_table_add(struct key_table *table, struct key_entry *entry);

/* Take it out, if it is there. */
void key_table_remove(struct key_entry *entry);

#endif
