/* sqlite_schema - versions of the schema, and who may open it. See sqlite_schema.h. */
#include "server/store/sqlite_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"

/* "prmd": tells the database from anyone else's. */
#define APPLICATION_ID 0x70726d64
#define APPLICATION_ID_TEXT "0x70726d64"

enum { LOCK_WAIT_MS = 1000 };

/* Entry i brings a database from version i to i + 1. Never change one that was released: add. */
static const char *const migrations[] = {
    "CREATE TABLE batches ("
    " key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, status INTEGER NOT NULL,"
    " priority INTEGER NOT NULL, ttl_s INTEGER NOT NULL, created_ns INTEGER NOT NULL,"
    " started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL,"
    " total INTEGER NOT NULL, composite INTEGER NOT NULL, prime INTEGER NOT NULL,"
    " probable INTEGER NOT NULL, failed INTEGER NOT NULL, timeout INTEGER NOT NULL,"
    " canceled INTEGER NOT NULL, prefix INTEGER NOT NULL, chunk_count INTEGER NOT NULL,"
    " dropped_from INTEGER NOT NULL, cost_ns INTEGER NOT NULL, compute_seconds REAL NOT NULL,"
    " bytes INTEGER NOT NULL, metadata TEXT) STRICT;"
    "CREATE INDEX batches_unfinished ON batches (id) WHERE ended_ns = 0;"
    "CREATE INDEX batches_canceled ON batches (id) WHERE status = 4;"
    "CREATE INDEX batches_ended ON batches (expires_ns, status, bytes) WHERE expires_ns > 0;"
    "CREATE TABLE numbers ("
    " id INTEGER PRIMARY KEY, first INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " count INTEGER NOT NULL, cost_ns INTEGER NOT NULL, words BLOB NOT NULL) STRICT;"
    "CREATE TABLE verdicts ("
    " id INTEGER PRIMARY KEY, verdicts BLOB NOT NULL, seconds BLOB NOT NULL) STRICT;"
    "CREATE TABLE purge (key INTEGER PRIMARY KEY, open INTEGER NOT NULL) STRICT;"
    "CREATE TABLE gone (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE) STRICT;"
    "PRAGMA application_id = " APPLICATION_ID_TEXT ";",

    "ALTER TABLE batches ADD COLUMN idempotency_key BLOB;"
    "ALTER TABLE batches ADD COLUMN fingerprint BLOB;"
    "CREATE UNIQUE INDEX batches_keys ON batches (idempotency_key)"
    " WHERE idempotency_key IS NOT NULL;",

    "ALTER TABLE batches ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE gone ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
    "DROP INDEX batches_ended;"
    "CREATE INDEX batches_ended ON batches (expires_ns, status, bytes, owner)"
    " WHERE expires_ns > 0;"
    "CREATE INDEX batches_owned ON batches (owner, id) WHERE owner <> '';",
};
enum { SCHEMA_VERSION = sizeof migrations / sizeof *migrations };

/* --- the directory ---------------------------------------------------------------------------- */

int schema_lock(const char *directory)
{
    char path[PATH_MAX];
    if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
        log_error("cannot make the data directory; make its parent, or choose another with "
                  "--data-dir",
                  log_str("directory", directory), log_str("error", strerror(errno)));
        return -1;
    }
    snprintf(path, sizeof path, "%s/lock", directory);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        log_error(
            "cannot write in the data directory; let this user write there, or choose another "
            "with --data-dir",
            log_str("directory", directory), log_str("error", strerror(errno)));
        return -1;
    }
    /* One that was killed may hold it until the disk has answered its last thread. */
    int64_t deadline = clock_monotonic_ns() + LOCK_WAIT_MS * NS_PER_MS;
    while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        if (clock_monotonic_ns() < deadline) {
            nanosleep(&(struct timespec){.tv_nsec = 10 * NS_PER_MS}, NULL);
            continue;
        }
        log_error("another instance uses the data directory; stop it, or choose another with "
                  "--data-dir",
                  log_str("directory", directory), log_str("error", strerror(errno)));
        close(lock);
        return -1;
    }
    return lock;
}

/* --- the database ----------------------------------------------------------------------------- */

/* Page size and mode last for ever, so they come first; a freed page need not be zeroed. */
static const char settings[] = "PRAGMA page_size = 16384;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = OFF;"
                               "PRAGMA wal_autocheckpoint = 1000;"
                               "PRAGMA journal_size_limit = 67108864;"
                               "PRAGMA cache_size = -16384;";

static int migrate(struct db *db, int version)
{
    int code = db_execute(db, "BEGIN IMMEDIATE");
    for (int i = version; i < SCHEMA_VERSION && code == SQLITE_OK; i++) {
        char set_version[64];
        snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", i + 1);
        code = db_execute(db, migrations[i]);
        if (code == SQLITE_OK)
            code = db_execute(db, set_version);
    }
    return code == SQLITE_OK ? db_execute(db, "COMMIT") : code;
}

void schema_log_refusal(const struct db *db, const char *path, int code)
{
    const char *event = "cannot open the database";
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        event = "the database is damaged and was left as it is; move it away, or put back a copy";
    else if (db_no_space(db, code))
        event = "cannot open the database: the disk is full; make room";
    else if ((code & 0xff) == SQLITE_READONLY || (code & 0xff) == SQLITE_CANTOPEN)
        event = "cannot write the database; let this user write it, or choose another --data-dir";
    log_error(event, log_str("database", path), log_str("error", sqlite3_errstr(code)));
}

/* The version of the database, or -1 after logging that it is not ours to open. */
static int read_version(struct db *db, const char *path)
{
    int version = (int)db_integer(db, "PRAGMA user_version", -1);
    if (version < 0) {
        schema_log_refusal(db, path, sqlite3_errcode(db->handle));
        return -1;
    }
    bool ours = version > 0 ? db_integer(db, "PRAGMA application_id", 0) == APPLICATION_ID
                            : db_integer(db, "SELECT count(*) FROM sqlite_schema", 1) == 0;
    if (!ours) {
        log_error("this is the database of another program and was left as it is; choose another "
                  "--data-dir",
                  log_str("database", path));
        return -1;
    }
    if (version > SCHEMA_VERSION) {
        log_error("the database was written by a newer version and was left as it is; run that "
                  "version, or choose another --data-dir",
                  log_str("database", path), log_int("version", version),
                  log_int("known", SCHEMA_VERSION));
        return -1;
    }
    return version;
}

int schema_open(struct db *db, const char *path)
{
    int code = db_open(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (code != SQLITE_OK) {
        schema_log_refusal(db, path, code);
        return -1;
    }
    int version = read_version(db, path);
    if (version < 0)
        return -1;
    code = db_execute(db, settings);
    if (code == SQLITE_OK && version < SCHEMA_VERSION)
        code = migrate(db, version);
    if (code != SQLITE_OK) {
        schema_log_refusal(db, path, code);
        return -1;
    }
    return 0;
}

int schema_open_reader(struct db *db, const char *path)
{
    return db_open(db, path, SQLITE_OPEN_READONLY);
}
