/*
 * sqlite_recovery - what a stop or a crash has left to be done. Private to the store.
 */
#ifndef SERVER_STORE_SQLITE_RECOVERY_H
#define SERVER_STORE_SQLITE_RECOVERY_H

#include "server/store/sqlite_live.h"

/*
 * Make the batches that have not ended live again, count what there is, and leave the numbers of
 * uploads that never ended to be purged. Before there is a writer. -1 after logging why not.
 */
int recovery_run(struct sqlite_store *store, struct db *db);

#endif
