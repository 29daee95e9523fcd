/*
 * batch - what the service knows of a batch: its identity, its counts, its life.
 *
 *   queued ──► running ──► completed
 *     │           │
 *     └───────────┴──► canceling ──► canceled
 *
 * A struct batch is a snapshot: a plain value, copied out of the store and true at that moment.
 */
#ifndef SERVER_BATCH_H
#define SERVER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verdict.h"

/*
 * A UUIDv7 (RFC 9562): its first 48 bits are the milliseconds of its creation, so ids sort by age.
 */
struct batch_id {
    uint8_t bytes[16];
};

enum { BATCH_ID_TEXT_SIZE = sizeof "01234567-89ab-7def-8123-456789abcdef" };

/*
 * Makes ids that grow strictly, also within a millisecond and when the clock is set back: the
 * fields below the time are random, and the time never goes backwards. Zero it to start. One thread
 * at a time.
 */
struct batch_id_source {
    uint64_t last_ms;
    uint64_t sequence; /* rand_a and the top of rand_b, counted up within a millisecond */
    size_t unused;     /* random octets left, at the end */
    uint8_t random[256];
};

struct batch_id batch_id_next(struct batch_id_source *source, int64_t wall_ns);

/* Lower-case text with a NUL. Returns out. */
char *batch_id_format(char out[BATCH_ID_TEXT_SIZE], const struct batch_id *id);

/* Read an id in either case; false if the text is not a UUID. */
bool batch_id_parse(const char *text, struct batch_id *id);

/* <0, 0, >0 as a is older than, the same as or younger than b. */
int batch_id_compare(const struct batch_id *a, const struct batch_id *b);

/* The name of a batch's owner, with its NUL. */
enum { BATCH_OWNER_SIZE = 32 + 1 };

enum batch_status {
    BATCH_QUEUED,
    BATCH_RUNNING,
    BATCH_CANCELING,
    BATCH_COMPLETED,
    BATCH_CANCELED,
};
enum { BATCH_STATUSES = BATCH_CANCELED + 1 };

/* "queued", ... */
const char *batch_status_name(enum batch_status status);

/* The status of that name, or -1. */
int batch_status_parse(const char *name);

struct batch {
    struct batch_id id;
    char owner[BATCH_OWNER_SIZE]; /* "": nobody's */
    enum batch_status status;
    bool durable;       /* survives the death of every process */
    bool accepted;      /* the store has it for good: see store_commit() */
    int priority;       /* 0 .. 9, 9 the most urgent */
    int64_t ttl_s;      /* kept that long once ended */
    int64_t created_ns; /* these four on the wall clock; 0: not yet */
    int64_t started_ns;
    int64_t ended_ns;
    int64_t expires_ns;
    uint64_t total;            /* numbers */
    uint64_t counts[VERDICTS]; /* verdicts so far; pending is total less their sum */
    uint64_t prefix;           /* numbers 0 .. prefix-1 all have their verdicts */
    uint32_t chunk_count;
    uint64_t cost_ns;       /* estimated work that is left; see primality_cost_ns() */
    double compute_seconds; /* sum over the numbers */
};

/* Numbers that have a verdict. */
uint64_t batch_finished(const struct batch *batch);

/* Has every number its verdict? */
static inline bool batch_has_ended(const struct batch *batch)
{
    return batch->status == BATCH_COMPLETED || batch->status == BATCH_CANCELED;
}

/* Move to another status, stamping the times that go with it. */
void batch_enter(struct batch *batch, enum batch_status status);

/*
 * Add the verdicts and times of `count` numbers to the counts. True if no number is left without a
 * verdict: the batch is to enter batch_final_status().
 */
bool batch_count(struct batch *batch, const uint8_t *verdicts, const float *seconds,
                 uint32_t count);

/* How it ends once every number has its verdict. */
static inline enum batch_status batch_final_status(const struct batch *batch)
{
    return batch->status == BATCH_CANCELING ? BATCH_CANCELED : BATCH_COMPLETED;
}

#endif
