/* Text bodies, packed bodies, and bodies that do not say what they are. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/intake_run.h"

struct example {
    const char *bytes;
    size_t size;
    const char *expected;
};

static void check(enum intake_format format, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct intake_body body = {
            .format = format, .bytes = examples[i].bytes, .size = examples[i].size};
        free(intake_run_all_cuts(&body, examples[i].expected));
    }
}

#define BODY(text) text, sizeof(text) - 1
#define CHECK(format, ...)                               \
    check(format, (const struct example[]){__VA_ARGS__}, \
          sizeof((const struct example[]){__VA_ARGS__}) / sizeof(struct example))

Test(intake_lines, integers)
{
    CHECK(INTAKE_LINES, {BODY(""), "ok"}, {BODY("\n\r\n \t\n"), "ok"}, {BODY("7"), "ok 7"},
          {BODY("7\n"), "ok 7"}, {BODY("2\n3\r\n\n 5 \t\r\n\"7\"\n \"-11\" "), "ok 2 3 5 7 -11"},
          {BODY("007\n-0\n000\n\"0012\"\n-1\n"), "ok 7 0 0 12 -1"},
          {BODY("9999999999999999999\n10000000000000000000\n18446744073709551615\r\n"
                "18446744073709551616\n99999999999999999999\n100000000000000000000\n"),
           "ok 9999999999999999999 10000000000000000000 18446744073709551615 "
           "18446744073709551616 99999999999999999999 100000000000000000000"},
          {BODY("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n"),
           "ok 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"});
}

Test(intake_lines, lines_that_are_no_integers)
{
    CHECK(INTAKE_LINES, {BODY("x"), "invalid #/0 line 1: x is not an integer"},
          {BODY("2\n\n1.5\n3\n1e3\n"), "invalid #/1 line 3: 1.5 is not an integer; #/3 line 5: "
                                       "1e3: write the integer in full (2)"},
          {BODY(" +5 \r\n"), "invalid #/0 line 1: +5: write the integer without a plus sign"},
          {BODY("-\n"), "invalid #/0 line 1: - is not an integer"},
          {BODY("--5\n"), "invalid #/0 line 1: --5 is not an integer"},
          {BODY("0x1F\n"), "invalid #/0 line 1: 0x1F is not decimal"},
          {BODY("12 13\n"),
           "invalid #/0 line 1: 12 13: write one integer, its digits without separators"},
          {BODY("1,2\n"),
           "invalid #/0 line 1: 1,2: write one integer, its digits without separators"},
          {BODY("12  x\n"), "invalid #/0 line 1: 12  x is not an integer"},
          {BODY("\"12\n13"), "invalid #/0 line 1: \"12 is not an integer"},
          {BODY("12\"\n"), "invalid #/0 line 1: 12\" is not an integer"},
          {BODY("\"\"\n"), "invalid #/0 line 1: \"\" is not an integer"},
          {BODY("\"1\"2\n"), "invalid #/0 line 1: \"1\"2 is not an integer"},
          {BODY("\" 1\"\n"), "invalid #/0 line 1: \" 1\" is not an integer"},
          {BODY("{\"n\":1}\n2\n"),
           "invalid #/0 line 1: {\"n\":1} is JSON, where one integer a line is expected"},
          {BODY("[1]"), "invalid #/0 line 1: [1] is JSON, where one integer a line is expected"},
          {BODY("1\0002\n"), "invalid #/0 line 1: 1\\x002 is not an integer"},
          {BODY("\xff\xfe\n"), "invalid #/0 line 1: \\xff\\xfe is not an integer"},
          {BODY("1\r2\r3"), "invalid #/0 line 1: 1\\x0d2\\x0d3 is not an integer"},
          {BODY("x23456789012345678901234567890123456789012345678901234567890\n"),
           "invalid #/0 line 1: x234567890123456789012345678901234567890... is not an integer"},
          {BODY("1\n\xef\xbb\xbf"
                "2\n"),
           "invalid #/1 line 2: \\xef\\xbb\\xbf2 is not an integer"},
          {BODY("\xef\xbb\xbf"
                "2\n"),
           "malformed byte 0: a UTF-8 byte order mark; send the text without it"});
}

Test(intake_lines, no_more_than_ten_errors_are_kept)
{
    char *text;
    struct intake_body body = {
        .format = INTAKE_LINES, .bytes = "a\nb\nc\nd\n1\ne\nf\ng\nh\ni\nj\nk\nl\n", .size = 26};
    text = intake_run_all_cuts(&body, NULL);
    cr_expect(strstr(text, "#/10 line 11: j is not an integer (12)"), "%s", text);
    free(text);
}

Test(intake_octets, integers)
{
    CHECK(INTAKE_OCTETS, {BODY(""), "ok"},
          {BODY("\2\0\0\0\0\0\0\0"
                "\xff\xff\xff\xff\xff\xff\xff\xff"
                "\1\2\0\0\0\0\0\0"
                "\0\0\0\0\0\0\0\0"),
           "ok 2 18446744073709551615 513 0"},
          {BODY("\xef\xbb\xbf\0\0\0\0\0"), "ok 12565487"});
}

Test(intake_octets, ends_inside_a_number)
{
    CHECK(INTAKE_OCTETS,
          {BODY("1"), "malformed byte 1: the body ends inside number 0, with 1 of its 8 bytes"},
          {BODY("12345678abc"),
           "malformed byte 11: the body ends inside number 1, with 3 of its 8 bytes"});
}

Test(intake_sniff, finds_the_format)
{
    CHECK(INTAKE_SNIFF, {BODY(""), "ok"}, {BODY(" \n\t\r\n"), "ok"}, {BODY("2\n3"), "ok 2 3"},
          {BODY("\"2\"\n3"), "ok 2 3"}, {BODY(" \n[2,\n3]"), "ok 2 3"},
          {BODY("\n{\"numbers\":[2],\"ttl\":9}"), "ok 2 ttl=9"},
          {BODY("\n\n2\nx"), "invalid #/1 line 4: x is not an integer"},
          {BODY("\n\n[2,}"), "malformed byte 5: number 1 expected near '}'"},
          {BODY("\n\n{]"), "malformed byte 3: string or '}' expected near ']'"},
          {BODY("\xef\xbb\xbf[1]"),
           "malformed byte 0: a UTF-8 byte order mark; send the text without it"});
}
