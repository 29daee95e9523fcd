/*
 * intake_lines - bodies of lines: one outcome for every way of cutting them, the same as that of
 * the plainest reader there could be; and a body that is sniffed is read as what it is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/support/body.h"
#include "tests/fuzz/support/fuzz.h"

/* What the plain reader makes of a body. */
struct reading {
    struct text numbers;
    uint64_t lines;
    uint64_t elements;    /* lines with something on them */
    uint64_t wrong;       /* those that are no integers */
    uint64_t first_wrong; /* the index of the first one, */
    uint64_t wrong_line;  /* and its line */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Is it an integer? Then it is added to the numbers. */
static bool take_integer(struct text *numbers, const char *p, const char *end)
{
    if (end - p >= 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }
    bool negative = p < end && *p == '-';
    p += negative;
    for (const char *c = p; c < end; c++)
        if (*c < '0' || *c > '9')
            return false;
    if (p == end)
        return false;
    while (p < end && *p == '0')
        p++;
    if ((size_t)(end - p) > body_limits.max_digits)
        return false;
    if (p == end)
        text_add(numbers, "0", 1);
    else
        text_printf(numbers, "%s%.*s", negative ? "-" : "", (int)(end - p), p);
    text_add(numbers, "\n", 1);
    return true;
}

static struct reading read_plainly(const char *p, const char *end)
{
    struct reading reading = {.lines = 0};
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *line_end = newline ? newline : end;
        const char *next = newline ? newline + 1 : end;
        reading.lines++;
        while (p < line_end && is_blank(*p))
            p++;
        while (p < line_end && is_blank(line_end[-1]))
            line_end--;
        if (p < line_end) {
            if (!take_integer(&reading.numbers, p, line_end) && reading.wrong++ == 0) {
                reading.first_wrong = reading.elements;
                reading.wrong_line = reading.lines;
            }
            reading.elements++;
        }
        p = next;
    }
    return reading;
}

static bool is_same(const struct text *numbers, const struct text *taken)
{
    size_t at = 0;
    for (size_t i = 0; i < taken->length; i++) {
        if (taken->data[i] == '\n' && (i == 0 || taken->data[i - 1] == '\n'))
            continue; /* the end of a chunk */
        if (at == numbers->length || numbers->data[at++] != taken->data[i])
            return false;
    }
    return at == numbers->length;
}

static void expect_as_read(const struct body_outcome *outcome, const struct reading *reading)
{
    fuzz_expect((outcome->status == INTAKE_OK) == (reading->wrong == 0), "status %d: %s",
                outcome->status, outcome->errors.data);
    fuzz_expect(outcome->error_count == reading->wrong, "%" PRIu64 " errors, not %" PRIu64,
                outcome->error_count, reading->wrong);
    if (reading->wrong == 0) {
        fuzz_expect(is_same(&reading->numbers, &outcome->numbers), "%s", outcome->numbers.data);
        return;
    }
    char pointer[64], line[64];
    snprintf(pointer, sizeof pointer, "#/%" PRIu64 " ", reading->first_wrong);
    snprintf(line, sizeof line, "line %" PRIu64 ":", reading->wrong_line);
    fuzz_expect(strncmp(outcome->errors.data, pointer, strlen(pointer)) == 0, "%s, not %s",
                outcome->errors.data, pointer);
    fuzz_expect(strstr(outcome->errors.data, line) || strstr(outcome->errors.data, "digits"),
                "%s, not in %s", outcome->errors.data, line);
}

/* The same as of a body that was declared to be what it looks like. */
static void sniff(const uint8_t *bytes, size_t size)
{
    struct body_outcome sniffed = body_run(INTAKE_SNIFF, bytes, size);
    size_t blank = 0;
    while (blank < size && strchr(" \t\r\n", (char)bytes[blank]) && bytes[blank])
        blank++;
    enum intake_format format = INTAKE_LINES;
    if (blank < size && (bytes[blank] == '{' || bytes[blank] == '['))
        format = INTAKE_JSON;
    struct body_outcome declared = body_run(format, bytes, size);
    fuzz_expect(sniffed.format == (blank == size ? INTAKE_SNIFF : format), "found %d",
                sniffed.format);
    fuzz_expect(sniffed.status == declared.status, "status %d, not %d", sniffed.status,
                declared.status);
    fuzz_expect(strcmp(sniffed.errors.data, declared.errors.data) == 0, "%s", sniffed.errors.data);
    fuzz_expect(declared.status != INTAKE_OK ||
                    strcmp(sniffed.numbers.data, declared.numbers.data) == 0,
                "%s", sniffed.numbers.data);
    body_free(&sniffed);
    body_free(&declared);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *text = (const char *)bytes;
    struct body_outcome outcome = body_run(INTAKE_LINES, bytes, size);
    struct reading reading = read_plainly(text, text + size);
    if (size >= 3 && memcmp(text, mark, 3) == 0)
        fuzz_expect(outcome.status == INTAKE_MALFORMED, "a byte order mark");
    else if (reading.elements > body_limits.max_numbers)
        fuzz_expect(outcome.status == INTAKE_TOO_LARGE, "status %d", outcome.status);
    else
        expect_as_read(&outcome, &reading);
    text_destroy(&reading.numbers);
    body_free(&outcome);
    sniff(bytes, size);
    return 0;
}
