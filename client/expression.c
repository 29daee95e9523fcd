/* expression - a recursive descent over the text. See expression.h for the grammar. */
#include "client/expression.h"

#include <gmp.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/terminal.h"

enum { DEPTH_MAX = 100 };

struct parser {
    const char *next;
    const char *end;
    int depth;
    char *error; /* "": none so far */
};

static bool fail(struct parser *parser, const char *reason)
{
    if (!*parser->error) {
        int left = (int)(parser->end - parser->next);
        snprintf(parser->error, EXPRESSION_ERROR_SIZE, "%s%s%.*s%s%s", reason,
                 left > 0 ? " at '" : " at its end", left < 24 ? left : 24, parser->next,
                 left > 24 ? "..." : "", left > 0 ? "'" : "");
    }
    return false;
}

static bool fail_by_size(struct parser *parser)
{
    if (!*parser->error)
        snprintf(parser->error, EXPRESSION_ERROR_SIZE, "it is too large: more than %d digits",
                 (int)(EXPRESSION_MAX_BITS * 0.30103));
    return false;
}

static void skip_blanks(struct parser *parser)
{
    while (parser->next < parser->end && (*parser->next == ' ' || *parser->next == '\t'))
        parser->next++;
}

/* Take that character, if it is the next but for blanks. */
static bool take(struct parser *parser, char c)
{
    skip_blanks(parser);
    if (parser->next == parser->end || *parser->next != c)
        return false;
    parser->next++;
    return true;
}

static bool is_digit(const char *c, const char *end)
{
    return c < end && *c >= '0' && *c <= '9';
}

static bool parse_sum(struct parser *parser, mpz_t value);
static bool parse_unary(struct parser *parser, mpz_t value);

/* Digits, with _ or blanks between them. */
static bool parse_digits(struct parser *parser, mpz_t value)
{
    size_t room = (size_t)(parser->end - parser->next);
    char *digits = malloc(room + 1);
    if (!digits)
        return fail(parser, "there is no memory");
    size_t count = 0;
    while (is_digit(parser->next, parser->end)) {
        digits[count++] = *parser->next++;
        const char *behind = parser->next;
        while (behind < parser->end && (*behind == '_' || *behind == ' '))
            behind++;
        if (is_digit(behind, parser->end))
            parser->next = behind;
    }
    digits[count] = '\0';
    bool fits = (double)count * 3.3219 < EXPRESSION_MAX_BITS;
    if (fits)
        mpz_set_str(value, digits, 10);
    free(digits);
    return fits || fail_by_size(parser);
}

static bool parse_primary(struct parser *parser, mpz_t value)
{
    skip_blanks(parser);
    if (is_digit(parser->next, parser->end))
        return parse_digits(parser, value);
    if (!take(parser, '('))
        return fail(parser,
                    parser->next == parser->end ? "a number is missing" : "this is not a number");
    if (!parse_sum(parser, value))
        return false;
    return take(parser, ')') || fail(parser, "a ) is missing");
}

static bool factorial(struct parser *parser, mpz_t value)
{
    if (mpz_sgn(value) < 0)
        return fail(parser, "there is no factorial of a negative number");
    /* lgamma() is the logarithm of what it will be. */
    if (!mpz_fits_uint_p(value) || lgamma(mpz_get_d(value) + 1) / log(2) > EXPRESSION_MAX_BITS)
        return fail_by_size(parser);
    mpz_fac_ui(value, mpz_get_ui(value));
    return true;
}

static bool parse_postfix(struct parser *parser, mpz_t value)
{
    if (!parse_primary(parser, value))
        return false;
    while (take(parser, '!'))
        if (!factorial(parser, value))
            return false;
    return true;
}

static bool raise_to(struct parser *parser, mpz_t base, const mpz_t exponent)
{
    if (mpz_sgn(exponent) < 0)
        return fail(parser, "the exponent is negative");
    if (mpz_cmpabs_ui(base, 1) <= 0) { /* any exponent will do; only its parity counts */
        mpz_pow_ui(base, base, mpz_sgn(exponent) == 0 ? 0 : 2 - (unsigned long)mpz_odd_p(exponent));
        return true;
    }
    /* The base has at least one bit less than sizeinbase says, so this may only be too strict by
     * its last bit. */
    if (!mpz_fits_uint_p(exponent) ||
        (double)(mpz_sizeinbase(base, 2) - 1) * mpz_get_d(exponent) >= EXPRESSION_MAX_BITS)
        return fail_by_size(parser);
    mpz_pow_ui(base, base, mpz_get_ui(exponent));
    return mpz_sizeinbase(base, 2) <= EXPRESSION_MAX_BITS || fail_by_size(parser);
}

static bool parse_power(struct parser *parser, mpz_t value)
{
    if (!parse_postfix(parser, value))
        return false;
    if (!take(parser, '^'))
        return true;
    mpz_t exponent;
    mpz_init(exponent);
    bool right = parse_unary(parser, exponent) && raise_to(parser, value, exponent);
    mpz_clear(exponent);
    return right;
}

static bool parse_unary(struct parser *parser, mpz_t value)
{
    if (++parser->depth > DEPTH_MAX)
        return fail(parser, "it is nested too deeply");
    bool right;
    if (take(parser, '-')) {
        right = parse_unary(parser, value);
        mpz_neg(value, value);
    } else if (take(parser, '+')) {
        right = parse_unary(parser, value);
    } else {
        right = parse_power(parser, value);
    }
    parser->depth--;
    return right;
}

static bool parse_product(struct parser *parser, mpz_t value)
{
    bool right = parse_unary(parser, value);
    mpz_t factor;
    mpz_init(factor);
    while (right && take(parser, '*')) {
        right = parse_unary(parser, factor);
        if (right && mpz_sizeinbase(value, 2) + mpz_sizeinbase(factor, 2) > EXPRESSION_MAX_BITS)
            right = fail_by_size(parser);
        if (right)
            mpz_mul(value, value, factor);
    }
    mpz_clear(factor);
    return right;
}

static bool parse_sum(struct parser *parser, mpz_t value)
{
    bool right = parse_product(parser, value);
    mpz_t term;
    mpz_init(term);
    for (;;) {
        bool minus = right && take(parser, '-');
        if (!right || (!minus && !take(parser, '+')))
            break;
        right = parse_product(parser, term);
        if (minus)
            mpz_sub(value, value, term);
        else
            mpz_add(value, value, term);
    }
    mpz_clear(term);
    return right;
}

char *expression_evaluate(const char *text, size_t length, char error[EXPRESSION_ERROR_SIZE])
{
    struct parser parser = {.next = text, .end = text + length, .error = error};
    char *digits = NULL;
    mpz_t value;
    mpz_init(value);
    *error = '\0';
    if (parse_sum(&parser, value)) {
        skip_blanks(&parser);
        if (parser.next < parser.end)
            fail(&parser, "it should end");
        else if ((digits = malloc(mpz_sizeinbase(value, 10) + 2)) != NULL)
            mpz_get_str(digits, 10, value);
        else
            fail(&parser, "there is no memory");
    }
    mpz_clear(value);
    terminal_tame(error); /* it quotes the text */
    return digits;
}
