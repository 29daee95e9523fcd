/* Expressions: what they are worth, what is refused, and that nothing too large is computed. */
#include "client/expression.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(expression, .timeout = 20);

static void expect_value(const char *text, const char *value)
{
    char error[EXPRESSION_ERROR_SIZE];
    char *digits = expression_evaluate(text, strlen(text), error);
    cr_expect_not_null(digits, "%s: %s", text, error);
    cr_expect_str_eq(digits ? digits : "", value, "%s = %s", text, digits);
    free(digits);
}

static void expect_error(const char *text, const char *part)
{
    char error[EXPRESSION_ERROR_SIZE];
    char *digits = expression_evaluate(text, strlen(text), error);
    cr_expect_null(digits, "%s = %s", text, digits);
    cr_expect_not_null(strstr(error, part), "%s: '%s' lacks '%s'", text, error, part);
    free(digits);
}

Test(expression, values)
{
    static const char *const values[][2] = {
        {"97", "97"},
        {"000", "0"},
        {"-0", "0"},
        {"-7", "-7"},
        {"1_000_000_007", "1000000007"},
        {"1 000 000 007", "1000000007"},
        {"2^89-1", "618970019642690137449562111"},
        {"10^18+9", "1000000000000000009"},
        {" 10 ^ 18 + 9 ", "1000000000000000009"},
        {"7!+1", "5041"},
        {"3!!", "720"},
        {"0!", "1"},
        {"2^3^2", "512"},
        {"-2^2", "-4"},
        {"(-2)^2", "4"},
        {"2*3+4*5", "26"},
        {"2*-3", "-6"},
        {"1-2-3", "-4"},
        {"--5", "5"},
        {"((2))", "2"},
        {"(2^31-1)*(2^61-1)", "4951760154835678088235319297"},
        {"0^0", "1"},
        {"(-1)^1000000000000000000001", "-1"},
        {"1^(10^30)", "1"},
        {"18446744073709551616", "18446744073709551616"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_value(values[i][0], values[i][1]);
}

Test(expression, mistakes_are_named)
{
    expect_error("", "a number is missing");
    expect_error("2^", "a number is missing at its end");
    expect_error("2^^3", "at '^3'");
    expect_error("1.5", "it should end at '.5'");
    expect_error("1e3", "at 'e3'");
    expect_error("0x1f", "at 'x1f'");
    expect_error("(2", "a ) is missing");
    expect_error("2)", "it should end at ')'");
    expect_error("2^-1", "the exponent is negative");
    expect_error("(-3)!", "factorial of a negative");
    expect_error("12_", "it should end at '_'");
    expect_error("97 prime", "at 'prime'");
}

Test(expression, nothing_too_large_is_computed)
{
    expect_error("10^10^10", "too large");
    expect_error("2^1048576", "too large");
    expect_error("3^1000000", "too large");
    expect_error("1000000!", "too large");
    expect_error("99999999999999999999!", "too large");
    expect_error("(2^600000)*(2^600000)", "too large");
    expect_error("9^9^9^9", "too large");

    char deep[1000];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    expect_error(deep, "nested too deeply");
    memset(deep, '-', sizeof deep - 1);
    expect_error(deep, "nested too deeply");
}

Test(expression, a_number_of_a_hundred_thousand_digits)
{
    enum { DIGITS = 100000 };
    char *text = malloc(DIGITS + 1);
    memset(text, '7', DIGITS);
    text[DIGITS] = '\0';
    expect_value(text, text);
    free(text);
}
