/* negotiate_test - Accept headers and what they ask for. */
#include "server/http/negotiate.h"

#include <criterion/criterion.h>

TestSuite(negotiate, .timeout = 20);

enum { NONE = -1 };

static const struct {
    const char *accept;
    int format;
} table[] = {
    {NULL, RESULT_JSON},
    {"", RESULT_JSON},
    {"  ", RESULT_JSON},
    {"*/*", RESULT_JSON},
    {"application/json", RESULT_JSON},
    {"application/x-ndjson", RESULT_NDJSON},
    {"text/csv", RESULT_CSV},
    {"text/plain", RESULT_TEXT},
    {"application/octet-stream", RESULT_OCTETS},
    {"TEXT/CSV", RESULT_CSV},
    {"text/csv; charset=utf-8", RESULT_CSV},
    {"text/csv;header=present;q=0.5, text/plain;q=0.4", RESULT_CSV},
    {" text/csv , */*;q=0.1", RESULT_CSV},
    /* weights */
    {"text/csv;q=0.5, text/plain", RESULT_TEXT},
    {"text/csv;q=0.5, text/plain;q=0.6", RESULT_TEXT},
    {"text/csv;Q=0.5, text/plain;q=0.6", RESULT_TEXT},
    {"text/csv; q=0.7, text/plain; q=0.6", RESULT_CSV},
    {"text/csv ; q=0.2 , text/plain ; q=0.6", RESULT_TEXT},
    {"text/csv;q=0.001", RESULT_CSV},
    {"text/csv;q=1.000, application/json;q=0.999", RESULT_CSV},
    /* equals: JSON first, then in order */
    {"text/csv, application/json", RESULT_JSON},
    {"text/plain, text/csv", RESULT_CSV},
    {"text/*", RESULT_CSV},
    {"application/*", RESULT_JSON},
    {"*/*;q=0.1, text/*;q=0.2", RESULT_CSV},
    /* the most specific range decides */
    {"text/*;q=0.9, text/csv;q=0.1", RESULT_TEXT},
    {"text/csv;q=0.1, text/*;q=0.9", RESULT_TEXT},
    {"*/*, application/json;q=0", RESULT_NDJSON},
    {"*/*;q=0.5, application/json;q=0.4", RESULT_NDJSON},
    {"application/*;q=0, */*", RESULT_CSV},
    /* what a browser says */
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", RESULT_JSON},
    /* nothing of ours */
    {"image/png", NONE},
    {"application/jso", NONE},
    {"application/json5", NONE},
    {"text", NONE},
    {"application/json;q=0", NONE},
    {"*/*;q=0", NONE},
    {"*/*;q=0.000", NONE},
    /* odd, but no reason to fall over */
    {",,,text/csv,,", RESULT_CSV},
    {"text/csv;", RESULT_CSV},
    {"text/csv;;q=0.5", RESULT_CSV},
};

Test(negotiate, the_table)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int format = negotiate_format(table[i].accept);
        cr_expect_eq(format, table[i].format, "\"%s\": %d, not %d",
                     table[i].accept ? table[i].accept : "(none)", format, table[i].format);
    }
}

Test(negotiate, every_format_is_chosen_by_its_own_type)
{
    for (int i = 0; i < RESULT_FORMATS; i++)
        cr_expect_eq(negotiate_format(result_format_type((enum result_format)i)), i);
}
