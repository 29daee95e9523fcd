/*
 * intake - reads the body of a POST, piece by piece as it arrives, into chunks of integers.
 *
 * One reader for every format; the pieces may be cut anywhere, the outcome is the same for every
 * way of cutting. Memory is bounded by the limits, never by the length of the body. Integers may be
 * of any size up to max_digits, exactly, as JSON numbers or as strings of decimal digits.
 *
 *   INTAKE_JSON    {"numbers": [...], "priority": 0..9, "ttl": seconds, "metadata": {...}}, members
 *                  in any order, only "numbers" required; or a bare array of numbers (RFC 8259,
 *                  UTF-8). An element is a JSON number without fraction and exponent, or a string
 *                  of decimal digits, perhaps after a '-'; strings may have leading zeros
 *   INTAKE_LINES   NDJSON and plain text: one integer a line, bare or in double quotes; LF or
 *                  CRLF, blank lines and blanks around the integer ignored, leading zeros
 *                  allowed; the last line may lack its LF
 *   INTAKE_OCTETS  packed little-endian unsigned 64-bit integers
 *   INTAKE_SNIFF   JSON if the first byte that is not white space is '{' or '[', else lines: for
 *                  clients, like a bare `curl --data-binary @-`, that do not name the type
 *
 * An empty array and an empty text are a batch of no numbers; an empty body is no JSON. A UTF-8
 * byte order mark is refused.
 *
 * Everything but the integers themselves (the other members, elements that are no integers) is left
 * to jansson, in pieces of at most max_envelope bytes. The process calls intake_prepare() before its
 * threads start.
 *
 * An intake belongs to one thread at a time.
 */
#ifndef SERVER_INTAKE_INTAKE_H
#define SERVER_INTAKE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/chunk.h"

enum intake_format { INTAKE_JSON, INTAKE_LINES, INTAKE_OCTETS, INTAKE_SNIFF };

struct intake_limits {
    size_t max_digits; /* decimal digits of one integer, leading zeros not counted; 20 .. 100,000 */
    uint64_t max_numbers; /* integers in one body */
    size_t max_envelope;  /* bytes of JSON outside the integers (64 KiB is plenty); at least 64 */
};

enum intake_status {
    INTAKE_OK,
    INTAKE_MALFORMED, /* not of its format at all: 400; one error, its detail names the byte */
    INTAKE_INVALID,   /* well-formed, but not what the contract takes: 422; errors with pointers */
    INTAKE_TOO_LARGE, /* more than max_numbers or max_envelope: 413 */
    INTAKE_REFUSED,   /* the sink said no; its own answer is in intake_sink_result() */
    INTAKE_NO_MEMORY,
};

/*
 * One thing wrong with the body. pointer is a JSON pointer as a URI fragment ("#/numbers/17",
 * "#/17" for a bare array and for lines and octets, "#/priority", "#" for the whole and for a
 * member whose name is too long), or "" where it has no meaning (malformed). detail is a sentence
 * for a person; it names the byte offset (malformed) or the line (lines) or shows the offending
 * text, shortened, as printable ASCII.
 */
struct intake_error {
    char pointer[128];
    char detail[256];
};

enum { INTAKE_MAX_ERRORS = 10 }; /* errors kept; the rest is only counted */

/* The members beside "numbers"; the defaults where the body does not name them. */
struct intake_envelope {
    int priority;      /* 0 .. 9; INTAKE_PRIORITY_DEFAULT if not given */
    int64_t ttl;       /* seconds, 1 .. INTAKE_TTL_MAX; 0 if not given */
    char *metadata;    /* a JSON object as compact text, or NULL; owned by the intake */
    uint64_t received; /* integers handed to the sink */
};

enum { INTAKE_PRIORITY_DEFAULT = 5, INTAKE_TTL_MAX = 31536000 };

/*
 * Takes each full chunk, in order; the words are valid during the call only. Returns 0 to go on, or
 * anything else to stop the intake with INTAKE_REFUSED.
 */
typedef int intake_sink(void *context, const struct chunk *chunk);

struct intake;

/* Have jansson's hash seeded, and its want of memory known for what it is. Once a process. */
void intake_prepare(void);

/* A new intake, or NULL without memory. intake_free() it. */
struct intake *intake_new(enum intake_format format, const struct intake_limits *limits,
                          intake_sink *sink, void *context);

/*
 * Read the next `size` bytes. INTAKE_OK: go on. INTAKE_INVALID is only known for certain at the end
 * (the rest may turn out malformed), so feed answers it no earlier than intake_finish(); the others
 * are final: feeding more is harmless and answers the same.
 */
enum intake_status intake_feed(struct intake *intake, const char *bytes, size_t size);

/*
 * The body is complete: hand the last chunk to the sink and judge the whole. On INTAKE_OK the
 * envelope is filled in. Call once.
 */
enum intake_status intake_finish(struct intake *intake, struct intake_envelope *envelope);

/*
 * What is wrong, once a final status is known: errors[0 .. *kept-1], valid until intake_free();
 * *total >= *kept counts them all. None for INTAKE_REFUSED and INTAKE_NO_MEMORY.
 */
const struct intake_error *intake_errors(const struct intake *intake, size_t *kept,
                                         uint64_t *total);

/* Has something been wrong already, so that the body can become no batch? */
bool intake_is_bad(const struct intake *intake);

/* The format of the body: what INTAKE_SNIFF has found, or INTAKE_SNIFF where the body was blank. */
enum intake_format intake_format_found(const struct intake *intake);

/* What the sink answered last. */
int intake_sink_result(const struct intake *intake);

/* Free everything; NULL is harmless. */
void intake_free(struct intake *intake);

#endif
