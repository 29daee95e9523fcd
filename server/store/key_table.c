/* key_table - lists by the first bits of the key. See key_table.h. */
#include "server/store/key_table.h"

#include <stdlib.h>
#include <string.h>

struct key_entry *key_entry_new(const struct store_hash *key, struct store_draft *record)
{
    struct key_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->key = *key;
    entry->record = record;
    return entry;
}

void key_entry_free(struct key_entry *entry)
{
    if (!entry)
        return;
    key_table_remove(entry);
    free(entry);
}

/* Keys are hashes already: any bits of them will do. */
static size_t list_of(const struct store_hash *key)
{
    uint16_t bits;
    memcpy(&bits, key->bytes, sizeof bits);
    return bits % KEY_TABLE_LISTS;
}

struct key_entry *key_table_find(const struct key_table *table, const struct store_hash *key)
{
    struct key_entry *entry;
    LIST_FOREACH(entry, &table->lists[list_of(key)], same_list)
    if (memcmp(&entry->key, key, sizeof *key) == 0)
        return entry;
    return NULL;
}

void key_table_add(struct key_table *table, struct key_entry *entry)
{
    entry->listed = true;
    LIST_INSERT_HEAD(&table->lists[list_of(&entry->key)], entry, same_list);
}

void key_table_remove(struct key_entry *entry)
{
    if (entry->listed)
        LIST_REMOVE(entry, same_list);
    entry->listed = false;
}
