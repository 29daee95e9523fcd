/* bpsw64 - the two halves of the Baillie-PSW test for one 64-bit number: see bpsw64.h. */
#include "worker/primality/bpsw64.h"

#include "worker/primality/mont64.h"

/*
 * 2^-e for the odd part e = d of n - 1, left to right. In Montgomery form 2^-v is the plain number
 * 2^(64-v), so the first six bits of d cost nothing, and no division is needed to start; each later
 * one-bit of d is a halving. 2^-d is 1 or -1 exactly when 2^d is.
 */
static uint64_t power_of_half(uint64_t d, uint64_t n, uint64_t inverse)
{
    if (d < 32) {
        uint64_t x = mont64_one(n);
        for (uint64_t i = 0; i < d; i++)
            x = mont64_half(x, n);
        return x;
    }
    int below = 58 - __builtin_clzll(d); /* bits of d below its first six */
    uint64_t x = UINT64_C(1) << (64 - (d >> below));
    while (below-- > 0) {
        x = mont64_mul(x, x, n, inverse);
        if ((d >> below) & 1)
            x = mont64_half(x, n);
    }
    return x;
}

bool bpsw64_base2(uint64_t n)
{
    uint64_t inverse = mont64_inverse(n);
    int s = __builtin_ctzll(n - 1);
    uint64_t one = mont64_one(n);
    uint64_t minus_one = n - one;
    uint64_t x = power_of_half((n - 1) >> s, n, inverse);
    if (x == one || x == minus_one)
        return true;
    while (--s > 0) {
        x = mont64_mul(x, x, n, inverse);
        if (x == minus_one)
            return true;
    }
    return false;
}

/* The Jacobi symbol (a/n) for odd n. */
static int jacobi(uint64_t a, uint64_t n)
{
    int symbol = 1;
    while (a != 0) {
        int twos = __builtin_ctzll(a);
        a >>= twos;
        if ((twos & 1) && ((n & 7) == 3 || (n & 7) == 5))
            symbol = -symbol;
        if ((a & n & 3) == 3)
            symbol = -symbol;
        uint64_t rest = n % a;
        n = a;
        a = rest;
    }
    return n == 1 ? symbol : 0;
}

/* Digit by digit, base 2: rarely needed, so simple. */
static bool is_square(uint64_t n)
{
    uint64_t root = 0;
    for (int bit = 31; bit >= 0; bit--) {
        uint64_t trial = root | UINT64_C(1) << bit;
        if (trial * trial <= n)
            root = trial;
    }
    return root * root == n;
}

uint32_t bpsw64_lucas_parameter(uint64_t n, uint32_t first)
{
    for (uint32_t p = first;; p++) {
        uint32_t discriminant = p * p - 4;
        int symbol = jacobi(discriminant, n);
        if (symbol < 0)
            return p;
        if (symbol == 0 && discriminant % n != 0)
            return 0;
        /* Only a square has no non-residue at all: look once, where few others come by. */
        if (p == 16 && is_square(n))
            return 0;
    }
}

bool bpsw64_lucas(uint64_t n)
{
    uint32_t parameter = bpsw64_lucas_parameter(n, 3);
    return parameter != 0 && bpsw64_lucas_with(n, parameter);
}

bool bpsw64_lucas_with(uint64_t n, uint32_t parameter)
{
    uint64_t inverse = mont64_inverse(n);
    uint64_t one = mont64_one(n);
    uint64_t two = mont64_add(one, one, n);
    uint64_t p = mont64_small(parameter, one, n);

    /* (v, w) = (V_k, V_(k+1)) while k runs through the leading bits of d. */
    int s = __builtin_ctzll(n + 1);
    uint64_t d = (n + 1) >> s;
    uint64_t v = two;
    uint64_t w = p;
    for (uint64_t bits = d << __builtin_clzll(d); bits != 0; bits <<= 1) {
        uint64_t squared = mont64_choose(v, w, bits);
        uint64_t odd = mont64_sub(mont64_mul(v, w, n, inverse), p, n);
        uint64_t even = mont64_sub(mont64_mul(squared, squared, n, inverse), two, n);
        v = mont64_choose(even, odd, bits);
        w = mont64_choose(odd, even, bits);
    }
    return bpsw64_lucas_end(v, s, two, n, inverse);
}

bool bpsw64_lucas_end(uint64_t v, int s, uint64_t two, uint64_t n, uint64_t inverse)
{
    if (v == two || v == n - two)
        return true;
    for (; s > 1; s--) {
        if (v == 0)
            return true;
        v = mont64_sub(mont64_mul(v, v, n, inverse), two, n);
    }
    return false;
}
