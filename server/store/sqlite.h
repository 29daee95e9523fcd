/*
 * sqlite - the durable store: one SQLite database in a directory of its own.
 *
 *   sqlite.c           what store.h asks for
 *   sqlite_look.c      the part of it that changes nothing, from memory or from the disk
 *   sqlite_keys.c      which idempotency keys are in use, in memory or on disk
 *   sqlite_record.c    one batch in memory, and its rows on their way to the disk
 *   sqlite_live.c      batches that have not ended or are not written: their state is in memory
 *   sqlite_draft.c     drafts, on their way to be such a batch
 *   sqlite_writer.c    the one thread that writes, everything pending in one transaction
 *   sqlite_rows.c      the statements it writes with
 *   sqlite_reader.c    read-only connections, for any thread
 *   sqlite_schema.c    the tables, their versions, and opening the database
 *   sqlite_recovery.c  what a crash or a stop left to be done
 *   sqlite_db.c        a connection and its statements
 *
 * The truth of a batch that has not ended is in memory; the disk follows within a transaction, and
 * every committed state there is one the batch was in. Memory holds about 40 bytes a chunk of those
 * batches, some 32 MiB of numbers and verdicts that wait for the disk, and 8 MiB of verdicts of
 * drafts.
 *
 * At most bytes_max are kept, counting numbers (8 bytes each up to 64 bits), verdicts and times (5
 * bytes each) and each batch's own record; then it is STORE_FULL. A batch stays until it expires:
 * none is dropped before its time to make room.
 *
 * If the disk is full, commits are refused with STORE_NO_SPACE and verdicts wait; any other failure
 * to write ends the process, because only a new start can tell what the disk has.
 */
#ifndef SERVER_STORE_SQLITE_H
#define SERVER_STORE_SQLITE_H

#include "server/store/store.h"

/*
 * Open the store in that directory, which is made if it is not there (but not its parents). NULL
 * after logging why not and what to do: it cannot be written, another instance uses it, the
 * database is damaged or of a newer version. Close it with store_close(), which writes what is
 * pending.
 */
struct store *store_sqlite_open(const char *directory, uint64_t bytes_max);

#endif
