/*
 * intake_run - feeds a body to an intake and tells what came of it, in a text that tests compare.
 *
 *   ok 2 3 5 priority=9 ttl=60 metadata={}    members only where they differ from the default
 *   malformed byte 3: ...
 *   invalid #/1 1.5 is not an integer; #/2 null is not an integer (2)      (2): errors in total
 *   too large # ...
 *   refused 7                                                  7: the answer of the sink
 */
#ifndef TESTS_UNIT_INTAKE_RUN_H
#define TESTS_UNIT_INTAKE_RUN_H

#include "server/intake/intake.h"

struct intake_body {
    enum intake_format format;
    const char *bytes;
    size_t size;
    struct intake_limits limits; /* all zero: intake_run_limits */
    uint64_t refuse_after;       /* the sink refuses the chunk after so many; 0: none */
};

struct intake_outcome {
    char *text;        /* the caller's to free() */
    uint64_t checksum; /* over all chunks the sink took */
    uint64_t chunks;
};

extern const struct intake_limits intake_run_limits;

/* Where the next piece ends, given where it begins; context is the caller's. */
typedef size_t intake_cut(void *context, size_t begin, size_t size);

/* Feed the body cut by that function; whole where it is NULL. */
struct intake_outcome intake_run(const struct intake_body *body, intake_cut *cut, void *context);

/*
 * Feed it whole, byte by byte, and in two pieces in every way there is; fail the test where the
 * outcomes differ or the text is not `expected` (NULL: whatever it is). Returns the text.
 */
char *intake_run_all_cuts(const struct intake_body *body, const char *expected);

#endif
