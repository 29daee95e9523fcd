/* The cases of W3C Trace Context: what a traceparent is, and what is none. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "server/http/trace.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define ZEROS_16 "0000000000000000"

TestSuite(trace, .timeout = 20);

Test(trace, what_is_valid_has_its_id)
{
    static const char *const values[] = {
        "00-" ID "-" PARENT "-01",
        "00-" ID "-" PARENT "-00",
        "00-" ID "-" PARENT "-ff", /* flags to come */
        " \t00-" ID "-" PARENT "-01 \t ",
        "01-" ID "-" PARENT "-01", /* versions to come: as this one, */
        "cc-" ID "-" PARENT "-01-what-the-future-will-be-like",
        "fe-" ID "-" PARENT "-01-", /* and perhaps more behind a hyphen */
        "0f-" ID "-" PARENT "-01-\xc3\xa9",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct trace trace = {.id = "stale"};
        cr_expect(trace_parse(values[i], &trace), "%s", values[i]);
        cr_expect_str_eq(trace.id, ID, "%s", values[i]);
        struct log_field field = trace_field(&trace);
        cr_expect_str_eq(field.key, "trace_id");
        cr_expect_str_eq(field.string, ID);
    }
}

Test(trace, what_is_not_valid_is_of_no_trace)
{
    static const char *const values[] = {
        "",
        " ",
        "00",
        "00-" ID,
        "00-" ID "-" PARENT,
        "00-" ID "-" PARENT "-",
        "00-" ID "-" PARENT "-0",
        "00-" ID "-" PARENT "-01-", /* version 00 has nothing more */
        "00-" ID "-" PARENT "-01-more",
        "00-" ID "-" PARENT "-011",
        "01-" ID "-" PARENT "-011",
        "cc-" ID "-" PARENT "-01.more",
        "ff-" ID "-" PARENT "-01", /* never a version */
        "0-" ID "-" PARENT "-010",
        "000-" ID "-" PARENT "-01",
        "0x-" ID "-" PARENT "-01",
        ".0-" ID "-" PARENT "-01",
        "CC-" ID "-" PARENT "-01",
        "00-" ZEROS_16 ZEROS_16 "-" PARENT "-01",
        "00-" ID "-" ZEROS_16 "-01",
        "01-" ZEROS_16 ZEROS_16 "-" PARENT "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01",
        "00-" ID "-B7AD6B7169203331-01",
        "00-" ID "-" PARENT "-0A",
        "00-" ID "-" PARENT "-.0",
        "00-0af7651916cd43dd8448eb211c80319.-" PARENT "-01",
        "00-0af7651916cd43dd8448eb211c80319-" PARENT "-01x",
        "00-" ID "a-" PARENT "-01",
        "00-" ID "-b7ad6b716920333.-01",
        "00-" ID "-b7ad6b716920333-011",
        "00-" ID "-" PARENT "1-01",
        "00_" ID "-" PARENT "-01",
        "00-" ID "_" PARENT "-01",
        "00-" ID "-" PARENT "_01",
        "00-" ID "-" PARENT "-01,00-" ID "-" PARENT "-01", /* two of them, joined by a proxy */
        "00 -" ID "-" PARENT "-01",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct trace trace = {.id = "stale"};
        cr_expect_not(trace_parse(values[i], &trace), "%s", values[i]);
        cr_expect_str_empty(trace.id, "%s", values[i]);
        cr_expect_null(trace_field(&trace).key);
    }
}

Test(trace, no_piece_of_a_valid_one_is_valid)
{
    static const char whole[] = "00-" ID "-" PARENT "-01";
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        char *piece = strndup(whole, length);
        struct trace trace;
        cr_expect_not(trace_parse(piece, &trace), "%s", piece);
        free(piece);
    }
}
