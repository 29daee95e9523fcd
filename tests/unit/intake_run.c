/* intake_run - feeds a body to an intake and tells what came of it. */
#include "tests/unit/intake_run.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"

const struct intake_limits intake_run_limits = {
    .max_digits = 1000, .max_numbers = 1000000, .max_envelope = 4096};

/* What the sink keeps. */
struct taken {
    FILE *text;
    uint64_t checksum;
    uint64_t chunks;
    uint64_t numbers;
    uint64_t refuse_after;
};

static void mix(uint64_t *checksum, uint64_t word)
{
    *checksum = (*checksum ^ word) * 0x100000001b3;
    *checksum ^= *checksum >> 29;
}

static int take(void *context, const struct chunk *chunk)
{
    struct taken *taken = context;
    if (taken->refuse_after > 0 && taken->chunks == taken->refuse_after)
        return 7;
    taken->chunks++;
    taken->numbers += chunk->count;
    mix(&taken->checksum, chunk->kind);
    mix(&taken->checksum, chunk->count);
    mix(&taken->checksum, chunk->cost_ns);
    for (uint32_t i = 0; i < chunk->words; i++)
        mix(&taken->checksum, chunk->data[i]);

    struct chunk_reader reader;
    struct number number;
    uint32_t count = 0;
    for (chunk_read(&reader, chunk); chunk_next(&reader, &number); count++) {
        char *digits = malloc(decimal_number_size(number.limb_count));
        fprintf(taken->text, " %.*s", (int)decimal_number(digits, &number), digits);
        free(digits);
    }
    cr_assert_eq(count, chunk->count);
    return 0;
}

static void tell_errors(FILE *text, const struct intake *intake)
{
    size_t kept;
    uint64_t total;
    const struct intake_error *errors = intake_errors(intake, &kept, &total);
    cr_assert(kept <= INTAKE_MAX_ERRORS && total >= kept);
    for (size_t i = 0; i < kept; i++) {
        fprintf(text, "%s%s%s%s", i > 0 ? "; " : " ", errors[i].pointer,
                errors[i].pointer[0] ? " " : "", errors[i].detail);
        for (const char *c = errors[i].detail; *c; c++)
            cr_assert(*c >= 0x20 && *c <= 0x7e);
    }
    if (total > 1)
        fprintf(text, " (%" PRIu64 ")", total);
}

static void tell(FILE *text, enum intake_status status, const struct intake *intake,
                 const char *numbers, const struct intake_envelope *envelope)
{
    static const char *const names[] = {"ok", "malformed", "invalid", "too large", "refused"};
    cr_assert(status != INTAKE_NO_MEMORY);
    fputs(names[status], text);
    if (status == INTAKE_REFUSED)
        fprintf(text, " %d", intake_sink_result(intake));
    tell_errors(text, intake);
    if (status != INTAKE_OK)
        return;
    fputs(numbers, text);
    if (envelope->priority != INTAKE_PRIORITY_DEFAULT)
        fprintf(text, " priority=%d", envelope->priority);
    if (envelope->ttl != 0)
        fprintf(text, " ttl=%" PRId64, envelope->ttl);
    if (envelope->metadata)
        fprintf(text, " metadata=%s", envelope->metadata);
}

struct intake_outcome intake_run(const struct intake_body *body, intake_cut *cut, void *context)
{
    char *numbers, *text;
    size_t numbers_size, text_size;
    struct taken taken = {.text = open_memstream(&numbers, &numbers_size),
                          .refuse_after = body->refuse_after};
    struct intake *intake = intake_new(
        body->format, body->limits.max_digits ? &body->limits : &intake_run_limits, take, &taken);
    cr_assert_not_null(intake);

    enum intake_status status = INTAKE_OK;
    for (size_t begin = 0, end; begin < body->size; begin = end) {
        end = cut ? cut(context, begin, body->size) : body->size;
        /* A piece of exactly its size, so that AddressSanitizer sees a byte too far. */
        char *piece = malloc(end - begin);
        memcpy(piece, body->bytes + begin, end - begin);
        enum intake_status now = intake_feed(intake, piece, end - begin);
        free(piece);
        cr_assert(status == INTAKE_OK || now == status, "a final status is final");
        cr_assert_neq(now, INTAKE_INVALID);
        status = now;
    }
    struct intake_envelope envelope;
    enum intake_status last = intake_finish(intake, &envelope);
    cr_assert(status == INTAKE_OK || last == status);
    fclose(taken.text);
    if (last == INTAKE_OK)
        cr_assert_eq(envelope.received, taken.numbers);

    FILE *stream = open_memstream(&text, &text_size);
    tell(stream, last, intake, numbers, &envelope);
    fclose(stream);
    intake_free(intake);
    free(numbers);
    return (struct intake_outcome){
        .text = text, .checksum = taken.checksum, .chunks = taken.chunks};
}

static size_t every_byte(void *context, size_t begin, size_t size)
{
    (void)context, (void)size;
    return begin + 1;
}

static size_t in_two(void *context, size_t begin, size_t size)
{
    size_t at = *(size_t *)context;
    return begin < at ? at : size;
}

static void expect_same(const struct intake_body *body, const struct intake_outcome *whole,
                        struct intake_outcome cut, const char *how, size_t at)
{
    cr_expect(strcmp(whole->text, cut.text) == 0 && whole->checksum == cut.checksum &&
                  whole->chunks == cut.chunks,
              "%.*s\n  whole: %s\n  %s %zu: %s", (int)body->size, body->bytes, whole->text, how, at,
              cut.text);
    free(cut.text);
}

char *intake_run_all_cuts(const struct intake_body *body, const char *expected)
{
    struct intake_outcome whole = intake_run(body, NULL, NULL);
    if (expected)
        cr_expect_str_eq(whole.text, expected, "%.*s\n  expected: %s\n  outcome:  %s",
                         (int)body->size, body->bytes, expected, whole.text);
    expect_same(body, &whole, intake_run(body, every_byte, NULL), "byte by byte", 0);
    for (size_t at = 1; at < body->size; at++)
        expect_same(body, &whole, intake_run(body, in_two, &at), "cut at", at);
    return whole.text;
}
