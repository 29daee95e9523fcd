/*
 * sqlite_db - a connection to the database and its prepared statements. Private to the store.
 *
 * All codes are SQLite's. A connection is used by one thread at a time.
 */
#ifndef SERVER_STORE_SQLITE_DB_H
#define SERVER_STORE_SQLITE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct db {
    sqlite3 *handle;
    sqlite3_stmt **statements;
    size_t statement_count;
};

/* Open the file with SQLITE_OPEN_* flags. *db is to be closed even if that fails. */
int db_open(struct db *db, const char *path, int flags);

/* Prepare the statements that db_query() and db_run() name by their place in `sql`. */
int db_prepare(struct db *db, const char *const *sql, size_t count);

/* Undo db_prepare(). */
void db_finalize(struct db *db);

/* Close it, with its statements; harmless on a zeroed one. */
void db_close(struct db *db);

/*
 * Bind the arguments to a prepared statement, to be stepped and then reset by the caller. `types`
 * has a letter an argument: i an int64_t, d a double, t a text or NULL, b a pointer and a size_t.
 * What they point to must last until the reset.
 */
sqlite3_stmt *db_query(struct db *db, unsigned statement, const char *types, ...);

/* The same for a statement without results: run it. SQLITE_OK or an error. */
int db_run(struct db *db, unsigned statement, const char *types, ...);

/* Run SQL text without results or arguments. */
int db_execute(struct db *db, const char *sql);

/* The integer that SQL text yields, or `otherwise` where it fails. */
sqlite3_int64 db_integer(struct db *db, const char *sql, sqlite3_int64 otherwise);

/* Does that code, the last one of the connection, mean that the disk is full? */
bool db_no_space(const struct db *db, int code);

#endif
