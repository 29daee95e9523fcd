/* What people read: figures, the bar, near misses. */
#include "client/figures.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "client/cli.h"
#include "client/http.h"
#include "client/progress.h"

Test(figures, counts)
{
    char out[FIGURE_SIZE];
    cr_expect_str_eq(figure_count(out, 0), "0");
    cr_expect_str_eq(figure_count(out, 999), "999");
    cr_expect_str_eq(figure_count(out, 1000), "1,000");
    cr_expect_str_eq(figure_count(out, UINT64_MAX), "18,446,744,073,709,551,615");
}

Test(figures, rates)
{
    char out[FIGURE_SIZE];
    cr_expect_str_eq(figure_rate(out, 0), "0.0");
    cr_expect_str_eq(figure_rate(out, 3.14), "3.1");
    cr_expect_str_eq(figure_rate(out, 950), "950");
    cr_expect_str_eq(figure_rate(out, 1234), "1.23k");
    cr_expect_str_eq(figure_rate(out, 45678901), "45.7M");
    cr_expect_str_eq(figure_rate(out, 999999), "1.00M");
}

Test(figures, times)
{
    char out[FIGURE_SIZE];
    cr_expect_str_eq(figure_seconds(out, 1.1e-7), "110 ns");
    cr_expect_str_eq(figure_seconds(out, 2.5e-6), "2.50 us");
    cr_expect_str_eq(figure_seconds(out, 0.0123), "12.3 ms");
    cr_expect_str_eq(figure_seconds(out, 4.56), "4.56 s");
    cr_expect_str_eq(figure_seconds(out, 59.99), "1:00");
    cr_expect_str_eq(figure_seconds(out, 65), "1:05");
    cr_expect_str_eq(figure_seconds(out, 7384), "2:03:04");
    cr_expect_str_eq(figure_elapsed(out, 0.0000021), " 0.000002s");
    /* What only a service that lies would say. */
    cr_expect_str_eq(figure_seconds(out, 1.2e20), "277777777:46:40");
    cr_expect_str_eq(figure_seconds(out, 1e300), "277777777:46:40");
}

Test(figures, sizes)
{
    char out[FIGURE_SIZE];
    cr_expect_str_eq(figure_bytes(out, 512), "512 B");
    cr_expect_str_eq(figure_bytes(out, 1536), "1.5 KiB");
    cr_expect_str_eq(figure_bytes(out, 512.0 * 1024 * 1024), "512 MiB");
}

Test(figures, long_numbers_are_shortened_to_the_width)
{
    char out[64], digits[101];
    memset(digits, '1', 100);
    digits[0] = '9';
    digits[99] = '7';
    digits[100] = '\0';
    figure_shortened(out, digits, 24);
    cr_expect_str_eq(out, "91111111...1111117 (100)");
    cr_expect_str_eq(figure_shortened(out, "123", 16), "123");
    cr_expect_str_eq(figure_shortened(out, "1234567890123456", 16), "1234567890123456");
    cr_expect_eq(strlen(figure_shortened(out, "-12345678901234567", 16)), 16);
    cr_expect_not_null(strstr(out, "(17)"));
}

Test(figures, the_bar_fits_its_columns)
{
    char out[256];
    progress_bar(out, sizeof out, 30, false, 5, 10, " 50%");
    cr_expect_str_eq(out, "###########............   50%");
    progress_bar(out, sizeof out, 30, false, 10, 10, "100%");
    cr_expect_null(strchr(out, '.'));
    progress_bar(out, sizeof out, 12, false, 5, 10, "50%, and a long text");
    cr_expect_str_eq(out, "50%, and a ");
    progress_bar(out, sizeof out, 60, true, 0, 0, "");
    cr_expect_null(strstr(out, "░"));
}

Test(figures, near_misses)
{
    static const char *const names[] = {NULL, "submit", "wait", "get", "ls", "cancel", "rm", "top"};
    cr_expect_str_eq(cli_nearest("sumbit", names, 8), "submit");
    cr_expect_str_eq(cli_nearest("wiat", names, 8), "wait");
    cr_expect_str_eq(cli_nearest("cancle", names, 8), "cancel");
    cr_expect_str_eq(cli_nearest("sl", names, 8), "ls");
    cr_expect_null(cli_nearest("frobnicate", names, 8));
    cr_expect_null(cli_nearest("xyzzy", names, 8));
    cr_expect(cli_is_number("-7") && cli_is_number("(2^3)") && cli_is_number("97") &&
              !cli_is_number("submit") && !cli_is_number("-h") && !cli_is_number("-"));
}

Test(figures, pauses_double_to_five_seconds_and_half_of_each_is_chance)
{
    for (unsigned failures = 1; failures < 40; failures++) {
        double whole = fmin(0.1 * pow(2, failures - 1), 5) * 1e9;
        cr_expect_float_eq((double)http_backoff_ns(failures, 0), whole / 2, 1);
        cr_expect_leq((double)http_backoff_ns(failures, UINT64_MAX), whole);
    }
}
