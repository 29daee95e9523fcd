/* Random bodies: large ones cut at random, and small damaged ones judged by jansson as well. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/intake_run.h"

static uint32_t below(uint64_t *state, uint32_t limit)
{
    *state = *state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)((*state >> 33) % limit);
}

/* --- large bodies ----------------------------------------------------------------------------- */

enum style { PLAIN, QUOTED, STYLES };

/* Write an integer to the body, in some style, and as it is to be read to the expected text. */
static void write_integer(uint64_t *random, FILE *body, FILE *expected, enum style style)
{
    char digits[128];
    size_t length = 1 + below(random, below(random, 10) ? 24 : 100);
    digits[0] = (char)('1' + below(random, 9));
    for (size_t i = 1; i < length; i++)
        digits[i] = (char)('0' + below(random, 10));
    digits[length] = '\0';
    if (below(random, 20) == 0)
        strcpy(digits, "0");
    const char *sign = below(random, 20) == 0 ? "-" : "";
    const char *quote = style == QUOTED ? "\"" : "";
    const char *zeros = style == QUOTED && below(random, 10) == 0 ? "00" : "";
    fprintf(body, "%s%s%s%s%s", quote, sign, zeros, digits, quote);
    fprintf(expected, " %s%s", strcmp(digits, "0") == 0 ? "" : sign, digits);
}

/* What may stand around an integer. */
static void write_blank(uint64_t *random, FILE *body, const char *blanks)
{
    while (below(random, 8) == 0)
        fputc(blanks[below(random, (uint32_t)strlen(blanks))], body);
}

struct random_body {
    char *bytes, *expected;
    size_t size;
};

static struct random_body random_body(uint64_t *random, enum intake_format format, size_t count)
{
    struct random_body made;
    size_t expected_size;
    FILE *body = open_memstream(&made.bytes, &made.size);
    FILE *expected = open_memstream(&made.expected, &expected_size);
    bool json = format == INTAKE_JSON;
    fputs(json ? "{\"metadata\":{\"numbers\":[1]},\"numbers\":[" : "", body);
    fputs("ok", expected);
    for (size_t i = 0; i < count; i++) {
        write_blank(random, body, json ? " \t\r\n" : " \t\r");
        write_integer(random, body, expected, (enum style)below(random, STYLES));
        write_blank(random, body, json ? " \t\r\n" : " \t\r");
        if (!json)
            fputs(below(random, 4) ? "\n" : "\r\n\n", body);
        else if (i + 1 < count)
            fputc(',', body);
    }
    fputs(json ? "],\"ttl\":7}" : "", body);
    fputs(json ? " ttl=7 metadata={\"numbers\":[1]}" : "", expected);
    fclose(body);
    fclose(expected);
    return made;
}

struct random_cut {
    uint64_t random;
    uint32_t longest;
};

static size_t at_random(void *context, size_t begin, size_t size)
{
    struct random_cut *cut = context;
    size_t end = begin + 1 + below(&cut->random, cut->longest);
    return end < size ? end : size;
}

static void check_large(enum intake_format format)
{
    uint64_t random = 20;
    struct random_body made = random_body(&random, format, 20000);
    struct intake_body body = {format, made.bytes, made.size, {0}, 0};
    struct intake_outcome whole = intake_run(&body, NULL, NULL);
    cr_assert(strcmp(whole.text, made.expected) == 0);
    static const uint32_t longest[] = {2, 7, 30, 40, 100, 4000, 50000};
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        struct random_cut cut = {.random = i, .longest = longest[i]};
        struct intake_outcome outcome = intake_run(&body, at_random, &cut);
        cr_expect(strcmp(outcome.text, whole.text) == 0);
        cr_expect_eq(outcome.checksum, whole.checksum);
        cr_expect_eq(outcome.chunks, whole.chunks);
        free(outcome.text);
    }
    free(whole.text);
    free(made.bytes);
    free(made.expected);
}

Test(intake_random, json)
{
    check_large(INTAKE_JSON);
}

Test(intake_random, lines)
{
    check_large(INTAKE_LINES);
}

/* --- against jansson -------------------------------------------------------------------------- */

/* What the intake must make of an element: its digits to `numbers`, or an error. */
static void judge_element(const json_t *element, FILE *numbers, uint64_t *errors)
{
    if (json_is_integer(element)) {
        fprintf(numbers, " %" JSON_INTEGER_FORMAT, json_integer_value(element));
        return;
    }
    const char *text = json_is_string(element) ? json_string_value(element) : "";
    const char *digits = text + (*text == '-');
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || digits + length != text + json_string_length(element)) {
        ++*errors;
        return;
    }
    digits += strspn(digits, "0");
    fprintf(numbers, " %s%s", *digits && *text == '-' ? "-" : "", *digits ? digits : "0");
}

static bool is_between(const json_t *value, json_int_t least, json_int_t most)
{
    return json_is_integer(value) && json_integer_value(value) >= least &&
           json_integer_value(value) <= most;
}

/* How many members are wrong; the array of numbers, if there is one, to *array. */
static uint64_t judge_members(json_t *object, json_t **array)
{
    uint64_t errors = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "numbers") == 0)
            errors += !json_is_array(value);
        else if (strcmp(name, "priority") == 0)
            errors += !is_between(value, 0, 9);
        else if (strcmp(name, "ttl") == 0)
            errors += !is_between(value, 1, INTAKE_TTL_MAX);
        else
            errors += strcmp(name, "metadata") != 0 || !json_is_object(value);
    }
    *array = json_object_get(object, "numbers");
    errors += !*array;
    if (!json_is_array(*array))
        *array = NULL;
    return errors;
}

/* Judge a document, and compare what the intake said. */
static void compare(json_t *document, const struct intake_body *body, const char *outcome)
{
    char *numbers;
    size_t size;
    FILE *stream = open_memstream(&numbers, &size);
    fputs("ok", stream);
    json_t *array = json_is_array(document) ? document : NULL;
    uint64_t errors = 0;
    if (json_is_object(document))
        errors = judge_members(document, &array);
    else
        errors = !array;
    size_t index;
    json_t *element;
    json_array_foreach(array, index, element) judge_element(element, stream, &errors);
    fclose(stream);

    if (errors == 0) {
        cr_expect(strncmp(outcome, numbers, size) == 0, "%.*s\n  %s", (int)body->size, body->bytes,
                  outcome);
    } else {
        char total[32] = "";
        if (errors > 1)
            snprintf(total, sizeof total, "(%" PRIu64 ")", errors);
        cr_expect(strncmp(outcome, "invalid ", 8) == 0 && strstr(outcome, total), "%.*s\n  %s",
                  (int)body->size, body->bytes, outcome);
    }
    free(numbers);
}

/* Damage a good document in a few places. */
static size_t damage(uint64_t *random, char *out, const char *document)
{
    static const char *const pieces[] = {
        "[",    "]", "{",    "}",    ",",        ":",           "\"", "\\", "u0031",
        "e",    "1", "0",    "-",    ".",        "+",           " ",  "\n", "null",
        "true", "7", "\x01", "\xc3", "\xc3\xa9", "\"numbers\"", "[1]"};
    size_t size = strlen(document);
    memcpy(out, document, size);
    for (uint32_t times = below(random, 4); times > 0; times--) {
        size_t at = below(random, (uint32_t)size + 1);
        size_t removed = below(random, 3);
        if (removed > size - at)
            removed = size - at;
        const char *piece = pieces[below(random, sizeof pieces / sizeof *pieces)];
        size_t added = below(random, 3) ? strlen(piece) : 0;
        memmove(out + at + added, out + at + removed, size - at - removed);
        memcpy(out + at, piece, added);
        size = size - removed + added;
    }
    return size;
}

/* True where jansson can tell what the body is. */
static bool check_damaged(const struct intake_body *body, uint64_t *random)
{
    struct intake_outcome whole = intake_run(body, NULL, NULL);
    struct random_cut cut = {.random = *random, .longest = 12};
    struct intake_outcome pieces = intake_run(body, at_random, &cut);
    cr_expect(strcmp(whole.text, pieces.text) == 0 && whole.checksum == pieces.checksum,
              "%.*s\n  %s\n  %s", (int)body->size, body->bytes, whole.text, pieces.text);

    json_error_t error;
    json_t *document = json_loadb(
        body->bytes, body->size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool knows = document || json_error_code(&error) != json_error_numeric_overflow;
    if (document)
        compare(document, body, whole.text);
    else if (knows)
        cr_expect(strncmp(whole.text, "malformed", 9) == 0, "%.*s\n  %s\n  jansson: %s",
                  (int)body->size, body->bytes, whole.text, error.text);
    json_decref(document);
    free(whole.text);
    free(pieces.text);
    return knows;
}

Test(intake_random, agrees_with_jansson)
{
    static const char *const documents[] = {
        "[]",
        "[1, 22, 333]",
        "[\"1\",\"\\u0032\",\"-0\",\"003\"]",
        "[1.5, null, true, [1, [2]], {\"a\": [1]}]",
        "[12, 345, -6789, 0, 10, 1234567890, 987654321, 55, 66, 77, 88, 99]",
        "{\"numbers\": [1, 2, 3]}",
        "{\"priority\": 1, \"numbers\": [7], \"ttl\": 10}",
        "{\"metadata\": {\"numbers\": [1], \"a\": \"]}\"}, \"numbers\": [7, \"8\"]}",
        "{\"\\u006eumbers\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],\"ttl\":1}",
    };
    uint64_t random = 7;
    size_t known = 0;
    enum { ROUNDS = 60000 };
    for (int i = 0; i < ROUNDS; i++) {
        char bytes[256];
        size_t size =
            damage(&random, bytes, documents[below(&random, sizeof documents / sizeof *documents)]);
        struct intake_body body = {INTAKE_JSON, bytes, size, {0}, 0};
        known += check_damaged(&body, &random);
    }
    cr_expect(known > ROUNDS * 9 / 10);
}

/* Anything at all, in any format, must come to the same end however it is cut. */
Test(intake_random, noise)
{
    static const char alphabet[] = "0123456789999-+\"\n\r ,,x{[]}:\\\0\xff";
    uint64_t random = 9;
    for (int i = 0; i < 30000; i++) {
        char bytes[64];
        size_t size = below(&random, sizeof bytes);
        for (size_t at = 0; at < size; at++)
            bytes[at] = alphabet[below(&random, sizeof alphabet - 1)];
        struct intake_body body = {
            (enum intake_format)(i % 4), bytes, size, {.max_digits = 20, 8, 64}, 0};
        struct intake_outcome whole = intake_run(&body, NULL, NULL);
        struct random_cut cut = {.random = random, .longest = 6};
        struct intake_outcome pieces = intake_run(&body, at_random, &cut);
        cr_expect(strcmp(whole.text, pieces.text) == 0 && whole.checksum == pieces.checksum,
                  "%.*s\n  %s\n  %s", (int)size, bytes, whole.text, pieces.text);
        free(whole.text);
        free(pieces.text);
    }
}
