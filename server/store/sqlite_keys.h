/*
 * sqlite_keys - who has an idempotency key: a record in memory, a batch on disk, or nobody. Private
 * to the store.
 *
 *   draft begins ──► in the table ──► its batch is on disk ──► in its row
 *                          └── discarded, or not written ──► free
 *
 * A key is in the table of the store as long as its record is not on disk as a batch, and in the
 * row of the batch from the same transaction on. So whoever is in the table is under way, whoever
 * has a row is known, and after a crash the rows are all there is to know. A batch that has been
 * removed, or has expired, has its row a little longer; that counts for nothing, and the next batch
 * of the key takes it away.
 */
#ifndef SERVER_STORE_SQLITE_KEYS_H
#define SERVER_STORE_SQLITE_KEYS_H

#include "server/store/sqlite_live.h"

/* See store_begin_owned(). Without the lock. */
enum store_result keys_begin(struct sqlite_store *store, const struct store_owner *owner,
                             const struct store_hash *key, struct store_draft **draft,
                             struct store_made *made);

/* The functions below are called under the lock. */

/* Give a draft a key. STORE_OK, STORE_BUSY or STORE_NO_MEMORY. */
enum store_result keys_claim(struct sqlite_store *store, const struct store_hash *key,
                             struct store_draft *draft);

/* The record, if it has a key, will not be a batch: the key is free. */
void keys_release(struct store_draft *record);

/* The record is on disk as a batch, and so is its key, if it has one. */
void keys_stored(struct sqlite_store *store, struct store_draft *record);

/* A batch that was removed leaves memory, now that its row, and the key there, is gone. */
void keys_removed(struct sqlite_store *store);

#endif
