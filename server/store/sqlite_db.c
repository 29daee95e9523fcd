/* sqlite_db - opening, binding, running. See sqlite_db.h. */
#include "server/store/sqlite_db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

enum { BUSY_TIMEOUT_MS = 100 }; /* in WAL mode only opening and closing ever make anyone wait */

int db_open(struct db *db, const char *path, int flags)
{
    *db = (struct db){.handle = NULL};
    int code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    return code;
}

int db_prepare(struct db *db, const char *const *sql, size_t count)
{
    db->statements = calloc(count, sizeof(sqlite3_stmt *));
    if (!db->statements)
        return SQLITE_NOMEM;
    db->statement_count = count;
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = sqlite3_prepare_v3(db->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &db->statements[i], NULL);
    return code;
}

void db_finalize(struct db *db)
{
    for (size_t i = 0; i < db->statement_count; i++)
        sqlite3_finalize(db->statements[i]);
    free(db->statements);
    db->statements = NULL;
    db->statement_count = 0;
}

void db_close(struct db *db)
{
    db_finalize(db);
    sqlite3_close(db->handle);
    *db = (struct db){.handle = NULL};
}

static sqlite3_stmt *bind(sqlite3_stmt *statement, const char *types, va_list arguments)
{
    /*
     * Binding fails only for a wrong index or a too big value: then NULL stays, which NOT NULL
     * refuses.
     */
    for (int i = 1; *types; i++, types++) {
        switch (*types) {
        case 'i':
            sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
            break;
        case 'd':
            sqlite3_bind_double(statement, i, va_arg(arguments, double));
            break;
        case 't':
            sqlite3_bind_text(statement, i, va_arg(arguments, const char *), -1, SQLITE_STATIC);
            break;
        default: {
            const void *bytes = va_arg(arguments, const void *);
            sqlite3_bind_blob64(statement, i, bytes, va_arg(arguments, size_t), SQLITE_STATIC);
            break;
        }
        }
    }
    return statement;
}

sqlite3_stmt *db_query(struct db *db, unsigned statement, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *bound = bind(db->statements[statement], types, arguments);
    va_end(arguments);
    return bound;
}

int db_run(struct db *db, unsigned statement, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *bound = bind(db->statements[statement], types, arguments);
    va_end(arguments);
    int code = sqlite3_step(bound);
    sqlite3_reset(bound);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int db_execute(struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

sqlite3_int64 db_integer(struct db *db, const char *sql, sqlite3_int64 otherwise)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_int64 value = otherwise;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

bool db_no_space(const struct db *db, int code)
{
    if ((code & 0xff) == SQLITE_FULL)
        return true;
    int error = sqlite3_system_errno(db->handle);
    return (code & 0xff) == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT);
}
