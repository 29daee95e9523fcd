/* The limits of intake, what it does at them, and the sink's refusal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/intake_run.h"

/* `before`, then `count` times `unit`, then `after`; the caller's to free(). */
static char *repeat(const char *before, size_t count, const char *unit, const char *after)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    fputs(before, stream);
    while (count-- > 0)
        fputs(unit, stream);
    fputs(after, stream);
    fclose(stream);
    return text;
}

/* The body in every cut against the limits 25 digits, 4 numbers, 64 bytes of envelope; frees it. */
static void check(enum intake_format format, char *bytes, const char *expected)
{
    struct intake_body body = {.format = format,
                               .bytes = bytes,
                               .size = strlen(bytes),
                               .limits = {.max_digits = 25, .max_numbers = 4, .max_envelope = 64}};
    free(intake_run_all_cuts(&body, expected));
    free(bytes);
}

Test(intake_limits, digits)
{
    static const char *const refusal =
        "invalid #/1 an integer of more than 25 digits, the most that are taken";
    check(INTAKE_JSON, repeat("[-", 25, "9", "]"), "ok -9999999999999999999999999");
    check(INTAKE_JSON, repeat("[1,", 26, "1", "]"), refusal);
    check(INTAKE_JSON, repeat("[1,-1", 1000, "0", ",2]"), refusal);
    check(INTAKE_JSON, repeat("[1,\"-", 26, "1", "\"]"), refusal);
    check(INTAKE_JSON, repeat("[1,\"", 25, "1", "\\u0031\"]"), refusal);
    check(INTAKE_JSON, repeat("[1,\"", 9, "\\u0031", "\"]"), "ok 1 111111111");
    check(INTAKE_JSON, repeat("[1,\"", 1000, "0", "7\"]"), "ok 1 7");
    check(INTAKE_LINES, repeat("", 1000, "0", "1234567890123456789012345"),
          "ok 1234567890123456789012345");
    check(INTAKE_LINES, repeat("1\n", 26, "1", ""), refusal);
    check(INTAKE_LINES, repeat("1\n", 1000, "1", "x"),
          "invalid #/1 line 2: 1111111111111111111111111111111111111111... is not an integer");
    check(INTAKE_JSON, repeat("[1,", 1000, "1", ".5]"),
          "invalid #/1 11111111111111111111111111.5 is not an integer");
    check(INTAKE_JSON, repeat("[1,", 1000, "1", "x]"),
          "malformed byte 1003: nothing more expected near 'x'");
}

Test(intake_limits, numbers)
{
    check(INTAKE_JSON, repeat("[1", 3, ",2", "]"), "ok 1 2 2 2");
    check(INTAKE_JSON, repeat("[1", 4, ",2", "]"), "too large # more than 4 numbers");
    check(INTAKE_JSON, repeat("[1", 20, ",2", "]"), "too large # more than 4 numbers");
    check(INTAKE_JSON, repeat("{\"numbers\":[1", 20, ",\"2\"", "]}"),
          "too large #/numbers more than 4 numbers");
    check(INTAKE_JSON, repeat("[1", 20, ",null", "]"), "too large # more than 4 numbers");
    check(INTAKE_LINES, repeat("", 4, "1\n", ""), "ok 1 1 1 1");
    check(INTAKE_LINES, repeat("", 5, "1\n", ""), "too large # more than 4 numbers");
    check(INTAKE_OCTETS, repeat("", 4, "\1\1\1\1\1\1\1\1", ""),
          "ok 72340172838076673 72340172838076673 72340172838076673 72340172838076673");
    check(INTAKE_OCTETS, repeat("", 5, "\1\1\1\1\1\1\1\1", ""), "too large # more than 4 numbers");
}

Test(intake_limits, envelope)
{
    static const char *const refusal = "too large # more than 64 bytes of JSON beside the numbers";
    check(INTAKE_JSON, repeat("{\"numbers\":[1,2,3],\"metadata\":{\"a\":\"", 30, "x", "\"}}"),
          "ok 1 2 3 metadata={\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}");
    check(INTAKE_JSON, repeat("{\"numbers\":[1,2,3],\"metadata\":{\"a\":\"", 31, "x", "\"}}"),
          refusal);
    check(INTAKE_JSON, repeat("{\"numbers\":[1,2,3],\"metadata\":{\"a\":\"", 500, "x", "\"}}"),
          refusal);
    check(INTAKE_JSON, repeat("{\"numbers\":[1,2,3]", 100, " ", "}"), refusal);
    check(INTAKE_JSON, repeat("", 100, "{\"a\":", ""), refusal);
}

Test(intake_limits, element)
{
    static const char *const refusal =
        "too large # number 0 has more than 64 bytes and is no plain integer";
    check(INTAKE_JSON, repeat("[\"", 62, "x", "\"]"),
          "invalid #/0 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... is not an integer");
    check(INTAKE_JSON, repeat("[\"", 63, "x", "\"]"), refusal);
    check(INTAKE_JSON, repeat("[\"", 62, "x", "\xc3\xa9\"]"), refusal);
    check(INTAKE_JSON, repeat("", 100, "[", ""), refusal);
    check(INTAKE_JSON, repeat("[1.", 100, "5", "]"), refusal);
}

Test(intake_limits, garbage_is_malformed_rather_than_large)
{
    check(INTAKE_JSON, repeat("hello", 100, " world", ""),
          "malformed byte 0: '{' or '[' expected near 'h'");
    check(INTAKE_JSON, repeat("nope", 100, " world", ""),
          "malformed byte 0: invalid token near 'nope'");
    check(INTAKE_JSON, repeat("x", 2000, "x", ""),
          "malformed byte 0: '{' or '[' expected near 'x'");
    check(INTAKE_JSON, repeat("{\"numbers\"", 100, "[1,2]", ""),
          "malformed byte 10: ':' expected near '['");
    check(INTAKE_JSON, repeat("[1]", 100, "[2]", ""),
          "malformed byte 3: nothing more expected near '['");
    check(INTAKE_JSON, repeat("[12 ,13", 100, " 14", ""),
          "malformed byte 8: ',' or ']' expected after number 1, near '1'");
    check(INTAKE_JSON, repeat("[1, tru", 100, " e", ""),
          "malformed byte 4: invalid token near 'tru'");
}

Test(intake_limits, nesting)
{
    struct intake_limits limits = {20, 10, 1000000};
    char *text = repeat("[", 100000, "[", "");
    memset(text + 50000, ']', 50000);
    struct intake_body body = {INTAKE_JSON, text, 100000, limits, 0};
    struct intake_outcome outcome = intake_run(&body, NULL, NULL);
    cr_expect_str_eq(outcome.text, "invalid #/0 an array is not an integer");
    free(outcome.text);
    free(text);
}

Test(intake_limits, a_name_that_is_too_long_for_a_pointer)
{
    struct intake_limits limits = {20, 10, 1000};
    char *text = repeat("{\"numbers\":[],\"", 50, "\xc3\xa9", "\":1}");
    struct intake_body body = {INTAKE_JSON, text, strlen(text), limits, 0};
    free(intake_run_all_cuts(
        &body, "invalid # no member of that name; there are numbers, priority, ttl and metadata"));
    free(text);
    text = repeat("{\"numbers\":[],\"", 120, "a", "\":1}");
    body = (struct intake_body){INTAKE_JSON, text, strlen(text), limits, 0};
    free(intake_run_all_cuts(&body, NULL));
    free(text);
}

/* --- the sink --------------------------------------------------------------------------------- */

Test(intake_sink, refuses)
{
    char *text = repeat("[1", 9999, ",2", "]");
    struct intake_body body = {INTAKE_JSON, text, strlen(text), {0}, 1};
    struct intake_outcome outcome = intake_run(&body, NULL, NULL);
    cr_expect_str_eq(outcome.text, "refused 7");
    cr_expect_eq(outcome.chunks, 1);
    free(outcome.text);
    free(text);
}

static int never(void *context, const struct chunk *chunk)
{
    (void)context, (void)chunk;
    return -3;
}

Test(intake_sink, refuses_the_last_chunk)
{
    struct intake *intake = intake_new(INTAKE_JSON, &intake_run_limits, never, NULL);
    struct intake_envelope envelope;
    size_t kept;
    uint64_t total;
    cr_expect_eq(intake_feed(intake, "[1]", 3), INTAKE_OK);
    cr_expect_eq(intake_finish(intake, &envelope), INTAKE_REFUSED);
    cr_expect_eq(intake_sink_result(intake), -3);
    intake_errors(intake, &kept, &total);
    cr_expect(kept == 0 && total == 0);
    intake_free(intake);
}

Test(intake_sink, gets_nothing_of_an_empty_batch)
{
    struct intake *intake = intake_new(INTAKE_JSON, &intake_run_limits, never, NULL);
    struct intake_envelope envelope;
    cr_expect_eq(intake_feed(intake, "[]", 2), INTAKE_OK);
    cr_expect_eq(intake_feed(intake, NULL, 0), INTAKE_OK);
    cr_expect_eq(intake_finish(intake, &envelope), INTAKE_OK);
    cr_expect_eq(envelope.received, 0);
    intake_free(intake);
    intake_free(NULL);
}

Test(intake_sink, gets_nothing_behind_an_error)
{
    char *text = repeat("[null", 9999, ",2", "]");
    struct intake_body body = {INTAKE_JSON, text, strlen(text), {0}, 0};
    struct intake_outcome outcome = intake_run(&body, NULL, NULL);
    cr_expect_str_eq(outcome.text, "invalid #/0 null is not an integer");
    cr_expect_eq(outcome.chunks, 0);
    free(outcome.text);
    free(text);
}
