/*
 * sqlite_live - the batches whose truth is in memory: those that have not ended, and those of which
 * the disk does not have everything yet. Private to the store.
 *
 * Every function is called under the store's lock, but for those that say otherwise.
 *
 *   draft ──append──► (spilled, if big) ──commit──► live ──ended and written──► on disk only
 *     └───discard                                             └──remove──► gone
 *
 * A record is queued (in `dirty`) when there is something of it to write. The writer takes it from
 * there, and what there is to write, works without the lock on what it took, and settles it under
 * the lock again. Only the writer frees a record that it may have seen.
 *
 * The disk is what a big body waits for, and it may turn out bad. So the verdicts of drafts are held
 * back, and where they are many the batch is written first, as if it had none: they trail it, as
 * those do that come later. Only where drafts have too many are they written along with the numbers.
 */
#ifndef SERVER_STORE_SQLITE_LIVE_H
#define SERVER_STORE_SQLITE_LIVE_H

#include <pthread.h>
#include <sys/queue.h>

#include "server/id_map.h"
#include "server/store/key_table.h"
#include "server/store/owners.h"
#include "server/store/sqlite_reader.h"
#include "server/store/sqlite_record.h"
#include "server/store/store.h"

enum {
    LIVE_RECORD_BYTES = 512,      /* what a batch counts against the limit beside its numbers */
    LIVE_KEY_BYTES = 128,         /* and one that has a key */
    LIVE_MAX_BYTES = 512 << 20,   /* memory that unfinished batches may take, about */
    LIVE_SPILL_BYTES = 1 << 20,   /* a draft that has more in memory is written in parts */
    LIVE_AHEAD_BYTES = 8 << 20,   /* and one that has that much pauses */
    LIVE_BULK_BYTES = 8 << 20,    /* with that much in memory verdicts are written at once */
    LIVE_BEHIND_BYTES = 32 << 20, /* with that much of all batches in memory, everyone does */
    LIVE_HELD_BYTES = 8 << 20,    /* verdicts of drafts that are kept from the disk until then */
};

TAILQ_HEAD(live_list, store_draft);

struct sqlite_store {
    struct store base;
    char *path; /* of the database */
    int lock_file;
    struct reader_pool readers;
    struct writer *writer;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work;  /* the writer sleeps on it */
    struct batch_id_source ids;
    struct id_map records;  /* id to struct store_draft, live or removed */
    struct live_list live;  /* by id */
    struct live_list dirty; /* to be written, the first to come first */
    struct owners owners;   /* of records, and of batches on disk */
    struct key_table keys;  /* of records that are not on disk as batches */
    uint64_t keys_moved;    /* counts keys that may have gone from there to the disk, or from it */
    uint64_t removals;      /* counts records that were removed and are forgotten */
    int64_t next_key;
    uint64_t live_bytes;       /* memory of the records, about */
    uint64_t unwritten;        /* bytes of rows in memory, */
    uint64_t held;             /* and of those that are held back */
    int64_t no_space_until_ns; /* monotonic: the disk is full, no use trying before then */
    bool urgent;               /* somebody waits for what is in `dirty` */
    bool stopping;
    struct store_stats stats; /* always up to date, but for oldest_queued_ns */
};

/* --- drafts: sqlite_draft.c ------------------------------------------------------------------- */

/* A new draft, its key or NULL; STORE_OK, or why it cannot be. */
enum store_result live_begin(struct sqlite_store *store, const struct store_owner *owner,
                             const struct store_hash *key, struct store_draft **draft);

/* Add a chunk to a draft; STORE_OK, or why it cannot be. */
enum store_result live_append(struct sqlite_store *store, struct store_draft *draft,
                              const struct chunk *chunk);

/* See store_pause(). */
bool live_pause(struct sqlite_store *store, struct store_draft *draft, store_resumed *resumed,
                void *context);

/*
 * Make the draft, with its spec in its batch and metadata, a live batch. STORE_OK, or why it cannot
 * be.
 */
enum store_result live_commit(struct sqlite_store *store, struct store_draft *draft);

/* Throw away a draft. */
void live_discard(struct sqlite_store *store, struct store_draft *draft);

/* --- batches ---------------------------------------------------------------------------------- */

/* The record of that id, STORE_GONE if it was removed, or STORE_UNKNOWN: look on the disk. */
enum store_result live_find(struct sqlite_store *store, const struct batch_id *id,
                            struct store_draft **record);

/* Put a batch read from the disk among the live ones, before its chunks. False without memory. */
bool live_add(struct sqlite_store *store, struct store_draft *record);

/* Count the batch in the figures of the store, or no longer. */
void live_count_batch(struct sqlite_store *store, const struct store_draft *record, bool in);

/* What is left to do of the record is no longer queued of its owner's. */
void live_leave_queue(struct store_draft *record);

/* Move to another status. */
void live_enter(struct sqlite_store *store, struct store_draft *record, enum batch_status status);

/* The chunk that a number lies in. */
uint32_t live_locate(const struct store_draft *record, uint64_t number);

/*
 * Record the verdicts of a chunk, of a draft too; a second time is ignored. STORE_OK, STORE_NO_MEMORY,
 * or why the draft cannot be written.
 */
enum store_result live_post(struct sqlite_store *store, struct store_draft *record, uint32_t index,
                            const uint8_t *verdicts, const float *seconds);

/* Give the numbers of chunks `from` and later that have no verdicts the verdict canceled. */
void live_drop(struct sqlite_store *store, struct store_draft *record, uint32_t from);

/*
 * So many more batches (or fewer) of that owner and status, which has ended, are on disk only, and
 * take so many more bytes. False without memory, which takes an owner that has had no batch yet.
 */
bool live_count_stored(struct sqlite_store *store, const char *owner, enum batch_status status,
                       int64_t count, int64_t bytes);

/* Take a batch out of the live ones; its id is gone from now on, its rows a little later. */
void live_remove(struct sqlite_store *store, struct store_draft *record);

/* The same for a batch that is only on disk. STORE_OK, STORE_GONE or STORE_NO_MEMORY. */
enum store_result live_remove_stored(struct sqlite_store *store, const struct stored_batch *stored);

/* --- what the writer needs -------------------------------------------------------------------- */

/* There is something to write of the record: at once if it is urgent, a little later otherwise. */
void live_queue(struct sqlite_store *store, struct store_draft *record, bool urgent);

/* Take what there is to write of it. */
void live_take(struct sqlite_store *store, struct store_draft *record);

/* What was taken is on disk. */
void live_settle(struct sqlite_store *store, struct store_draft *record);

/* What was taken is not on disk, for want of room there. */
void live_refuse(struct sqlite_store *store, struct store_draft *record);

/* The callbacks of what was taken have returned: free the record if nothing is left to be done. */
void live_release(struct sqlite_store *store, struct store_draft *record);

/* Free all records. There is no writer any more. */
void live_clear(struct sqlite_store *store);

#endif
