/* integer - the digits of one element, as they come, to an integer. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "server/intake/parts.h"

enum { WORD_DIGITS = 19 }; /* any that many digits are below 2^64 */

/* --- in one go -------------------------------------------------------------------------------- */

/*
 * Convert the digits at p, at most eight: writes their value, returns how many. Eight bytes are
 * looked at in one word, the first one lowest.
 */
static unsigned up_to_eight(const char *p, uint64_t *value)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    word = le64toh(word) ^ 0x3030303030303030; /* a digit is now its value */

    /* The high bit of the lowest byte above 9 is set; bytes above that one may be wrong. */
    uint64_t others = ((word + 0x7676767676767676) | word) & 0x8080808080808080;
    unsigned count = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
    if (count == 0) {
        *value = 0;
        return 0;
    }
    word <<= 8 * (8 - count); /* zeros in front instead of what is no digit */

    /* Pairs of digits, of pairs, of these: the high half of each is the less significant. */
    word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ff;
    word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffff;
    *value = (word * 10000 + (word >> 32)) & 0xffffffff;
    return count;
}

const char *integer_quick(const char *p, struct integer_quick *integer)
{
    static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

    integer->quoted = *p == '"';
    p += integer->quoted;
    integer->negative = *p == '-';
    p += integer->negative;

    const char *first = p;
    uint64_t part;
    unsigned count = up_to_eight(p, &integer->magnitude);
    p += count;
    if (count == 8) {
        count = up_to_eight(p, &part);
        p += count;
        integer->magnitude = integer->magnitude * power[count] + part;
        if (count == 8) {
            count = up_to_eight(p, &part);
            p += count;
            /* 21 digits and more overflow as well, or they begin with a zero. */
            if (__builtin_mul_overflow(integer->magnitude, power[count], &integer->magnitude) ||
                __builtin_add_overflow(integer->magnitude, part, &integer->magnitude))
                return NULL;
        }
    }
    if (p == first || (*first == '0' && p - first > 1))
        return NULL;
    if (integer->quoted && *p++ != '"')
        return NULL;
    return p;
}

/* --- as they come ----------------------------------------------------------------------------- */

void integer_start(struct intake *intake)
{
    intake->integer.negative = false;
    intake->integer.zeros = 0;
    intake->integer.digits.length = 0;
}

bool integer_exists(const struct intake *intake)
{
    return intake->integer.zeros > 0 || intake->integer.digits.length > 0;
}

bool integer_minus(struct intake *intake)
{
    if (intake->integer.negative || integer_exists(intake))
        return false;
    intake->integer.negative = true;
    return true;
}

const char *integer_digits(struct intake *intake, const char *p, const char *end)
{
    struct integer *integer = &intake->integer;
    if (integer->digits.length == 0)
        for (; p < end && *p == '0'; p++)
            integer->zeros++;

    const char *first = p;
    while (p < end && integer_is_digit(*p))
        p++;
    size_t kept = (size_t)(p - first);
    size_t room = intake->limits.max_digits + 1 - integer->digits.length;
    if (kept > room)
        kept = room;
    if (!text_add(&integer->digits, first, kept))
        report_no_memory(intake);
    return p;
}

bool integer_spell(const struct intake *intake, struct text *text, size_t most)
{
    const struct integer *integer = &intake->integer;
    if (integer->negative && !text_add(text, "-", 1))
        return false;
    for (uint64_t i = 0; i < integer->zeros && i < REPORT_SHOWN; i++)
        if (!text_add(text, "0", 1))
            return false;
    size_t length = integer->digits.length < most ? integer->digits.length : most;
    return text_add(text, integer->digits.data, length);
}

/* Room for the limbs of that many digits; false without memory. */
static bool reserve_limbs(struct integer *integer, size_t digits)
{
    size_t needed = decimal_limbs(digits);
    if (needed <= integer->limb_capacity)
        return true;
    uint64_t *limbs = realloc(integer->limbs, needed * sizeof *limbs);
    if (!limbs)
        return false;
    integer->limbs = limbs;
    integer->limb_capacity = needed;
    return true;
}

void integer_accept(struct intake *intake)
{
    struct integer *integer = &intake->integer;
    const char *digits = integer->digits.data;
    size_t count = integer->digits.length;
    if (count > intake->limits.max_digits) {
        report_element(intake, "an integer of more than %zu digits, the most that are taken",
                       intake->limits.max_digits);
    } else if (count <= WORD_DIGITS) {
        uint64_t magnitude = 0;
        for (size_t i = 0; i < count; i++)
            magnitude = magnitude * 10 + (uint64_t)(digits[i] - '0');
        intake_accept_u64(intake, magnitude, integer->negative);
    } else if (!reserve_limbs(integer, count)) {
        report_no_memory(intake);
    } else {
        size_t limb_count = decimal_parse(integer->limbs, integer->digits.data, count);
        intake_accept(intake, integer->limbs, limb_count, integer->negative);
    }
}

void integer_free(struct integer *integer)
{
    text_destroy(&integer->digits);
    free(integer->limbs);
    *integer = (struct integer){0};
}
