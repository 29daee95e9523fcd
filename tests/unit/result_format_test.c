/* result_format_test - one result in every format. */
#include "server/http/result_format.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(result_format, .timeout = 20);

static const uint64_t limbs_97[] = {97};
static const uint64_t limbs_m127[] = {UINT64_MAX, UINT64_MAX >> 1};
static const struct number n_97 = {limbs_97, 1, false};
static const struct number n_m127 = {limbs_m127, 2, false};
static const struct number n_minus = {limbs_97, 1, true};
static const struct number n_zero = {NULL, 0, false};

/* The result as text; the caller's to free(). */
static char *format(enum result_format format, uint64_t index, const struct number *number,
                    enum verdict verdict, float seconds)
{
    struct text text = {.data = NULL};
    result_format_item(&text, format, index, number, verdict, seconds);
    text_add(&text, "", 1);
    cr_assert_not(text.failed);
    return text.data;
}

static void expect(enum result_format kind, uint64_t index, const struct number *number,
                   enum verdict verdict, float seconds, const char *expected)
{
    char *text = format(kind, index, number, verdict, seconds);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(result_format, json_and_ndjson)
{
    expect(RESULT_JSON, 0, &n_97, VERDICT_PRIME, 1.1e-7F,
           "{\"index\":0,\"n\":\"97\",\"prime\":true,\"certainty\":\"proven\","
           "\"elapsed\":1.10e-07}");
    expect(RESULT_NDJSON, 18446744073709551615U, &n_m127, VERDICT_PROBABLE_PRIME, 2.5F,
           "{\"index\":18446744073709551615,\"n\":\"170141183460469231731687303715884105727\","
           "\"prime\":true,\"certainty\":\"probable\",\"elapsed\":2.50e+00}\n");
    expect(RESULT_JSON, 7, &n_minus, VERDICT_COMPOSITE, 0,
           "{\"index\":7,\"n\":\"-97\",\"prime\":false,\"certainty\":\"proven\",\"elapsed\":0}");
    expect(RESULT_NDJSON, 1, &n_zero, VERDICT_TIMEOUT, 0,
           "{\"index\":1,\"n\":\"0\",\"prime\":null,\"error\":\"timeout\"}\n");
}

Test(result_format, csv)
{
    struct text text = {.data = NULL};
    result_format_begin(&text, RESULT_CSV);
    text_add(&text, "", 1);
    cr_expect_str_eq(text.data, "index,n,prime,certainty,elapsed\n");
    text_destroy(&text);
    expect(RESULT_CSV, 3, &n_97, VERDICT_PRIME, 1.1e-7F, "3,97,true,proven,1.10e-07\n");
    expect(RESULT_CSV, 3, &n_minus, VERDICT_COMPOSITE, 1.1e-7F, "3,-97,false,proven,1.10e-07\n");
    expect(RESULT_CSV, 3, &n_97, VERDICT_FAILED, 0, "3,97,,failed,\n");
    expect(RESULT_CSV, 3, &n_97, VERDICT_CANCELED, 0, "3,97,,canceled,\n");
}

Test(result_format, only_csv_begins_with_a_line)
{
    for (int i = 0; i < RESULT_FORMATS; i++) {
        struct text text = {.data = NULL};
        result_format_begin(&text, (enum result_format)i);
        cr_expect_eq(text.length > 0, i == RESULT_CSV);
        text_destroy(&text);
    }
}

Test(result_format, the_table_people_know)
{
    expect(RESULT_TEXT, 0, &n_97, VERDICT_PRIME, 1e-6F, "              97  P  0.000001s\n");
    expect(RESULT_TEXT, 0, &n_97, VERDICT_COMPOSITE, 0, "              97     0.000000s\n");
    expect(RESULT_TEXT, 0, &n_97, VERDICT_CANCELED, 0, "              97  ?  0.000000s\n");
    expect(RESULT_TEXT, 0, &n_minus, VERDICT_COMPOSITE, 12.25F, "             -97    12.250000s\n");
    expect(RESULT_TEXT, 0, &n_m127, VERDICT_PROBABLE_PRIME, 0,
           "170141183460469231731687303715884105727  P  0.000000s\n");
}

Test(result_format, octets_are_the_verdicts)
{
    for (int i = 0; i < VERDICTS; i++) {
        char *octet = format(RESULT_OCTETS, 0, &n_97, (enum verdict)i, 1);
        cr_expect_eq(octet[0], i);
        free(octet);
    }
}

/* --- seconds ---------------------------------------------------------------------------------- */

static char *seconds_text(float seconds)
{
    char *line = format(RESULT_CSV, 0, &n_97, VERDICT_PRIME, seconds);
    char *text = strdup(strrchr(line, ',') + 1);
    free(line);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

Test(result_format, seconds_have_three_right_digits)
{
    srand(1);
    for (int i = 0; i < 200000; i++) {
        float seconds = (float)exp((rand() / (double)RAND_MAX) * 50 - 32);
        char *text = seconds_text(seconds);
        char *end;
        double back = strtod(text, &end);
        cr_assert_eq(*end, '\0', "%s", text);
        cr_assert_leq(fabs(back - (double)seconds), 0.00501 * (double)seconds, "%.9g: %s",
                      (double)seconds, text);
        free(text);
    }
}

Test(result_format, seconds_at_the_edges_are_numbers_of_json)
{
    static const float edges[] = {0,         1e-45F,    1e-13F,  9.999e-13F, 1e-12F,
                                  9.994e-7F, 9.996e-7F, 0.9999F, 1,          9.995F,
                                  99999,     99999.9F,  1e5F,    3e38F};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        char *text = seconds_text(edges[i]);
        char *end;
        double back = strtod(text, &end);
        cr_expect_eq(*end, '\0', "%s", text);
        cr_expect_leq(fabs(back - (double)edges[i]), 0.00501 * (double)edges[i] + 1e-44, "%s",
                      text);
        cr_expect_eq(strspn(text, "0123456789.e+-"), strlen(text), "%s", text);
        free(text);
    }
}

Test(result_format, seconds_of_the_table_are_those_of_printf)
{
    srand(2);
    for (int i = 0; i < 200000; i++) {
        float seconds = (float)exp((rand() / (double)RAND_MAX) * 40 - 25);
        char *line = format(RESULT_TEXT, 0, &n_97, VERDICT_PRIME, seconds);
        char expected[64];
        snprintf(expected, sizeof expected, "              97  P %9.6fs\n", (double)seconds);
        cr_assert_str_eq(line, expected);
        free(line);
    }
}
