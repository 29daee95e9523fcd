/*
 * expression - integers as people write them: 2^89-1, 10^18+9, 7!+1, (2^31-1)*(2^61-1), 1_000_007.
 *
 *     sum      = product { ("+" | "-") product }
 *     product  = unary { "*" unary }
 *     unary    = ("+" | "-") unary | power
 *     power    = postfix [ "^" unary ]          to the right first; -2^2 is -(2^2)
 *     postfix  = primary { "!" }
 *     primary  = digits | "(" sum ")"           digits may be parted by _ or blanks
 *
 * Exact, by GMP. Nothing larger than EXPRESSION_MAX_BITS is ever computed: a size is estimated
 * before it is worked out.
 */
#ifndef CLIENT_EXPRESSION_H
#define CLIENT_EXPRESSION_H

#include <stddef.h>

enum {
    EXPRESSION_MAX_BITS = 1 << 20, /* of each integer on the way, some 315,000 digits */
    EXPRESSION_ERROR_SIZE = 160,
};

/*
 * The value of text[0 .. length-1] in canonical decimal digits, terminated, the caller's to free();
 * or NULL with the reason in error, one sentence without a full stop.
 */
char *expression_evaluate(const char *text, size_t length, char error[EXPRESSION_ERROR_SIZE]);

#endif
