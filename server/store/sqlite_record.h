/*
 * sqlite_record - what the durable store keeps in memory of one batch or draft: its state, its chunks,
 * and the rows of them that are on their way to the disk. Private to the store.
 *
 * What it lives through is in sqlite_live.h. Functions are called under the store's lock, but for those
 * that say otherwise; they keep count of the memory in the store's live_bytes, unwritten and held.
 */
#ifndef SERVER_STORE_SQLITE_RECORD_H
#define SERVER_STORE_SQLITE_RECORD_H

#include <sys/queue.h>

#include "server/store/key_table.h"
#include "server/store/owners.h"
#include "server/store/sqlite_rows.h"
#include "server/store/store.h"

struct sqlite_store;

/* The numbers of one chunk, on their way to the disk. */
struct numbers_row {
    STAILQ_ENTRY(numbers_row) next;
    uint32_t index;     /* of the chunk */
    uint64_t first;     /* the index of its first number in the batch */
    struct chunk chunk; /* data points to words */
    uint64_t words[];
};
STAILQ_HEAD(numbers_list, numbers_row);

/* The verdicts of one chunk, on their way to the disk. */
struct verdicts_row {
    STAILQ_ENTRY(verdicts_row) next;
    uint32_t index;
    uint32_t count;
    uint8_t *verdicts; /* behind the times */
    float seconds[];
};
STAILQ_HEAD(verdicts_list, verdicts_row);

struct live_chunk {
    struct numbers_row *numbers;   /* NULL: on disk */
    struct verdicts_row *verdicts; /* NULL: on disk, dropped or not there yet */
    uint64_t first;
    uint64_t cost_ns;
    uint32_t count;
    bool posted;  /* has its verdicts */
    bool dropped; /* all of them canceled, and not on disk one by one */
};

/*
 * What the writer writes of a record: as it was when it was taken. The writer's own, without the
 * lock.
 */
struct taken {
    struct stored_batch stored; /* its batch, once accepted: as it was at that moment */
    struct numbers_list numbers;
    struct verdicts_list verdicts;
    bool committed;        /* a batch, not a draft */
    bool inserted;         /* the disk has the batch */
    bool spilled;          /* the disk has, or may have, numbers of the draft */
    bool removed;          /* forget it */
    store_committed *done; /* to be called with this result */
    void *done_context;
    enum store_result result;
    store_resumed *resumed; /* to be called */
    void *resumed_context;
};

struct store_draft {
    struct stored_batch stored; /* dropped_from: chunks from there on were dropped if not posted */
    struct live_chunk *chunks;
    uint32_t chunk_capacity;
    uint32_t prefix_chunks; /* chunks 0 .. prefix_chunks-1 are posted */
    char *metadata;
    struct owner *owner;
    struct store_work quota; /* of its owner, for the draft */
    uint64_t cost_ns;        /* of all its numbers, while it is a draft */
    struct key_entry *key;   /* NULL: it has none; see sqlite_keys.h */

    uint64_t unwritten;          /* bytes of rows in memory, but for those */
    uint64_t held;               /* of verdicts that are held back: those of a draft */
    struct numbers_list numbers; /* rows that the writer has not taken yet */
    struct verdicts_list verdicts;
    bool committed;           /* no draft any more */
    bool inserted;            /* the disk has the batch */
    bool spilled;             /* the disk has numbers of the draft, or the writer is about it */
    bool split;               /* and verdicts of it */
    bool trails;              /* the verdicts it had as a draft are written after the batch */
    bool removed;             /* or discarded: no longer there for anybody but the writer */
    bool queued;              /* in `dirty` */
    bool writing;             /* in the hands of the writer */
    enum store_result failed; /* why the draft cannot be written */
    store_committed *done;
    void *done_context;
    store_resumed *resumed;
    void *resumed_context;
    struct taken taken;
    TAILQ_ENTRY(store_draft) by_age; /* in `live`, if committed and not removed */
    TAILQ_ENTRY(store_draft) dirty;
    STAILQ_ENTRY(store_draft) in_hand; /* the writer's */
};
/* A record without chunks, in no list and not counted yet; NULL without memory. Without the lock. */
struct store_draft *record_new(void);

/* Make room for `count` chunks. False without memory. */
bool record_grow(struct sqlite_store *store, struct store_draft *record, uint32_t count);

/* Add a copy of the chunk behind the others, as a row to be written. False without memory. */
bool record_add_numbers(struct sqlite_store *store, struct store_draft *record,
                        const struct chunk *chunk);

/* Keep a copy of the verdicts of chunk `index`, as a row to be written. False without memory. */
bool record_add_verdicts(struct sqlite_store *store, struct store_draft *record, uint32_t index,
                         const uint8_t *verdicts, const float *seconds);

/* Verdicts of a draft are no longer held back. */
void record_release_held(struct sqlite_store *store, struct store_draft *record);

/* Free rows of the record, in lists of its own or the writer's; its chunks no longer point to them. */
void record_drop_rows(struct sqlite_store *store, struct store_draft *record,
                      struct numbers_list *numbers, struct verdicts_list *verdicts);

/* Bytes that its metadata take. */
uint64_t record_metadata_size(const struct store_draft *record);

/* Free a record that is in no list but perhaps the map. */
void record_free(struct sqlite_store *store, struct store_draft *record);

#endif
