/* decimal - decimal text to limbs and back. See decimal.h for the contract. */
#include "server/decimal.h"

#include <assert.h>
#include <gmp.h>
#include <string.h>

static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "a limb is 64 bits");

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

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

/* Write number < 10^8 as exactly eight digits. */
static void eight_digits(char *out, uint32_t number)
{
    uint32_t high = number / 10000;
    uint32_t low = number % 10000;
    memcpy(out, pairs + 2 * (high / 100), 2);
    memcpy(out + 2, pairs + 2 * (high % 100), 2);
    memcpy(out + 4, pairs + 2 * (low / 100), 2);
    memcpy(out + 6, pairs + 2 * (low % 100), 2);
}

/* Write number < 10^8 without leading zeros; returns how many digits. */
static size_t leading_digits(char *out, uint32_t number)
{
    char padded[8];
    eight_digits(padded, number);
    size_t zeros = 0;
    while (zeros < 7 && padded[zeros] == '0')
        zeros++;
    memcpy(out, padded + zeros, 8 - zeros);
    return 8 - zeros;
}

size_t decimal_u64(char *out, uint64_t number)
{
    const uint64_t unit = 100000000;
    if (number < unit)
        return leading_digits(out, (uint32_t)number);
    uint64_t upper = number / unit;
    size_t length = upper < unit ? leading_digits(out, (uint32_t)upper)
                                 : leading_digits(out, (uint32_t)(upper / unit));
    if (upper >= unit) {
        eight_digits(out + length, (uint32_t)(upper % unit));
        length += 8;
    }
    eight_digits(out + length, (uint32_t)(number % unit));
    return length + 8;
}

size_t decimal_number_size(size_t limb_count)
{
    /* A limb is less than 20 digits; a digit more that GMP asks for, and the sign. */
    return limb_count * 20 + 2;
}

size_t decimal_number(char *out, const struct number *number)
{
    char *start = out;
    if (number->negative)
        *out++ = '-';
    if (number->limb_count <= 1)
        return (size_t)(out - start) + decimal_u64(out, number->limb_count ? *number->limbs : 0);

    mp_limb_t scratch[CHUNK_MAX_WORDS]; /* mpn_get_str() destroys what it converts */
    assert(number->limb_count <= CHUNK_MAX_WORDS);
    memcpy(scratch, number->limbs, number->limb_count * sizeof *scratch);
    unsigned char *digits = (unsigned char *)out;
    size_t count = mpn_get_str(digits, 10, scratch, (mp_size_t)number->limb_count);
    size_t zeros = 0;
    while (zeros + 1 < count && digits[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < count; i++)
        digits[i - zeros] = (unsigned char)(digits[i] + '0');
    return (size_t)(out - start) + count - zeros;
}
