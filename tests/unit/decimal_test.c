/* Decimal text to limbs and back. */
#include "common/decimal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_u64(uint64_t number)
{
    char expected[32], digits[DECIMAL_U64_MAX + 1];
    memset(digits, '#', sizeof digits);
    int length = snprintf(expected, sizeof expected, "%" PRIu64, number);
    cr_assert_eq(decimal_u64(digits, number), (size_t)length, "%s", expected);
    cr_assert_eq(memcmp(digits, expected, (size_t)length), 0, "%s", expected);
    cr_assert_eq(digits[DECIMAL_U64_MAX], '#');
}

Test(decimal, u64_at_every_length)
{
    expect_u64(0);
    expect_u64(UINT64_MAX);
    for (uint64_t power = 1;; power *= 10) {
        expect_u64(power);
        expect_u64(power - 1);
        expect_u64(power + 1);
        expect_u64(power / 3 * 7);
        if (power == 10000000000000000000U)
            break;
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        expect_u64((uint64_t)1 << bit);
        expect_u64(((uint64_t)1 << bit) - 1);
    }
}

Test(decimal, u64_at_random)
{
    uint64_t state = 88172645463325252;
    for (int i = 0; i < 200000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        expect_u64(state >> (i % 64));
    }
}

/* Parse the digits, which lie in memory that ends with them, and compare the limbs. */
static void expect_parse(const char *digits, size_t count, const uint64_t *expected)
{
    size_t length = strlen(digits);
    char *scratch = malloc(length + 1);
    memcpy(scratch, digits, length);
    uint64_t *limbs = malloc(decimal_limbs(length) * sizeof *limbs);
    cr_assert_eq(decimal_parse(limbs, scratch, length), count, "%s", digits);
    cr_assert(memcmp(limbs, expected, count * sizeof *limbs) == 0, "%s", digits);
    free(limbs);
    free(scratch);
}

Test(decimal, parse)
{
    expect_parse("", 0, (uint64_t[]){0});
    expect_parse("0", 0, (uint64_t[]){0});
    expect_parse("0000000000000000000000000", 0, (uint64_t[]){0});
    expect_parse("7", 1, (uint64_t[]){7});
    expect_parse("00000000000000000000000007", 1, (uint64_t[]){7});
    expect_parse("18446744073709551615", 1, (uint64_t[]){UINT64_MAX});
    expect_parse("18446744073709551616", 2, (uint64_t[]){0, 1});
    expect_parse("340282366920938463463374607431768211455", 2,
                 (uint64_t[]){UINT64_MAX, UINT64_MAX});
    expect_parse("340282366920938463463374607431768211456", 3, (uint64_t[]){0, 0, 1});
}

static void expect_text(struct number number, const char *expected)
{
    size_t size = decimal_number_size(number.limb_count);
    char *text = malloc(size);
    size_t length = decimal_number(text, &number);
    cr_assert(length <= size && length == strlen(expected) && !memcmp(text, expected, length),
              "%.*s is not %s", (int)length, text, expected);
    free(text);
}

Test(decimal, number)
{
    expect_text((struct number){0}, "0");
    expect_text((struct number){.limbs = (uint64_t[]){7}, .limb_count = 1}, "7");
    expect_text((struct number){.limbs = (uint64_t[]){7}, .limb_count = 1, .negative = true}, "-7");
    expect_text((struct number){(uint64_t[]){UINT64_MAX}, 1, true}, "-18446744073709551615");
    expect_text((struct number){(uint64_t[]){0, 1}, 2, false}, "18446744073709551616");
    expect_text((struct number){(uint64_t[]){UINT64_MAX, UINT64_MAX}, 2, true},
                "-340282366920938463463374607431768211455");
}

/* There and back at every length up to some, at the first and the last number of that length. */
Test(decimal, there_and_back)
{
    enum { LONGEST = 1500 };
    char text[LONGEST + 1], scratch[LONGEST];
    uint64_t *limbs = malloc(decimal_limbs(LONGEST) * sizeof *limbs);
    for (size_t length = 1; length <= LONGEST; length++) {
        for (char first = '1'; first <= '9'; first = (char)(first + 8)) {
            memset(text, first == '1' ? '0' : '9', length);
            text[0] = first;
            text[length] = '\0';
            memcpy(scratch, text, length);
            size_t count = decimal_parse(limbs, scratch, length);
            cr_assert(count <= decimal_limbs(length) && limbs[count - 1] != 0);
            expect_text((struct number){.limbs = limbs, .limb_count = count}, text);
        }
    }
    free(limbs);
}

Test(decimal, as_large_as_a_chunk_takes)
{
    enum { DIGITS = 100000 };
    char *text = malloc(DIGITS + 1), *scratch = malloc(DIGITS);
    memset(text, '9', DIGITS);
    text[DIGITS] = '\0';
    memcpy(scratch, text, DIGITS);
    uint64_t *limbs = malloc(decimal_limbs(DIGITS) * sizeof *limbs);
    size_t count = decimal_parse(limbs, scratch, DIGITS);
    cr_assert(count < CHUNK_MAX_WORDS && decimal_limbs(DIGITS) < CHUNK_MAX_WORDS);
    expect_text((struct number){.limbs = limbs, .limb_count = count}, text);
    free(limbs);
    free(scratch);
    free(text);
}
