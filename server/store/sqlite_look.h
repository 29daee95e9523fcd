/*
 * sqlite_look - looking at batches, wherever they are: those of the operations of store.h that
 * change nothing. Private to the store.
 */
#ifndef SERVER_STORE_SQLITE_LOOK_H
#define SERVER_STORE_SQLITE_LOOK_H

#include "server/store/sqlite_live.h"

/*
 * Where a batch is: with STORE_OK and *record, live, and the lock is held; with STORE_OK and no
 * record, on disk, in *stored, and it is not held; nor with any other result. With STORE_GONE, the
 * owner is in *stored.
 */
enum store_result look_and_lock(struct sqlite_store *store, const struct batch_id *id,
                                struct store_draft **record, struct stored_batch *stored);

/* Copy the state of what look_and_lock() found, and unlock. STORE_OK. */
enum store_result look_and_leave(struct sqlite_store *store, const struct store_draft *record,
                                 const struct stored_batch *stored, struct batch *batch);

/* The operations of these names. */
enum store_result look_get(struct store *base, const struct batch_id *id, struct batch *batch);
enum store_result look_metadata(struct store *base, const struct batch_id *id, char **metadata);
size_t look_list(struct store *base, const char *owner, const struct batch_id *after, int status,
                 struct batch *batches, size_t max);
size_t look_unfinished(struct store *base, const struct batch_id *after, struct batch *batches,
                       size_t max);
enum store_result look_numbers(struct store *base, const struct batch_id *id, uint32_t index,
                               struct chunk *chunk, uint64_t *words);
enum store_result look_draft_numbers(struct store *base, struct store_draft *draft, uint32_t index,
                                     struct chunk *chunk, uint64_t *words);
enum store_result look_verdicts(struct store *base, const struct batch_id *id, uint32_t index,
                                uint8_t *verdicts, float *seconds);
enum store_result look_locate(struct store *base, const struct batch_id *id, uint64_t number,
                              uint32_t *index, uint64_t *first);
void look_stats(struct store *base, struct store_stats *stats);
void look_usage(struct store *base, const char *owner, struct store_usage *usage);

#endif
