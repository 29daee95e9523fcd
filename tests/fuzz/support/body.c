/* body - see body.h. */
#include "tests/fuzz/support/body.h"

#include <sanitizer/allocator_interface.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "tests/fuzz/support/fuzz.h"

enum { MEMORY_MAX = 128 * 1024, REPEATS = 8 };

const struct intake_limits body_limits = {
    .max_digits = 60, .max_numbers = 200, .max_envelope = 400};

enum cut { CUT_NOWHERE, CUT_EVERYWHERE, CUT_ANYWHERE };

static int take(void *context, const struct chunk *chunk)
{
    struct body_outcome *outcome = context;
    struct chunk_reader reader;
    struct number number;
    uint32_t count = 0;
    for (chunk_read(&reader, chunk); chunk_next(&reader, &number); count++) {
        char *place = text_reserve(&outcome->numbers, decimal_number_size(number.limb_count));
        outcome->numbers.length += decimal_number(place, &number);
        text_add(&outcome->numbers, "\n", 1);
    }
    text_add(&outcome->numbers, "\n", 1);
    fuzz_expect(count == chunk->count, "%u of %u numbers", count, chunk->count);
    return 0;
}

/* How long the next piece is. */
static size_t piece_size(enum cut cut, size_t left, uint64_t *random)
{
    if (cut == CUT_NOWHERE)
        return left;
    if (cut == CUT_EVERYWHERE)
        return 1;
    uint64_t number = fuzz_random(random);
    size_t most = (number & 1) ? 3 : left; /* mostly small ones, and big ones between them */
    size_t size = 1 + (size_t)(number >> 8) % most;
    return size < left ? size : left;
}

static enum intake_status feed(struct intake *intake, const uint8_t *bytes, size_t size,
                               enum cut cut)
{
    uint64_t random = fuzz_hash(bytes, size);
    enum intake_status status = INTAKE_OK;
    char *place = fuzz_copy(bytes, size);
    for (size_t begin = 0, length; begin < size; begin += length) {
        length = piece_size(cut, size - begin, &random);
        /* Each piece ends where the memory does, so that AddressSanitizer sees a byte too far. */
        char *piece = place + size - length;
        memcpy(piece, bytes + begin, length);
        enum intake_status now = intake_feed(intake, piece, length);
        fuzz_expect(status == INTAKE_OK || now == status, "%d became %d", status, now);
        status = now;
    }
    free(place);
    return status;
}

/* A NUL behind the text, which does not count it. */
static void text_terminate(struct text *text)
{
    char *end = text_reserve(text, 1);
    if (end)
        *end = '\0';
}

static void note_errors(struct body_outcome *outcome, const struct intake *intake)
{
    size_t kept;
    const struct intake_error *errors = intake_errors(intake, &kept, &outcome->error_count);
    fuzz_expect(kept <= INTAKE_MAX_ERRORS && kept <= outcome->error_count, "%zu kept", kept);
    for (size_t i = 0; i < kept; i++) {
        text_printf(&outcome->errors, "%s %s\n", errors[i].pointer, errors[i].detail);
        for (const char *c = errors[i].detail; *c; c++)
            fuzz_expect(*c >= 0x20 && *c <= 0x7e, "a detail with the byte %d", *c);
    }
    text_terminate(&outcome->errors);
    text_terminate(&outcome->numbers);
    bool tells = outcome->status == INTAKE_MALFORMED || outcome->status == INTAKE_INVALID ||
                 outcome->status == INTAKE_TOO_LARGE;
    fuzz_expect(tells == (kept > 0), "status %d with %zu errors", outcome->status, kept);
}

static struct body_outcome run(enum intake_format format, const uint8_t *bytes, size_t size,
                               enum cut cut)
{
    struct body_outcome outcome = {.format = format};
    struct intake_envelope envelope = {.priority = 0};
    struct intake *intake = intake_new(format, &body_limits, take, &outcome);
    enum intake_status status = feed(intake, bytes, size, cut);
    outcome.status = intake_finish(intake, &envelope);
    fuzz_expect(status == INTAKE_OK || status == outcome.status, "%d became %d at the end", status,
                outcome.status);
    outcome.format = intake_format_found(intake);
    note_errors(&outcome, intake);
    if (outcome.status == INTAKE_OK) {
        outcome.received = envelope.received;
        outcome.priority = envelope.priority;
        outcome.ttl = envelope.ttl;
        outcome.metadata = envelope.metadata ? strdup(envelope.metadata) : NULL;
    }
    intake_free(intake);
    return outcome;
}

static bool same_text(const struct text *a, const struct text *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static void expect_same(const struct body_outcome *whole, struct body_outcome cut)
{
    fuzz_expect(whole->status == cut.status, "%d whole, %d cut", whole->status, cut.status);
    fuzz_expect(same_text(&whole->errors, &cut.errors), "whole: %.*s cut: %.*s",
                (int)whole->errors.length, whole->errors.data, (int)cut.errors.length,
                cut.errors.data);
    fuzz_expect(whole->status != INTAKE_OK || same_text(&whole->numbers, &cut.numbers),
                "whole: %.*s cut: %.*s", (int)whole->numbers.length, whole->numbers.data,
                (int)cut.numbers.length, cut.numbers.data);
    fuzz_expect(
        whole->error_count == cut.error_count && whole->format == cut.format &&
            whole->received == cut.received && whole->priority == cut.priority &&
            whole->ttl == cut.ttl &&
            strcmp(whole->metadata ? whole->metadata : "", cut.metadata ? cut.metadata : "") == 0,
        "the envelope differs");
    body_free(&cut);
}

/* What a body of this, again and again, leaves the intake with. */
static void expect_bounded(enum intake_format format, const uint8_t *bytes, size_t size)
{
    struct body_outcome outcome = {.format = format};
    size_t before = __sanitizer_get_current_allocated_bytes();
    struct intake *intake = intake_new(format, &body_limits, take, &outcome);
    for (int i = 0; i < REPEATS; i++) {
        feed(intake, bytes, size, CUT_NOWHERE);
        size_t after = __sanitizer_get_current_allocated_bytes() - outcome.numbers.capacity;
        fuzz_expect(after < before + MEMORY_MAX, "%zu bytes", after - before);
    }
    intake_free(intake);
    body_free(&outcome);
}

/* The number behind a word of the text, which begins with it; SIZE_MAX if it does not. */
static size_t number_behind(const char *text, const char *word)
{
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 ? strtoull(text + length, NULL, 10) : SIZE_MAX;
}

/* A malformed body is so at a byte it has, or at its end. */
static void expect_offset_inside(const struct body_outcome *outcome, size_t size)
{
    if (outcome->status != INTAKE_MALFORMED)
        return;
    size_t offset = number_behind(outcome->errors.data, " byte ");
    fuzz_expect(offset <= size, "%s, of %zu bytes", outcome->errors.data, size);
}

struct body_outcome body_run(enum intake_format format, const uint8_t *bytes, size_t size)
{
    struct body_outcome whole = run(format, bytes, size, CUT_NOWHERE);
    expect_same(&whole, run(format, bytes, size, CUT_EVERYWHERE));
    expect_same(&whole, run(format, bytes, size, CUT_ANYWHERE));
    expect_bounded(format, bytes, size);
    expect_offset_inside(&whole, size);
    return whole;
}

void body_free(struct body_outcome *outcome)
{
    text_destroy(&outcome->numbers);
    text_destroy(&outcome->errors);
    free(outcome->metadata);
    outcome->metadata = NULL;
}
