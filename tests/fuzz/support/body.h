/* body - feeds a body to the intake, cut in several ways, and tells what came of it. */
#ifndef TESTS_FUZZ_BODY_H
#define TESTS_FUZZ_BODY_H

#include "common/text.h"
#include "server/intake/intake.h"

/* Small, so that inputs of a few bytes reach them. */
extern const struct intake_limits body_limits;

/* What came of a body. */
struct body_outcome {
    enum intake_status status;
    enum intake_format format; /* as found */
    struct text numbers;       /* terminated: decimal digits and a LF each; one more ends a chunk */
    struct text errors;        /* terminated: those kept, "pointer detail" and a LF each */
    uint64_t error_count;      /* of all */
    uint64_t received;
    int priority; /* with INTAKE_OK, the members beside the numbers */
    int64_t ttl;
    char *metadata;
};

/*
 * Feed the body whole, byte by byte, and in random pieces; the outcome must be the same. Its errors
 * must be printable, and point into the body; the intake's memory must not depend on the length of
 * the body. body_free() the outcome.
 */
struct body_outcome body_run(enum intake_format format, const uint8_t *bytes, size_t size);

void body_free(struct body_outcome *outcome);

#endif
