/*
 * sqlite_writer - the one thread that writes to the database. Private to the store.
 *
 * It takes everything there is to write, writes it in one transaction, and while the disk is busy
 * with that the next is gathering: the more come at once, the less each costs. What nobody waits
 * for (verdicts) gathers for a tenth of a second.
 */
#ifndef SERVER_STORE_SQLITE_WRITER_H
#define SERVER_STORE_SQLITE_WRITER_H

#include "server/store/sqlite_live.h"

/* Start it with a connection of its own, which is its now. NULL without memory or threads. */
struct writer *writer_start(struct sqlite_store *store, struct db *db);

/* Write what is pending, end the thread, close the connection. NULL is harmless. */
void writer_stop(struct writer *writer);

#endif
