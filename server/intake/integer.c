/* integer - the digits of one element, as they come, to an integer. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "server/intake/parts.h"

enum { WORD_DIGITS = 19 }; /* any that many digits are below 2^64 */

/* --- in one go -------------------------------------------------------------------------------- */

/* Eight bytes at p in one word, the first one lowest; a digit among them is its value. */
static inline uint64_t load_eight(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word) ^ 0x3030303030303030;
}

/* How many digits the word begins with, 0 .. 8. */
static inline unsigned count_digits(uint64_t word)
{
    /* The high bit of the lowest byte above 9 is set; bytes above that one may be wrong. */
    uint64_t others = ((word + 0x7676767676767676) | word) & 0x8080808080808080;
    return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

/* The value of a word that is all digits: pairs of digits, of pairs, of these. */
static inline uint64_t value_of_eight(uint64_t word)
{
    word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ff; /* the high half is less significant */
    word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffff;
    return (word * 10000 + (word >> 32)) & 0xffffffff;
}

/* The value of the first `count` digits of a word, 0 .. 7: zeros take the place of the rest. */
static inline uint64_t value_of(uint64_t word, unsigned count)
{
    return value_of_eight(word << (8 * (7 - count)) << 8);
}

/*
 * Where a group of eight is full, the next one is looked for at a constant distance: the processor,
 * guessing that branch right, need not know the length of one group to begin with the next.
 */
const char *integer_quick(const char *p, struct integer_quick *integer)
{
    static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    static const uint64_t power_8 = 100000000;

    integer->quoted = *p == '"';
    p += integer->quoted;
    integer->negative = *p == '-';
    p += integer->negative;

    const char *first = p;
    uint64_t word = load_eight(p);
    unsigned count = count_digits(word);
    if (count < 8) {
        integer->magnitude = value_of(word, count);
        p += count;
    } else {
        uint64_t high = value_of_eight(word);
        word = load_eight(p + 8);
        count = count_digits(word);
        if (count < 8) {
            integer->magnitude = high * power[count] + value_of(word, count);
            p += 8 + count;
        } else {
            high = high * power_8 + value_of_eight(word);
            word = load_eight(p + 16);
            count = count_digits(word);
            /* 21 digits and more overflow as well, or they begin with a zero. */
            if (count == 8 || __builtin_mul_overflow(high, power[count], &high) ||
                __builtin_add_overflow(high, value_of(word, count), &integer->magnitude))
                return NULL;
            p += 16 + count;
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
