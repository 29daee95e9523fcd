/*
 * store - where batches live: their numbers, their verdicts, their state.
 *
 * The one interface between the service and whatever keeps its batches, small enough that another
 * store can stand in its place. It deals in values: snapshots and copies go out, never pointers
 * into the store, so a store may as well be on disk or on another machine. Every function may be
 * called from any thread.
 *
 * A batch comes in as a draft (begin, append chunk after chunk, commit) and is visible to nobody
 * until it is committed. Its numbers never change. Verdicts are posted a chunk at a time, each
 * chunk once, and also to a draft: then it becomes a batch that runs, or has ended, and they go with
 * it if it is discarded. The store counts them, and the batch ends when its last chunk has them. An
 * ended batch is kept for its time to live.
 *
 * A durable store answers a commit when the disk has the batch, and may let the verdicts trail:
 * after a crash, chunks whose verdicts were lost are merely without verdicts again.
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/chunk.h"
#include "server/batch.h"

enum store_result {
    STORE_OK,
    STORE_UNKNOWN,      /* no batch of that id was ever known (or it is long forgotten) */
    STORE_GONE,         /* there was one; it was deleted or has expired */
    STORE_FULL,         /* the store is at its size limit */
    STORE_TOO_LARGE,    /* the draft alone is more than the store may hold */
    STORE_NO_MEMORY,    /* the machine has none left */
    STORE_NO_SPACE,     /* the disk is full */
    STORE_FAILED,       /* the disk or the database has failed; the log says how */
    STORE_BUSY,         /* a draft of the same key has not become a batch yet */
    STORE_KNOWN,        /* there is a batch of that key already */
    STORE_OVER_QUOTA,   /* with it, more of its owner's would be queued than may be */
    STORE_BEYOND_QUOTA, /* it alone is more than may be queued of its owner's */
};

/* A cryptographic hash: the store keeps and compares it, and neither knows nor cares of what. */
struct store_hash {
    uint8_t bytes[32];
};

/* An amount of work. */
struct store_work {
    uint64_t numbers;
    uint64_t cost_ns; /* estimated; see primality_cost_ns() */
};

/* Whose a draft is, and how much its owner may have. */
struct store_owner {
    const char *name; /* "": nobody's, which is an owner like any other. Copied */
    /* What may be queued of all that is the owner's, this draft included: received, and not ended. */
    struct store_work quota;
    struct store_work expected; /* what is to come at least; 0 where there is no telling */
};

/* What an owner has in a store. */
struct store_usage {
    uint64_t batches[BATCH_STATUSES]; /* kept now, by status */
    struct store_work queued;         /* without a verdict, that of drafts included */
    int64_t oldest_queued_ns;         /* wall time the oldest queued batch was created, 0 if none */
};

/* What was made under a key. */
struct store_made {
    struct batch_id id;
    struct store_hash fingerprint;
};

/* What the client says of a batch beside its numbers. */
struct batch_spec {
    int priority;
    int64_t ttl_s;
    const char *metadata; /* JSON text or NULL; copied */
    /* What was asked under the key of the draft, which must have one; NULL otherwise. Copied. */
    const struct store_hash *fingerprint;
};

/* Figures for readiness and metrics. */
struct store_stats {
    uint64_t bytes;                   /* in use */
    uint64_t bytes_max;               /* the limit */
    uint64_t batches[BATCH_STATUSES]; /* kept now, by status */
    uint64_t numbers_pending;         /* without a verdict, over all batches */
    int64_t oldest_queued_ns;         /* wall time the oldest queued batch was created, 0 if none */
    uint64_t evicted;                 /* ended batches dropped before their time, to make room */
};

struct store;
struct store_draft;

/*
 * Called once with the outcome of a commit; with STORE_OK, *batch is the batch as it is at that
 * moment, valid for the call.
 */
typedef void store_committed(void *context, enum store_result result, const struct batch *batch);

/* Called once when the sender of a draft may go on. */
typedef void store_resumed(void *context);

/* What a store implements; each as the function of the same name below. */
struct store_ops {
    enum store_result (*begin)(struct store *store, const struct store_owner *owner,
                               const struct store_hash *key, struct store_draft **draft,
                               struct store_made *made);
    enum store_result (*append)(struct store *store, struct store_draft *draft,
                                const struct chunk *chunk);
    bool (*pause)(struct store *store, struct store_draft *draft, store_resumed *resumed,
                  void *context);
    enum store_result (*draft_numbers)(struct store *store, struct store_draft *draft,
                                       uint32_t index, struct chunk *chunk, uint64_t *words);
    enum store_result (*draft_post)(struct store *store, struct store_draft *draft, uint32_t index,
                                    const uint8_t *verdicts, const float *seconds);
    enum store_result (*commit)(struct store *store, struct store_draft *draft,
                                const struct batch_spec *spec, struct batch *batch,
                                store_committed *done, void *context);
    void (*discard)(struct store *store, struct store_draft *draft);
    enum store_result (*get)(struct store *store, const struct batch_id *id, struct batch *batch);
    enum store_result (*metadata)(struct store *store, const struct batch_id *id, char **metadata);
    size_t (*list)(struct store *store, const char *owner, const struct batch_id *after, int status,
                   struct batch *batches, size_t max);
    size_t (*unfinished)(struct store *store, const struct batch_id *after, struct batch *batches,
                         size_t max);
    enum store_result (*numbers)(struct store *store, const struct batch_id *id, uint32_t index,
                                 struct chunk *chunk, uint64_t *words);
    enum store_result (*verdicts)(struct store *store, const struct batch_id *id, uint32_t index,
                                  uint8_t *verdicts, float *seconds);
    enum store_result (*locate)(struct store *store, const struct batch_id *id, uint64_t number,
                                uint32_t *index, uint64_t *first);
    enum store_result (*pending)(struct store *store, const struct batch_id *id, uint32_t from,
                                 uint32_t *index);
    bool (*is_behind)(struct store *store);
    enum store_result (*start)(struct store *store, const struct batch_id *id, struct batch *batch);
    enum store_result (*post)(struct store *store, const struct batch_id *id, uint32_t index,
                              const uint8_t *verdicts, const float *seconds, struct batch *batch);
    enum store_result (*cancel)(struct store *store, const struct batch_id *id,
                                struct batch *batch);
    enum store_result (*drop)(struct store *store, const struct batch_id *id, uint32_t from,
                              struct batch *batch);
    enum store_result (*take)(struct store *store, const struct batch_id *id, struct batch *batch);
    void (*stats)(struct store *store, struct store_stats *stats);
    void (*usage)(struct store *store, const char *owner, struct store_usage *usage);
    void (*close)(struct store *store);
};

/* The head of every store. */
struct store {
    const struct store_ops *ops;
    const char *name; /* "memory", "sqlite" */
    bool durable;     /* a committed batch survives the death of every process */
};

/* --- receiving -------------------------------------------------------------------------------- */

/* Begin a draft of nobody's, without bounds on work: STORE_OK, or why there is no room for it. */
static inline enum store_result store_begin(struct store *store, struct store_draft **draft)
{
    const struct store_owner nobody = {"", {UINT64_MAX, UINT64_MAX}, {0, 0}};
    return store->ops->begin(store, &nobody, NULL, draft, NULL);
}

/*
 * Begin a draft of an owner's: also STORE_OVER_QUOTA and STORE_BEYOND_QUOTA. It ends by commit or
 * discard. If key is not NULL, the draft is begun under that key, of which there is never a second
 * draft or batch. The key is the draft's until that is discarded or its commit fails, then the
 * batch's until that is removed, has expired or was dropped to make room; and it is kept as the
 * batch is. STORE_BUSY: another draft has it, or a batch that is not accepted yet. STORE_KNOWN: a
 * batch has it, and *made says which. Keys are not owners' own: whoever wants that puts the owner
 * into what the key is a hash of.
 */
static inline enum store_result
store_begin_owned(struct store *store, const struct store_owner *owner,
                  const struct store_hash *key, struct store_draft **draft, struct store_made *made)
{
    return store->ops->begin(store, owner, key, draft, made);
}

/*
 * Add a copy of the chunk: STORE_OK, or why there is no room for it, or its owner may not have so
 * much. One thread at a time.
 */
static inline enum store_result store_append(struct store *store, struct store_draft *draft,
                                             const struct chunk *chunk)
{
    return store->ops->append(store, draft, chunk);
}

/*
 * Is the draft so far ahead of the disk that its sender should pause? If so, `resumed` is called
 * from another thread when it may go on; the draft must be left alone until then.
 */
static inline bool store_pause(struct store *store, struct store_draft *draft,
                               store_resumed *resumed, void *context)
{
    return store->ops->pause(store, draft, resumed, context);
}

/*
 * The two that work on a draft, as store_numbers() and store_post() on a batch: for one thread at a
 * time beside the one that appends, until commit or discard is called. Also why the draft cannot
 * become a batch.
 */
static inline enum store_result store_draft_numbers(struct store *store, struct store_draft *draft,
                                                    uint32_t index, struct chunk *chunk,
                                                    uint64_t *words)
{
    return store->ops->draft_numbers(store, draft, index, chunk, words);
}

static inline enum store_result store_draft_post(struct store *store, struct store_draft *draft,
                                                 uint32_t index, const uint8_t *verdicts,
                                                 const float *seconds)
{
    return store->ops->draft_post(store, draft, index, verdicts, seconds);
}

/*
 * Turn the draft, which is used up either way, into a batch. With STORE_OK it is in *batch and may
 * be worked on at once, but it is accepted only when `done` is called with STORE_OK, perhaps from
 * another thread and perhaps before this returns: then it is as durable as the store makes it. The
 * snapshots of a batch say whether they were taken before or after (`accepted`). With any other result, given to `done` or (then `done` is not called) returned, there is no batch. A
 * draft without numbers, or whose numbers all have verdicts, becomes a batch that has ended. `done`
 * may be NULL.
 */
static inline enum store_result store_commit(struct store *store, struct store_draft *draft,
                                             const struct batch_spec *spec, struct batch *batch,
                                             store_committed *done, void *context)
{
    return store->ops->commit(store, draft, spec, batch, done, context);
}

/* Forget the draft as if it had never been; NULL is harmless. */
static inline void store_discard(struct store *store, struct store_draft *draft)
{
    store->ops->discard(store, draft);
}

/* --- reading: STORE_OK, STORE_UNKNOWN, STORE_GONE, or where that is possible STORE_FAILED ----- */

/* With STORE_GONE, *batch has the owner it had, and nothing else. */
static inline enum store_result store_get(struct store *store, const struct batch_id *id,
                                          struct batch *batch)
{
    return store->ops->get(store, id, batch);
}

/*
 * A copy of the batch's metadata, NULL if it has none; the caller frees it. Also STORE_NO_MEMORY.
 */
static inline enum store_result store_metadata(struct store *store, const struct batch_id *id,
                                               char **metadata)
{
    return store->ops->metadata(store, id, metadata);
}

/*
 * Up to `max` batches of that owner (NULL: of anybody), newest first, that are older than *after
 * (NULL: from the newest) and of that status (negative: any). Returns how many.
 */
static inline size_t store_list(struct store *store, const char *owner,
                                const struct batch_id *after, int status, struct batch *batches,
                                size_t max)
{
    return store->ops->list(store, owner, after, status, batches, max);
}

/*
 * Up to `max` batches that have not ended, oldest first, that are younger than *after (NULL: from
 * the oldest): what a store that was closed or has crashed left to be done. Returns how many.
 */
static inline size_t store_unfinished(struct store *store, const struct batch_id *after,
                                      struct batch *batches, size_t max)
{
    return store->ops->unfinished(store, after, batches, max);
}

/* Chunk `index` of 0 .. chunk_count - 1, its words copied to `words` (room for CHUNK_MAX_WORDS). */
static inline enum store_result store_numbers(struct store *store, const struct batch_id *id,
                                              uint32_t index, struct chunk *chunk, uint64_t *words)
{
    return store->ops->numbers(store, id, index, chunk, words);
}

/*
 * The verdicts (enum verdict) and times of that chunk, copied to arrays with room for
 * CHUNK_MAX_NUMBERS. Only for chunks below the batch's prefix: the others have none yet.
 */
static inline enum store_result store_verdicts(struct store *store, const struct batch_id *id,
                                               uint32_t index, uint8_t *verdicts, float *seconds)
{
    return store->ops->verdicts(store, id, index, verdicts, seconds);
}

/*
 * The chunk number `number` (below the batch's total) lies in, and the number that chunk begins
 * with.
 */
static inline enum store_result store_locate(struct store *store, const struct batch_id *id,
                                             uint64_t number, uint32_t *index, uint64_t *first)
{
    return store->ops->locate(store, id, number, index, first);
}

static inline void store_stats(struct store *store, struct store_stats *stats)
{
    store->ops->stats(store, stats);
}

/* What that owner has; all zero for one that has nothing. */
static inline void store_usage(struct store *store, const char *owner, struct store_usage *usage)
{
    store->ops->usage(store, owner, usage);
}

/* --- working: those that change a batch leave its new state in *batch ------------------------- */

/* The first chunk at or after `from` that has no verdicts; chunk_count if all have. */
static inline enum store_result store_pending(struct store *store, const struct batch_id *id,
                                              uint32_t from, uint32_t *index)
{
    return store->ops->pending(store, id, from, index);
}

/* Do so many verdicts wait to be written that no more work should be handed out for some ms? */
static inline bool store_is_behind(struct store *store)
{
    return store->ops->is_behind(store);
}

/* The first block of the batch goes out: queued becomes running. */
static inline enum store_result store_start(struct store *store, const struct batch_id *id,
                                            struct batch *batch)
{
    return store->ops->start(store, id, batch);
}

/* Record the verdicts of chunk `index`, all of them; a second post of the same chunk is ignored. */
static inline enum store_result store_post(struct store *store, const struct batch_id *id,
                                           uint32_t index, const uint8_t *verdicts,
                                           const float *seconds, struct batch *batch)
{
    return store->ops->post(store, id, index, verdicts, seconds, batch);
}

/* Mark a batch that has not ended as canceling; one that has is left as it is. */
static inline enum store_result store_cancel(struct store *store, const struct batch_id *id,
                                             struct batch *batch)
{
    return store->ops->cancel(store, id, batch);
}

/* Give all numbers of chunks `from` and later that have no verdicts the verdict canceled. */
static inline enum store_result store_drop(struct store *store, const struct batch_id *id,
                                           uint32_t from, struct batch *batch)
{
    return store->ops->drop(store, id, from, batch);
}

/*
 * Forget the batch, and leave in *batch the last state it was in; its id answers STORE_GONE from
 * now on. Of several that take a batch at once, one has it.
 */
static inline enum store_result store_take(struct store *store, const struct batch_id *id,
                                           struct batch *batch)
{
    return store->ops->take(store, id, batch);
}

/* The same for who does not care in which state it was. */
static inline enum store_result store_remove(struct store *store, const struct batch_id *id)
{
    struct batch batch;
    return store_take(store, id, &batch);
}

/* Close the store and free it. No draft may be open. */
static inline void store_close(struct store *store)
{
    store->ops->close(store);
}

#endif
