/*
 * decimal - decimal text to limbs and back.
 *
 * Text is ASCII digits without sign, blanks or terminating NUL, the most significant first. Limbs
 * are 64 bits, least significant first, as in common/chunk.h. No state: every function may be
 * called from any number of threads. Nothing here allocates, but GMP does for integers of
 * thousands of digits, and aborts the process where it gets no memory.
 */
#ifndef COMMON_DECIMAL_H
#define COMMON_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "common/chunk.h"

enum {
    DECIMAL_U64_MAX = 20, /* digits of 2^64-1 */
};

/* The limbs decimal_parse() needs room for, given that many digits; a little more than it fills. */
size_t decimal_limbs(size_t digits);

/*
 * Convert digits[0 .. count-1], all of '0' to '9', leading zeros allowed, count 0 meaning 0. Writes
 * limbs[0 .. decimal_limbs(count)-1] and returns how many of them are significant: the highest is
 * not zero; 0 for the number 0. The digits are used as scratch: their content is lost.
 */
size_t decimal_parse(uint64_t *limbs, char *digits, size_t count);

/*
 * Write the digits of number to out; returns how many. There must be room for DECIMAL_U64_MAX bytes
 * whatever the number: bytes behind the digits are written too.
 */
size_t decimal_u64(char *out, uint64_t number);

/* The bytes decimal_number() needs room for, the sign included, given a number of so many limbs. */
size_t decimal_number_size(size_t limb_count);

/*
 * Write number, after a '-' where it is negative, to out, with room for
 * decimal_number_size(number->limb_count) bytes; returns how many the text has. Bytes behind it may
 * be written too. The number may have as many limbs as fit a chunk. Needs 45 KiB of stack.
 */
size_t decimal_number(char *out, const struct number *number);

#endif
