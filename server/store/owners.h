/*
 * owners - who has what in a store: the figures of each owner, and the check of a quota. Private to
 * the stores.
 *
 * The figures follow from the batches and drafts that are there, and change with them under the
 * same lock: after a restart they are what recovery adds up. Owners are as many as tokens ever had
 * names, and an entry is small, so none is taken out. Not thread-safe: the owner's lock covers it.
 */
#ifndef SERVER_STORE_OWNERS_H
#define SERVER_STORE_OWNERS_H

#include <sys/queue.h>

#include "server/store/store.h"

enum { OWNERS_LISTS = 64 };

struct owner {
    char name[BATCH_OWNER_SIZE];
    struct store_usage usage; /* but for oldest_queued_ns */
    LIST_ENTRY(owner) same_list;
};

/* Zero it to start. */
struct owners {
    LIST_HEAD(, owner) lists[OWNERS_LISTS];
};

/* The owner of that name, who lives as long as the table; NULL if there is none. */
struct owner *owners_find(const struct owners *owners, const char *name);

/* The same, added if there is none; NULL without memory. */
struct owner *owners_add(struct owners *owners, const char *name);

/* Free all entries. */
void owners_destroy(struct owners *owners);

/*
 * May the owner have that much `more` queued, by a draft that has brought `so_far` already?
 * STORE_OK, STORE_OVER_QUOTA or STORE_BEYOND_QUOTA.
 */
enum store_result owner_check(const struct owner *owner, const struct store_work *quota,
                              struct store_work so_far, struct store_work more);

/* A draft of the owner's begins: may it, by what is known of it? Results as owner_check(). */
enum store_result owner_check_begin(const struct owner *owner, const struct store_owner *begins);

/* That much more is queued of the owner's. */
void owner_queue(struct owner *owner, uint64_t numbers, uint64_t cost_ns);

/* That much has its verdict, or has gone. */
void owner_settle(struct owner *owner, uint64_t numbers, uint64_t cost_ns);

#endif
