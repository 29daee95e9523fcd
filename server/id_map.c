/* id_map - linear probing, with deletion by moving the rest of the run up. See id_map.h. */
#include "server/id_map.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

/* The place an id is looked for first: from its last eight bytes, which are random. */
static size_t home(const struct id_map *map, const struct batch_id *id)
{
    uint64_t bits;
    memcpy(&bits, id->bytes + 8, sizeof bits);
    return (size_t)(bits * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (map->capacity - 1);
}

/* The place of an id: where it is, or the empty one where it would go. */
static struct id_map_entry *find(const struct id_map *map, const struct batch_id *id)
{
    size_t i = home(map, id);
    while (map->entries[i].value && batch_id_compare(&map->entries[i].id, id) != 0)
        i = (i + 1) & (map->capacity - 1);
    return &map->entries[i];
}

void *id_map_get(const struct id_map *map, const struct batch_id *id)
{
    return map->capacity ? find(map, id)->value : NULL;
}

static int grow(struct id_map *map)
{
    struct id_map larger = {.capacity = map->capacity ? 2 * map->capacity : FIRST_CAPACITY};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return -1;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].value)
            *find(&larger, &map->entries[i].id) = map->entries[i];
    larger.count = map->count;
    free(map->entries);
    *map = larger;
    return 0;
}

int id_map_put(struct id_map *map, const struct batch_id *id, void *value)
{
    /* At most two thirds full, so that runs stay short. */
    if (3 * (map->count + 1) > 2 * map->capacity && grow(map) < 0)
        return -1;
    struct id_map_entry *entry = find(map, id);
    map->count += !entry->value;
    *entry = (struct id_map_entry){.id = *id, .value = value};
    return 0;
}

void *id_map_remove(struct id_map *map, const struct batch_id *id)
{
    if (!map->capacity)
        return NULL;
    struct id_map_entry *entry = find(map, id);
    void *value = entry->value;
    if (!value)
        return NULL;
    entry->value = NULL;
    map->count--;

    /* Whoever follows in the run may have been pushed past the place now empty: put each anew. */
    size_t mask = map->capacity - 1;
    for (size_t i = ((size_t)(entry - map->entries) + 1) & mask; map->entries[i].value;
         i = (i + 1) & mask) {
        struct id_map_entry moved = map->entries[i];
        map->entries[i].value = NULL;
        *find(map, &moved.id) = moved;
    }
    return value;
}

void id_map_destroy(struct id_map *map)
{
    free(map->entries);
    *map = (struct id_map){.capacity = 0};
}
