/*
 * id_map - a hash map from batch ids to pointers.
 *
 * Ids end in random bits, so the bits themselves are the hash. Open addressing; grows by doubling.
 * Not thread-safe: the owner's lock covers it.
 */
#ifndef SERVER_ID_MAP_H
#define SERVER_ID_MAP_H

#include <stddef.h>

#include "server/batch.h"

struct id_map_entry {
    struct batch_id id;
    void *value; /* NULL: the place is empty */
};

/* Zero it to start. */
struct id_map {
    struct id_map_entry *entries;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

/* The value of that id, or NULL. */
void *id_map_get(const struct id_map *map, const struct batch_id *id);

/* Set the value (not NULL) of an id. 0, or -1 without memory (nothing changed). */
int id_map_put(struct id_map *map, const struct batch_id *id, void *value);

/* Take an id out; its value, or NULL if it was not there. */
void *id_map_remove(struct id_map *map, const struct batch_id *id);

/* Free the map, not the values. */
void id_map_destroy(struct id_map *map);

#endif
