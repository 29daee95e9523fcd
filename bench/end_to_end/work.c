/* work - see work.h. */
#include "bench/end_to_end/work.h"

#include <endian.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

uint64_t work_number(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) >> 1;
}

/* a b / 2^64 mod n, n odd; inverse is -1/n mod 2^64 (Montgomery, 1985). */
static uint64_t multiply(uint64_t a, uint64_t b, uint64_t n, uint64_t inverse)
{
    uint128 product = (uint128)a * b;
    uint64_t low = (uint64_t)product;
    uint64_t high = (uint64_t)(product >> 64);
    uint64_t reduced = (uint64_t)(((uint128)(low * inverse) * n) >> 64);
    uint64_t carry = low != 0;
    uint64_t sum = high + reduced;
    bool over = sum < high;
    sum += carry;
    over |= sum < carry;
    return over || sum >= n ? sum - n : sum;
}

/* One Miller-Rabin round of n = 2^shift odd + 1. */
static bool passes(uint64_t n, uint64_t inverse, uint64_t odd, int shift, uint64_t base)
{
    uint64_t one = (0 - n) % n;
    uint64_t minus_one = n - one;
    uint64_t a = (uint64_t)(((uint128)(base % n) << 64) % n);
    if (a == 0)
        return true;
    uint64_t power = one;
    for (uint64_t e = odd; e; e >>= 1) {
        if (e & 1)
            power = multiply(power, a, n, inverse);
        a = multiply(a, a, n, inverse);
    }
    for (int i = 0; i < shift; i++) {
        if (power == minus_one || (i == 0 && power == one))
            return true;
        power = multiply(power, power, n, inverse);
    }
    return false;
}

bool work_is_prime(uint64_t n)
{
    static const uint8_t small[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};
    static const uint64_t bases[] = {2, 325, 9375, 28178, 450775, 9780504, 1795265022};
    if (n < 2)
        return false;
    for (size_t i = 0; i < sizeof small; i++)
        if (n % small[i] == 0)
            return n == small[i];
    uint64_t inverse = n;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - n * inverse;
    int shift = __builtin_ctzll(n - 1);
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (!passes(n, 0 - inverse, (n - 1) >> shift, shift, bases[i]))
            return false;
    return true;
}

void work_test_octets(const void *numbers, size_t count, uint8_t *verdicts)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        memcpy(&number, (const char *)numbers + 8 * i, 8);
        verdicts[i] = work_is_prime(le64toh(number));
    }
}

bool work_scan(const char **p, const char *end, uint64_t *number)
{
    const char *c = *p;
    while (c < end && (*c < '0' || *c > '9'))
        c++;
    bool found = c < end;
    uint64_t value = 0;
    for (; c < end && *c >= '0' && *c <= '9'; c++)
        value = 10 * value + (uint64_t)(*c - '0');
    *number = value;
    *p = c;
    return found;
}
