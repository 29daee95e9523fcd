/*
 * memory_records - the records of the memory store: finding, ending, forgetting, making room.
 *
 * Private to the store. All but records_free() are called under the store's lock.
 */
#ifndef SERVER_STORE_MEMORY_RECORDS_H
#define SERVER_STORE_MEMORY_RECORDS_H

#include <pthread.h>
#include <sys/queue.h>

#include "server/id_map.h"
#include "server/store/key_table.h"
#include "server/store/owners.h"
#include "server/store/store.h"

/* A chunk and the place for its verdicts: one allocation, so that posting cannot fail. */
struct stored_chunk {
    struct chunk chunk; /* data points to words below */
    uint64_t first;     /* index of its first number in the batch */
    bool posted;
    bool dropped;      /* posted as canceled, all of it: verdicts and times are not written */
    uint8_t *verdicts; /* chunk.count of them, behind the times */
    float *seconds;    /* chunk.count of them, behind the words */
    uint64_t words[];
};

/* A batch: a draft until it is committed. */
struct store_draft {
    struct batch batch;
    struct stored_chunk **chunks; /* batch.chunk_count of them */
    uint32_t chunk_capacity;
    uint32_t prefix_chunks; /* chunks 0 .. prefix_chunks-1 are posted */
    uint64_t bytes;         /* that count against the limit */
    char *metadata;
    struct owner *owner;
    struct store_work quota; /* of its owner, for the draft */
    uint64_t cost_ns;        /* of all its numbers, while it is a draft */
    struct key_entry *key;   /* NULL: it has none */
    bool committed;
    int64_t ended_mono_ns; /* on the monotonic clock, which does not jump */
    int64_t expires_mono_ns;
    TAILQ_ENTRY(store_draft) by_age;
    TAILQ_ENTRY(store_draft) by_status; /* in `queued` or in `ended` */
};
TAILQ_HEAD(record_list, store_draft);

/* A batch that was there. */
struct gone_batch {
    struct batch_id id;
    const struct owner *owner;
};

struct memory_store {
    struct store base;

    pthread_mutex_t lock; /* of all below, of every committed batch, and of the chunks of drafts */
    struct batch_id_source ids;
    struct id_map records;     /* id to struct store_draft, or to struct gone_batch */
    struct key_table keys;     /* of drafts and batches */
    struct owners owners;      /* of drafts and batches, and of those that are gone */
    struct record_list by_age; /* all committed ones, oldest first */
    struct record_list queued; /* those of that status, oldest first */
    struct record_list ended;  /* those that have, longest ended first */
    struct store_draft *sweep; /* the ended batch to look at next for expiry, NULL: the first */
    struct gone_batch *gone;   /* ring of those that went last, RECORDS_GONE_MAX of them */
    uint64_t gone_count;
    struct store_stats stats; /* always up to date, but for oldest_queued_ns */
};

static inline struct memory_store *memory_of(struct store *store)
{
    return (struct memory_store *)store;
}

enum { RECORDS_GONE_MAX = 16384 }; /* ids remembered as gone; older ones become unknown */

/* Count `bytes` against the limit, making room if need be; false if there is none. */
bool records_reserve(struct memory_store *memory, uint64_t bytes);

/* Look at the next few ended batches and forget those that have expired. */
void records_sweep(struct memory_store *memory);

/* Add a draft under its batch.id, as queued; 0, or -1 without memory. */
int records_add(struct memory_store *memory, struct store_draft *record);

/*
 * The record of that id, or STORE_UNKNOWN, or STORE_GONE (expired ones are forgotten on the way).
 */
enum store_result records_find(struct memory_store *memory, const struct batch_id *id,
                               struct store_draft **record);

/* The owner of a batch that is STORE_GONE. */
const char *records_gone_owner(const struct memory_store *memory, const struct batch_id *id);

/*
 * STORE_OK if nothing has that key; STORE_BUSY if a draft has it; STORE_KNOWN, and *made, if a batch
 * has.
 */
enum store_result records_find_key(struct memory_store *memory, const struct store_hash *key,
                                   struct store_made *made);

/* The youngest record older than *after, which may be gone itself (NULL: the youngest of all). */
struct store_draft *records_older(struct memory_store *memory, const struct batch_id *after);

/* Move a record to another status, stamping the times that go with it. */
void records_set_status(struct memory_store *memory, struct store_draft *record,
                        enum batch_status status);

/* Copy the numbers of a chunk. */
void records_copy_numbers(const struct store_draft *record, uint32_t index, struct chunk *chunk,
                          uint64_t *words);

/*
 * Take the verdicts of a chunk, unless it has some, and account for them; with those of the last one
 * the batch ends, if it is one already.
 */
void records_post_chunk(struct memory_store *memory, struct store_draft *record, uint32_t index,
                        const uint8_t *verdicts, const float *seconds);

/* A batch that has been committed is under way, or has ended, where it has verdicts from before. */
void records_begin(struct memory_store *memory, struct store_draft *record);

/* Account for a chunk as canceled, which writes nothing to its verdicts: there may be 10^8. */
void records_drop_chunk(struct memory_store *memory, struct store_draft *record,
                        struct stored_chunk *stored);

/* Take a record out of the store and remember its id as gone. It is the caller's to free. */
void records_take(struct memory_store *memory, struct store_draft *record);

/* The same, and free it. */
void records_forget(struct memory_store *memory, struct store_draft *record);

/* Free a record that is in no list. Its key leaves the table: under the lock, if it is there. */
void records_free(struct store_draft *record);

#endif
