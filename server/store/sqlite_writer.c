/* sqlite_writer - gathering, writing, telling. See sqlite_writer.h. */
#include "server/store/sqlite_writer.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"

enum {
    TRAIL_MS = 100,           /* verdicts gather that long */
    EXPIRY_EVERY_MS = 1000,   /* how often batches that expire are looked for, */
    EXPIRY_LATEST_MS = 60000, /* and how rarely, if there are any: clocks may be set */
    EXPIRY_STEP = 256,        /* batches that expire in one transaction */
    NO_SPACE_WAIT_MS = 1000,  /* before a full disk is tried again */
};

static const int64_t FOREVER = INT64_MAX;

STAILQ_HEAD(hand, store_draft);

struct writer {
    struct sqlite_store *store;
    struct db db;
    pthread_t thread;
    bool may_purge;         /* there may be something to purge */
    int64_t next_expiry_ns; /* monotonic: when to look for batches that have expired */
    struct stored_batch expired[EXPIRY_STEP];
    size_t expired_count;
};

/* --- gathering -------------------------------------------------------------------------------- */

/* Sleep until there is something to do. Under the store's lock. */
static void wait_for_work(struct writer *writer)
{
    struct sqlite_store *store = writer->store;
    int64_t trail_ns = 0;
    while (!store->stopping) {
        int64_t now = clock_monotonic_ns();
        int64_t until = writer->next_expiry_ns;
        if (now < store->no_space_until_ns) {
            until = store->no_space_until_ns;
        } else {
            if (store->urgent || writer->may_purge)
                return;
            if (!TAILQ_EMPTY(&store->dirty)) {
                trail_ns = trail_ns ? trail_ns : now + TRAIL_MS * NS_PER_MS;
                until = trail_ns < until ? trail_ns : until;
            }
            if (until <= now)
                return;
        }
        struct timespec deadline = {.tv_sec = until / NS_PER_S, .tv_nsec = until % NS_PER_S};
        if (until == FOREVER)
            pthread_cond_wait(&store->work, &store->lock);
        else
            pthread_cond_timedwait(&store->work, &store->lock, &deadline);
    }
}

/* Take all that there is to write. */
static void take(struct sqlite_store *store, struct hand *hand)
{
    STAILQ_INIT(hand);
    for (struct store_draft *record; (record = TAILQ_FIRST(&store->dirty));) {
        live_take(store, record);
        STAILQ_INSERT_TAIL(hand, record, in_hand);
    }
    store->urgent = false;
}

/* How long nothing expires, so that an idle service does not wake up for it. */
static int find_next_expiry(struct writer *writer, int64_t *wait_ns)
{
    int64_t expires_ns;
    int code = rows_next_expiry(&writer->db, &expires_ns);
    int64_t left_ns = expires_ns - clock_wall_ns();
    *wait_ns = left_ns < EXPIRY_LATEST_MS * NS_PER_MS ? left_ns : EXPIRY_LATEST_MS * NS_PER_MS;
    if (*wait_ns < EXPIRY_EVERY_MS * NS_PER_MS)
        *wait_ns = EXPIRY_EVERY_MS * NS_PER_MS;
    if (expires_ns == 0)
        *wait_ns = FOREVER;
    return code;
}

/* Something is written that may expire before what has been waited for. */
static void look_soon(struct writer *writer)
{
    int64_t soon_ns = clock_monotonic_ns() + EXPIRY_EVERY_MS * NS_PER_MS;
    if (writer->next_expiry_ns > soon_ns)
        writer->next_expiry_ns = soon_ns;
}

/* Look for batches that have expired; those that are being removed anyway do not count. */
static int find_expired(struct writer *writer)
{
    struct sqlite_store *store = writer->store;
    size_t found;
    int code = rows_expired(&writer->db, clock_wall_ns(), writer->expired, EXPIRY_STEP, &found);
    writer->expired_count = 0;
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < found; i++)
        if (!id_map_get(&store->records, &writer->expired[i].batch.id))
            writer->expired[writer->expired_count++] = writer->expired[i];
    pthread_mutex_unlock(&store->lock);
    int64_t wait_ns = 0; /* where there is more, it goes on at once */
    if (code == SQLITE_OK && found < EXPIRY_STEP)
        code = find_next_expiry(writer, &wait_ns);
    writer->next_expiry_ns = wait_ns == FOREVER ? FOREVER : clock_monotonic_ns() + wait_ns;
    return code;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int write_numbers(struct db *db, const struct taken *taken)
{
    const struct numbers_row *row;
    int code = SQLITE_OK;
    STAILQ_FOREACH(row, &taken->numbers, next)
    {
        code = rows_insert_numbers(db, taken->stored.key, row->index, row->first, &row->chunk);
        if (code != SQLITE_OK)
            break;
    }
    return code;
}

static int write_verdicts(struct db *db, const struct taken *taken)
{
    const struct verdicts_row *row;
    int code = SQLITE_OK;
    STAILQ_FOREACH(row, &taken->verdicts, next)
    {
        code = rows_insert_verdicts(db, taken->stored.key, row->index, row->verdicts, row->seconds,
                                    row->count);
        if (code != SQLITE_OK)
            break;
    }
    return code;
}

static int write_draft(struct db *db, const struct taken *taken)
{
    if (taken->removed)
        return taken->spilled ? rows_discard_draft(db, taken->stored.key) : SQLITE_OK;
    int code = rows_begin_draft(db, taken->stored.key);
    if (code == SQLITE_OK)
        code = write_numbers(db, taken);
    if (code == SQLITE_OK)
        code = write_verdicts(db, taken);
    FAULT_POINT("write_draft.written");
    return code;
}

static int write_batch(struct db *db, const struct store_draft *record)
{
    const struct taken *taken = &record->taken;
    const struct stored_batch *stored = &taken->stored;
    int code = SQLITE_OK;
    if (!taken->inserted) {
        code = write_numbers(db, taken);
        if (code == SQLITE_OK)
            code = rows_insert_batch(db, stored, record->metadata, record->key, taken->spilled);
    } else if (!taken->removed) {
        code = rows_update_batch(db, stored);
    }
    if (code == SQLITE_OK && taken->removed)
        code = rows_remove_batch(db, stored);
    else if (code == SQLITE_OK)
        code = write_verdicts(db, taken);
    FAULT_POINT("write_batch.written");
    return code;
}

/* Write what is in hand and what has expired, and purge a little, all or nothing. */
static int write_all(struct writer *writer, const struct hand *hand)
{
    struct db *db = &writer->db;
    const struct store_draft *record;
    int64_t purge = 0;
    int code = db_execute(db, "BEGIN IMMEDIATE");
    STAILQ_FOREACH(record, hand, in_hand)
    {
        if (code == SQLITE_OK)
            code =
                record->taken.committed ? write_batch(db, record) : write_draft(db, &record->taken);
        writer->may_purge |= record->taken.removed;
    }
    for (size_t i = 0; i < writer->expired_count && code == SQLITE_OK; i++) {
        code = rows_remove_batch(db, &writer->expired[i]);
        writer->may_purge = true;
    }
    if (writer->may_purge && code == SQLITE_OK)
        code = rows_next_purge(db, &purge);
    if (purge && code == SQLITE_OK) {
        code = rows_purge(db, purge);
        FAULT_POINT("write_all.purged");
    }
    FAULT_POINT("write_all.written");
    if (code == SQLITE_OK)
        code = db_execute(db, "COMMIT");
    FAULT_POINT("write_all.committed");
    if (code == SQLITE_OK)
        writer->may_purge = purge != 0;
    return code;
}

/*
 * The disk is full: undo, and give back what the log of the database holds. Any other failure
 * leaves open what the disk has; recovery finds out.
 */
static void back_off(struct writer *writer, int code)
{
    struct db *db = &writer->db;
    if (!db_no_space(db, code)) {
        log_error("cannot write the database; starting anew", log_int("code", code),
                  log_str("error", sqlite3_errmsg(db->handle)));
        _exit(EXIT_FAILURE);
    }
    log_error("the disk of the store is full: batches are refused until there is room",
              log_str("database", writer->store->path));
    if (!sqlite3_get_autocommit(db->handle))
        db_execute(db, "ROLLBACK");
    sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* --- telling ---------------------------------------------------------------------------------- */

/* What is in hand is on disk, or is not: act on it, and tell whoever waits. */
static void settle(struct writer *writer, struct hand *hand, bool written)
{
    struct sqlite_store *store = writer->store;
    struct store_draft *record;
    pthread_mutex_lock(&store->lock);
    STAILQ_FOREACH(record, hand, in_hand)
    {
        if (written)
            live_settle(store, record);
        else
            live_refuse(store, record);
    }
    for (size_t i = 0; written && i < writer->expired_count; i++) {
        const struct stored_batch *gone = &writer->expired[i];
        if (batch_has_ended(&gone->batch)) /* recovery counts no other */
            (void)live_count_stored(store, gone->batch.owner, gone->batch.status, -1,
                                    -(int64_t)gone->bytes);
        else
            store->stats.bytes -= gone->bytes;
    }
    store->no_space_until_ns = written ? 0 : clock_monotonic_ns() + NO_SPACE_WAIT_MS * NS_PER_MS;
    pthread_mutex_unlock(&store->lock);

    FAULT_POINT("settle.settled");
    STAILQ_FOREACH(record, hand, in_hand)
    {
        const struct taken *taken = &record->taken;
        if (taken->done)
            taken->done(taken->done_context, taken->result, &taken->stored.batch);
        if (taken->resumed)
            taken->resumed(taken->resumed_context);
    }

    FAULT_POINT("settle.told");
    pthread_mutex_lock(&store->lock);
    while ((record = STAILQ_FIRST(hand))) {
        STAILQ_REMOVE_HEAD(hand, in_hand);
        live_release(store, record);
    }
    pthread_mutex_unlock(&store->lock);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *writer_main(void *argument)
{
    pthread_setname_np(pthread_self(), "store writer"); /* for who looks at threads */
    struct writer *writer = argument;
    struct sqlite_store *store = writer->store;
    for (bool stopping = false; !stopping;) {
        struct hand hand;
        pthread_mutex_lock(&store->lock);
        wait_for_work(writer);
        take(store, &hand);
        stopping = store->stopping;
        pthread_mutex_unlock(&store->lock);

        int code = SQLITE_OK;
        writer->expired_count = 0;
        if (!stopping && clock_monotonic_ns() >= writer->next_expiry_ns)
            code = find_expired(writer);
        if (!STAILQ_EMPTY(&hand))
            look_soon(writer);
        if (code == SQLITE_OK &&
            (!STAILQ_EMPTY(&hand) || writer->expired_count > 0 || writer->may_purge))
            code = write_all(writer, &hand);
        if (code != SQLITE_OK)
            back_off(writer, code);
        settle(writer, &hand, code == SQLITE_OK);
    }
    return NULL;
}

struct writer *writer_start(struct sqlite_store *store, struct db *db)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->store = store;
    writer->db = *db;
    writer->may_purge = true;
    if (pthread_create(&writer->thread, NULL, writer_main, writer) != 0) {
        free(writer);
        return NULL;
    }
    *db = (struct db){.handle = NULL};
    return writer;
}

void writer_stop(struct writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->store->lock);
    writer->store->stopping = true;
    pthread_cond_signal(&writer->store->work);
    pthread_mutex_unlock(&writer->store->lock);
    pthread_join(writer->thread, NULL);
    db_close(&writer->db);
    free(writer);
}
