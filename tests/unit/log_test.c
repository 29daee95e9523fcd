/* log_test - a line an event, as text and as JSON, whatever the values hold. */
#include "common/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

/* What log_write() sends to standard error. */
static const char *capture(enum log_format format, enum log_level level, const char *event,
                           const struct log_field *fields)
{
    static char text[2 * LOG_LINE_MAX];
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_set_format(format);
    log_write(level, event, fields);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t length = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    cr_assert_geq(length, 1);
    text[length] = '\0';
    return text;
}

/* The text of one event after its time. */
static const char *text_of(enum log_level level, const char *event, const struct log_field *fields)
{
    const char *line = capture(LOG_TEXT, level, event, fields);
    const size_t time = CLOCK_RFC3339_SIZE - 1;
    cr_assert_gt(strlen(line), time);
    cr_assert_eq(line[time - 1], 'Z');
    cr_assert_eq(line[time], ' ');
    return line + time + 1;
}

/* The JSON document of one event; the caller owns it. */
static json_t *json_of(enum log_level level, const char *event, const struct log_field *fields)
{
    const char *line = capture(LOG_JSON, level, event, fields);
    cr_assert_leq(strlen(line), LOG_LINE_MAX);
    cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1, "one line: %s", line);
    json_error_t error;
    json_t *document = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(document, "%s in %s", error.text, line);
    return document;
}

static const char *string_in(json_t *document, const char *key)
{
    return json_string_value(json_object_get(document, key));
}

Test(log, text)
{
    cr_assert_str_eq(text_of(LOG_INFO, "worker started",
                             log_fields(log_int("worker", 3), log_int("pid", INT64_MIN))),
                     "info    worker started worker=3 pid=-9223372036854775808\n");
    cr_assert_str_eq(text_of(LOG_WARNING, "slow", log_fields(log_seconds("took", 1.5))),
                     "warning slow took=1.500000\n");
    cr_assert_str_eq(text_of(LOG_ERROR, "failed", log_fields(log_str("why", "ENOSPC"))),
                     "error   failed why=ENOSPC\n");
}

Test(log, text_quotes_what_is_not_a_plain_word)
{
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"plain", "plain"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nbreak", "\"line\\u000abreak\""},
        {"\x1b[31m\x7f", "\"\\u001b[31m\\u007f\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[100];
        snprintf(expected, sizeof expected, "info    event value=%s\n", cases[i].written);
        cr_assert_str_eq(text_of(LOG_INFO, "event", log_fields(log_str("value", cases[i].value))),
                         expected);
    }
}

Test(log, json)
{
    json_t *document =
        json_of(LOG_WARNING, "worker \"3\" died",
                log_fields(log_int("pid", 4711), log_seconds("after", 0.25),
                           log_str("why", "tab\there, \"quote\", caf\xc3\xa9, \\ and \x01")));
    cr_assert_str_eq(string_in(document, "level"), "warning");
    cr_assert_str_eq(string_in(document, "event"), "worker \"3\" died");
    cr_assert_str_eq(string_in(document, "why"), "tab\there, \"quote\", caf\xc3\xa9, \\ and \x01");
    cr_assert_eq(json_integer_value(json_object_get(document, "pid")), 4711);
    cr_assert_eq(json_real_value(json_object_get(document, "after")), 0.25);
    cr_assert_eq(strlen(string_in(document, "time")), CLOCK_RFC3339_SIZE - 1);
    json_decref(document);
}

/* A string field of `length` bytes, all of them `fill` but for the tail. */
static const char *long_value(size_t length, char fill, const char *tail)
{
    static char value[2 * LOG_LINE_MAX];
    memset(value, fill, length);
    strcpy(value + length, tail);
    return value;
}

Test(log, what_is_not_utf8_becomes_replacement_characters)
{
    static const struct {
        const char *value;
        const char *logged;
    } values[] = {
        {"\xff", "\uFFFD"},
        {"a\x80z", "a\uFFFDz"},
        {"\xc0\xaf", "\uFFFD\uFFFD"},
        {"\xe0\x80\xaf", "\uFFFD\uFFFD\uFFFD"},
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"\xe2\x82", "\uFFFD\uFFFD"},
        {"\xe2\x82\xac \xf0\x9f\x98\x80", "\u20ac \U0001F600"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        json_t *document = json_of(LOG_INFO, "odd", log_fields(log_str("value", values[i].value)));
        cr_expect_str_eq(string_in(document, "value"), values[i].logged);
        json_decref(document);
    }
    cr_expect_str_eq(text_of(LOG_INFO, "odd", log_fields(log_str("value", "\xff"))),
                     "info    odd value=\"\\ufffd\"\n");
}

Test(log, a_long_json_line_is_cut_but_stays_json)
{
    /* Whatever stands where the line is full: a plain byte, an escape, a character of two bytes. */
    static const char *const tails[] = {"vvvvvvvv", "\"\"\"\"", "\x01\x01", "\xc3\xa9\xc3\xa9"};
    for (size_t t = 0; t < sizeof tails / sizeof *tails; t++)
        for (size_t length = LOG_LINE_MAX - 120; length < LOG_LINE_MAX; length++) {
            const char *value = long_value(length, 'v', tails[t]);
            json_t *document = json_of(LOG_INFO, "event",
                                       log_fields(log_int("first", 1), log_str("value", value),
                                                  log_int("last", 123456789)));
            const char *seen = string_in(document, "value");
            cr_assert_eq(json_integer_value(json_object_get(document, "first")), 1);
            cr_assert_geq(strlen(seen), LOG_LINE_MAX - 120);
            cr_assert_eq(strncmp(seen, value, strlen(seen)), 0);
            json_t *last = json_object_get(document, "last");
            cr_assert(!last || json_integer_value(last) == 123456789, "whole or not at all");
            json_decref(document);
        }
}

Test(log, fields_that_do_not_fit_are_left_out)
{
    const char *value = long_value(LOG_LINE_MAX, 'v', "");
    json_t *document = json_of(
        LOG_INFO, "event",
        log_fields(log_str("a", value), log_str("b", value), log_int("c", 1), log_seconds("d", 1)));
    cr_assert_eq(json_object_size(document), 4);
    json_decref(document);
}

Test(log, a_long_text_line_is_cut_and_ended)
{
    const char *value = long_value(LOG_LINE_MAX, 'v', "");
    const char *line = capture(LOG_TEXT, LOG_INFO, "event", log_fields(log_str("value", value)));
    cr_assert_leq(strlen(line), LOG_LINE_MAX);
    cr_assert_gt(strlen(line), LOG_LINE_MAX - 64);
    cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1);
}
