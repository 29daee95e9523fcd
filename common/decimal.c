/* decimal - decimal text to limbs and back. See decimal.h for the contract. */
#include "common/decimal.h"

#include <assert.h>
#include <endian.h>
#include <gmp.h>
#include <string.h>

static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "a limb is 64 bits");

size_t decimal_limbs(size_t digits)
{
    /* A limb holds any 19 digits; one more for those left over, and one that GMP asks for. */
    return digits / 19 + 2;
}

size_t decimal_parse(uint64_t *limbs, char *digits, size_t count)
{
    unsigned char *values = (unsigned char *)digits;
    size_t zeros = 0;
    while (zeros < count && digits[zeros] == '0')
        zeros++;
    if (zeros == count)
        return 0;
    for (size_t i = zeros; i < count; i++)
        values[i] = (unsigned char)(values[i] - '0');
    return (size_t)mpn_set_str(limbs, values + zeros, count - zeros, 10);
}

/*
 * The eight digits of number < 10^8, leading zeros included, as values in the bytes of a word, the
 * most significant lowest. The halves, then the quarters, then the digits are split in parallel:
 * x / 100 is x * 10486 >> 20 for all x < 10^4, x / 10 is x * 103 >> 10 for all x < 100.
 */
static uint64_t eight_digits(uint64_t number)
{
    uint64_t halves = number / 10000 | number % 10000 << 32;
    uint64_t upper = halves * 10486 >> 20 & 0x0000007f0000007f;
    uint64_t quarters = upper | (halves - 100 * upper) << 16;
    uint64_t tens = quarters * 103 >> 10 & 0x000f000f000f000f;
    return tens | (quarters - 10 * tens) << 8;
}

/* Write the text of eight digits but for the first `skipped`, and some bytes behind it. */
static char *write_digits(char *out, uint64_t digits, unsigned skipped)
{
    uint64_t text = htole64((digits | 0x3030303030303030) >> 8 * skipped);
    memcpy(out, &text, sizeof text);
    return out + 8 - skipped;
}

/* The same without leading zeros; 0 is one digit. */
static char *write_leading(char *out, uint64_t number)
{
    uint64_t digits = eight_digits(number);
    return write_digits(out, digits, digits ? (unsigned)__builtin_ctzll(digits) / 8 : 7);
}

size_t decimal_u64(char *out, uint64_t number)
{
    const uint64_t unit = 100000000; /* 10^8 */
    char *p = out;
    if (number < unit) {
        p = write_leading(p, number);
    } else if (number < unit * unit) {
        p = write_leading(p, number / unit);
        p = write_digits(p, eight_digits(number % unit), 0);
    } else {
        p = write_leading(p, number / (unit * unit));
        p = write_digits(p, eight_digits(number / unit % unit), 0);
        p = write_digits(p, eight_digits(number % unit), 0);
    }
    return (size_t)(p - out);
}

size_t decimal_number_size(size_t limb_count)
{
    /* A limb is less than 20 digits; the sign, and what is written behind the text. */
    return (limb_count + 1) * DECIMAL_U64_MAX + 1;
}

/*
 * The digits of a number of several limbs. Apart from the others, whose function would have to look
 * after so much stack each time (-fstack-clash-protection), which takes as long as its digits.
 */
__attribute__((noinline)) static size_t write_limbs(char *out, const uint64_t *limbs, size_t count)
{
    mp_limb_t scratch[CHUNK_MAX_WORDS]; /* mpn_get_str() destroys what it converts */
    assert(count <= CHUNK_MAX_WORDS);
    memcpy(scratch, limbs, count * sizeof *scratch);
    unsigned char *digits = (unsigned char *)out;
    size_t length = mpn_get_str(digits, 10, scratch, (mp_size_t)count);
    size_t zeros = 0;
    while (zeros + 1 < length && digits[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < length; i++)
        digits[i - zeros] = (unsigned char)(digits[i] + '0');
    return length - zeros;
}

size_t decimal_number(char *out, const struct number *number)
{
    char *pen = out;
    if (number->negative)
        *pen++ = '-';
    if (number->limb_count <= 1)
        pen += decimal_u64(pen, number->limb_count ? *number->limbs : 0);
    else
        pen += write_limbs(pen, number->limbs, number->limb_count);
    return (size_t)(pen - out);
}
