/*
 * parts - what the files of intake share; nothing outside server/intake includes this.
 *
 *   intake.c       the public calls, and handing accepted integers to the sink
 *   body_json.c    finds the elements of the array in a JSON body
 *   body_lines.c   the elements of a text body
 *   body_octets.c  the integers of a packed body
 *   integer.c      the digits of one element, as they come, to an integer
 *   element.c      judges an element of JSON that is no plain integer
 *   envelope.c     the JSON around the array: its members and their values
 *   document.c     jansson, and its errors in our terms
 *   report.c       words for what is wrong
 *
 * A body goes through the functions of its format, piece by piece: body_*_feed(intake, p, end)
 * reads all of [p, end) unless intake->status becomes final, body_*_finish() ends it. These are
 * state machines that go by the byte, so a piece may end anywhere; each has a fast path for the
 * integers that lie inside one piece.
 */
#ifndef SERVER_INTAKE_PARTS_H
#define SERVER_INTAKE_PARTS_H

#include <stdbool.h>

#include "common/text.h"
#include "server/intake/intake.h"

enum { REPORT_SHOWN = 40 }; /* bytes of a client's text that are shown */

/* --- integer.c: digits to integers ------------------------------------------------------------ */

/* The element being read, as long as it is a sign and digits. */
struct integer {
    bool negative;
    uint64_t zeros;     /* leading zeros, which are not kept */
    struct text digits; /* the others; no more than max_digits + 1 of them, the rest is dropped */
    uint64_t *limbs;
    size_t limb_capacity;
};

/* An integer read in one go. */
struct integer_quick {
    uint64_t magnitude;
    bool negative;
    bool quoted;
};

enum { INTEGER_QUICK_BYTES = 32 }; /* how many integer_quick() may look at, with some to spare */

/*
 * Read an integer below 2^64 without leading zeros, perhaps negative, perhaps in double quotes,
 * from p, where INTEGER_QUICK_BYTES can be read. Returns where it ends, or NULL for anything else.
 */
const char *integer_quick(const char *p, struct integer_quick *integer);

/* A new element begins. */
void integer_start(struct intake *intake);

/* Take the sign; false where it may not stand. */
bool integer_minus(struct intake *intake);

/* Take the digits at p; returns where they end. */
const char *integer_digits(struct intake *intake, const char *p, const char *end);

/* Has it a digit? */
bool integer_exists(const struct intake *intake);

/*
 * Append it to text as it was written, but for some of very many leading zeros and for digits
 * beyond `most`; false without memory.
 */
bool integer_spell(const struct intake *intake, struct text *text, size_t most);

/* The element is complete and this integer is it: accept it, or report that it is too long. */
void integer_accept(struct intake *intake);

void integer_free(struct integer *integer);

static inline bool integer_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- document.c: jansson ---------------------------------------------------------------------- */

enum document_status {
    DOCUMENT_OK,
    DOCUMENT_UNFINISHED, /* the text ends too early */
    DOCUMENT_MALFORMED,
    DOCUMENT_BEYOND, /* nothing wrong so far, but then a number or a nesting jansson cannot hold */
    DOCUMENT_NO_MEMORY,
};

struct document_fault {
    size_t position; /* index in the text of what is wrong, or its length */
    char reason[160];
};

struct json_t; /* jansson's own */

/*
 * Parse text, any JSON value, with jansson's flags in addition to the usual ones; *value is the
 * caller's to json_decref() on DOCUMENT_OK.
 */
enum document_status document_parse(const struct text *text, size_t flags, struct json_t **value,
                                    struct document_fault *fault);

/* Is that beginning of a text malformed already, whatever follows? */
bool document_is_garbage(const struct text *text, struct document_fault *fault);

/* --- envelope.c ------------------------------------------------------------------------------- */

/* The body without the elements of its array. */
struct envelope {
    struct text text;
    uint64_t start;    /* offset in the body of the first byte */
    size_t gap_at;     /* index in text behind the '[' of the array */
    uint64_t gap_size; /* bytes of the body left out there */
};

/* Add a byte; reports a body whose envelope is too large. */
void envelope_add(struct intake *intake, char byte);

/* Is the string at text[start ..], in its quotes, the member name "numbers"? */
bool envelope_names_numbers(const struct envelope *envelope, size_t start);

/* The body is complete: parse the envelope, take its members, report what is wrong with them. */
void envelope_finish(struct intake *intake);

/* --- element.c -------------------------------------------------------------------------------- */

/* Add the byte at p to the text of the element; reports one that is too large. */
void element_add(struct intake *intake, const char *p);

/* The text is complete: accept or report the element. */
void element_judge(struct intake *intake);

/* --- the formats ------------------------------------------------------------------------------ */

/* What follows the structure of JSON: how deep, and whether in a string. */
struct nesting {
    size_t depth;
    bool in_string, escaped;
};

struct body_json {
    enum {
        JSON_AT_START, /* nothing but white space so far */
        JSON_OUTSIDE,  /* in the envelope */
        JSON_BEFORE_FIRST,
        JSON_BEFORE_ELEMENT,
        JSON_AFTER_ELEMENT,
        JSON_IN_NUMBER,
        JSON_IN_STRING, /* one that looks like an integer so far */
        JSON_IN_ODD,    /* in an element that is no plain integer; it goes to intake->odd */
    } place;
    enum { KEY_OTHER, KEY_NUMBERS, KEY_NUMBERS_COLON } key; /* what was last read outside */
    bool has_array;                                         /* the array of numbers was met */
    uint64_t array_offset;                                  /* of its first byte */
    uint64_t element_offset;                                /* of the first byte of the element */
    uint64_t odd_offset;        /* what to add to an index in intake->odd for that of the body */
    size_t string_start;        /* index in the envelope of the last string */
    struct nesting nesting;     /* of the envelope */
    struct nesting odd_nesting; /* in an odd element */
    struct envelope envelope;
};

struct body_lines {
    enum {
        LINE_AT_START,
        LINE_IN_INTEGER,
        LINE_AT_END, /* behind the integer */
        LINE_BAD,
    } place;
    bool quoted;
    uint64_t number;              /* of the line, from 0 */
    size_t length;                /* of what is kept of the line */
    char shown[REPORT_SHOWN + 1]; /* its beginning */
};

struct body_octets {
    unsigned char bytes[8]; /* of an integer that began in an earlier piece */
    size_t count;
};

/* White space of JSON; lines have the same, less the newline. */
static inline bool body_json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

void body_json_feed(struct intake *intake, const char *p, const char *end);
void body_json_finish(struct intake *intake);
void body_lines_feed(struct intake *intake, const char *p, const char *end);
void body_lines_finish(struct intake *intake);
void body_octets_feed(struct intake *intake, const char *p, const char *end);
void body_octets_finish(struct intake *intake);

/* --- intake.c --------------------------------------------------------------------------------- */

struct intake {
    enum intake_format format;
    enum intake_status status; /* INTAKE_OK as long as the body may go on */
    struct intake_limits limits;

    const char *piece;     /* the piece being read */
    uint64_t piece_offset; /* of its first byte in the body */
    size_t mark_length;    /* how much of a byte order mark the body began with */

    const char *array_pointer; /* "#" or "#/numbers": an element's pointer without its index */
    uint64_t index;            /* of the element being read */
    struct integer integer;    /* that element, while it looks like an integer */
    struct text odd;           /* that element, when it is no plain integer */
    struct body_json json;
    struct body_lines lines;
    struct body_octets octets;

    intake_sink *sink;
    void *context;
    int sink_result;
    struct chunk_builder builder;
    struct intake_envelope envelope; /* what the body said */

    struct intake_error errors[INTAKE_MAX_ERRORS];
    size_t kept;
    uint64_t total;
};

/* The offset in the body of a byte of the present piece. */
static inline uint64_t intake_offset(const struct intake *intake, const char *p)
{
    return intake->piece_offset + (uint64_t)(p - intake->piece);
}

/* The element is this integer: hand it on, unless something was wrong before. */
void intake_accept_u64(struct intake *intake, uint64_t magnitude, bool negative);
void intake_accept(struct intake *intake, const uint64_t *limbs, size_t limb_count, bool negative);

/* One element more; false, and reported, where that is one too many. */
bool intake_count_element(struct intake *intake);

/* --- many integers at once: straight into the chunk ------------------------------------------- */

/*
 * A run of elements that are integers below 2^64, between intake_begin_run() and intake_end_run();
 * until then intake->index does not count them.
 */
struct intake_run {
    uint64_t *words; /* room in the chunk */
    uint32_t room;   /* for so many */
    uint32_t count;  /* written */
};

/* There may be no room, for a while or for good; the integers are then accepted one by one. */
struct intake_run intake_begin_run(struct intake *intake);
void intake_end_run(struct intake *intake, struct intake_run *run);

/* The next element is an integer for which the run has no room: accept it. It may change the status. */
void intake_exceed_run(struct intake *intake, struct intake_run *run, uint64_t magnitude,
                       bool negative);

/* The next element is this one. */
static inline void intake_run_on(struct intake *intake, struct intake_run *run,
                                 const struct integer_quick *integer)
{
    if (run->count < run->room && !integer->negative)
        run->words[run->count++] = integer->magnitude;
    else
        intake_exceed_run(intake, run, integer->magnitude, integer->negative);
}

/* --- report.c: what is wrong ------------------------------------------------------------------ */

#define REPORT_FORMAT(at, arguments) __attribute__((format(printf, at, arguments)))

/* Text of a client, shortened, as printable ASCII. */
struct report_shown {
    char text[4 * REPORT_SHOWN + sizeof "..."];
};
struct report_shown report_shown(const char *bytes, size_t size);

/* Final: not of its format, at that offset of the body. */
void report_malformed(struct intake *intake, uint64_t offset, const char *format, ...)
    REPORT_FORMAT(3, 4);

/* Final: beyond a limit. */
void report_too_large(struct intake *intake, const char *pointer, const char *format, ...)
    REPORT_FORMAT(3, 4);

/* Final: no memory, or the sink said no. */
void report_no_memory(struct intake *intake);
void report_refused(struct intake *intake);

/* One thing that is not what the contract takes; the rest of the body is still checked. */
void report_invalid(struct intake *intake, const char *pointer, const char *format, ...)
    REPORT_FORMAT(3, 4);

/* The same for the element being read, which is done with. */
void report_element(struct intake *intake, const char *format, ...) REPORT_FORMAT(2, 3);

/* A member of the envelope is wrong: as report_invalid() with the pointer to it. */
void report_member(struct intake *intake, const char *name, const char *format, ...)
    REPORT_FORMAT(3, 4);

/*
 * Report that the element is no integer: `where` ("" or "line 3: "), its text, shortened, and why.
 */
void report_no_integer(struct intake *intake, const char *where, const char *text, size_t size);

#endif
