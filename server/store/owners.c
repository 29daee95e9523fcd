/* owners - a small hash table, and sums. See owners.h. */
#include "server/store/owners.h"

#include <stdlib.h>
#include <string.h>

static size_t list_of(const char *name)
{
    size_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash % OWNERS_LISTS;
}

struct owner *owners_find(const struct owners *owners, const char *name)
{
    struct owner *owner;
    LIST_FOREACH(owner, &owners->lists[list_of(name)], same_list)
    if (strcmp(owner->name, name) == 0)
        return owner;
    return NULL;
}

struct owner *owners_add(struct owners *owners, const char *name)
{
    struct owner *owner = owners_find(owners, name);
    if (owner || !(owner = calloc(1, sizeof *owner)))
        return owner;
    strncpy(owner->name, name, sizeof owner->name - 1);
    LIST_INSERT_HEAD(&owners->lists[list_of(name)], owner, same_list);
    return owner;
}

void owners_destroy(struct owners *owners)
{
    for (size_t i = 0; i < OWNERS_LISTS; i++) {
        for (struct owner *owner; (owner = LIST_FIRST(&owners->lists[i]));) {
            LIST_REMOVE(owner, same_list);
            free(owner);
        }
    }
}

/* Is `used` and that much more above the most there may be? Neither sum overflows. */
static bool exceeds(uint64_t used, uint64_t more, uint64_t most)
{
    return used > most || more > most - used;
}

enum store_result owner_check(const struct owner *owner, const struct store_work *quota,
                              struct store_work so_far, struct store_work more)
{
    const struct store_work *queued = &owner->usage.queued;
    if (exceeds(so_far.numbers, more.numbers, quota->numbers) ||
        exceeds(so_far.cost_ns, more.cost_ns, quota->cost_ns))
        return STORE_BEYOND_QUOTA;
    if (exceeds(queued->numbers, more.numbers, quota->numbers) ||
        exceeds(queued->cost_ns, more.cost_ns, quota->cost_ns))
        return STORE_OVER_QUOTA;
    return STORE_OK;
}

enum store_result owner_check_begin(const struct owner *owner, const struct store_owner *begins)
{
    struct store_work more = begins->expected;
    more.numbers += more.numbers == 0; /* whoever begins has something to bring */
    more.cost_ns += more.cost_ns == 0;
    return owner_check(owner, &begins->quota, (struct store_work){0, 0}, more);
}

void owner_queue(struct owner *owner, uint64_t numbers, uint64_t cost_ns)
{
    owner->usage.queued.numbers += numbers;
    owner->usage.queued.cost_ns += cost_ns;
}

void owner_settle(struct owner *owner, uint64_t numbers, uint64_t cost_ns)
{
    owner->usage.queued.numbers -= numbers;
    owner->usage.queued.cost_ns -= cost_ns;
}
