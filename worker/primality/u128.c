/* u128 - proofs and probable prime tests for odd n of two limbs: see u128.h. */
#include "worker/primality/u128.h"

/* n - 1 = d * 2^s or n + 1 = d * 2^s, d odd. */
struct exponent {
    mont128 d;
    int s;
};

static struct exponent split(mont128 even)
{
    uint64_t low = mont128_low(even);
    int s = low != 0 ? __builtin_ctzll(low) : 64 + __builtin_ctzll(mont128_high(even));
    return (struct exponent){even >> s, s};
}

/* The place of the first bit of d. */
static int first_bit(mont128 d)
{
    uint64_t high = mont128_high(d);
    return high != 0 ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll(mont128_low(d));
}

static bool bit_of(mont128 d, int bit)
{
    return (uint64_t)(d >> bit) & 1;
}

/* The end of a strong test, from x = base^d on. */
static bool strong_end(mont128 x, int s, mont128 one, mont128 n, uint64_t inverse)
{
    mont128 minus_one = n - one;
    if (x == one)
        return true;
    for (; s > 0; s--) {
        if (x == minus_one)
            return true;
        x = mont128_square(x, n, inverse);
    }
    return false;
}

bool u128_base2(mont128 n)
{
    uint64_t inverse = mont64_inverse(mont128_low(n));
    mont128 one = mont128_one(n);
    struct exponent e = split(n - 1);
    mont128 x = mont128_add(one, one, n);
    for (int bit = first_bit(e.d) - 1; bit >= 0; bit--) {
        x = mont128_square(x, n, inverse);
        if (bit_of(e.d, bit))
            x = mont128_add(x, x, n);
    }
    return strong_end(x, e.s, one, n, inverse);
}

/* x * a / 2^64 mod n: a reduction by one limb makes up for a factor of one. */
static mont128 mul_limb(mont128 x, uint64_t a, mont128 n, uint64_t inverse)
{
    mont128 low = (mont128)mont128_low(x) * a;
    mont128 top = (mont128)mont128_high(x) * a + mont128_high(low);
    uint64_t q = mont128_low(low) * inverse;
    mont128 subtrahend = (mont128)q * mont128_high(n) + mont128_high((mont128)q * mont128_low(n));
    return mont128_sub(top, subtrahend, n);
}

bool u128_base_shifted(mont128 n, uint64_t a)
{
    uint64_t inverse = mont64_inverse(mont128_low(n));
    mont128 one = mont128_one(n);
    struct exponent e = split(n - 1);
    mont128 x = mul_limb(one, a, n, inverse);
    for (int bit = first_bit(e.d) - 1; bit >= 0; bit--) {
        x = mont128_square(x, n, inverse);
        if (bit_of(e.d, bit))
            x = mul_limb(x, a, n, inverse);
    }
    return strong_end(x, e.s, one, n, inverse);
}

bool u128_lucas(mont128 n, uint32_t parameter)
{
    uint64_t inverse = mont64_inverse(mont128_low(n));
    mont128 one = mont128_one(n);
    mont128 two = mont128_add(one, one, n);
    mont128 p = mont128_small(parameter, one, n);
    struct exponent e = split(n + 1);

    /* (v, w) = (V_k, V_(k+1)) while k runs through the leading bits of d. */
    mont128 v = p;
    mont128 w = mont128_sub(mont128_square(p, n, inverse), two, n);
    for (int bit = first_bit(e.d) - 1; bit >= 0; bit--) {
        bool set = bit_of(e.d, bit);
        mont128 squared = set ? w : v;
        mont128 odd = mont128_sub(mont128_mul(v, w, n, inverse), p, n);
        mont128 even = mont128_sub(mont128_square(squared, n, inverse), two, n);
        v = set ? odd : even;
        w = set ? even : odd;
    }
    if (v == two || v == n - two)
        return true;
    for (int s = e.s; s > 1; s--) {
        if (v == 0)
            return true;
        v = mont128_sub(mont128_square(v, n, inverse), two, n);
    }
    return false;
}

bool u128_provable(mont128 n)
{
    const mont128 psi_13 = (mont128)179817 << 64 | UINT64_C(5885577656943027709);
    return n < psi_13;
}

bool u128_first_bases(mont128 n)
{
    enum { CHAINS = 4, BASES = 12 };
    static const uint8_t bases[BASES] = {3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41};
    uint64_t inverse = mont64_inverse(mont128_low(n));
    mont128 one = mont128_one(n);
    struct exponent e = split(n - 1);
    for (int first = 0; first < BASES; first += CHAINS) {
        mont128 base[CHAINS];
        mont128 x[CHAINS];
        for (int i = 0; i < CHAINS; i++)
            x[i] = base[i] = mont128_small(bases[first + i], one, n);
        for (int bit = first_bit(e.d) - 1; bit >= 0; bit--) {
            for (int i = 0; i < CHAINS; i++)
                x[i] = mont128_square(x[i], n, inverse);
            for (int i = 0; i < CHAINS && bit_of(e.d, bit); i++)
                x[i] = mont128_mul(x[i], base[i], n, inverse);
        }
        for (int i = 0; i < CHAINS; i++)
            if (!strong_end(x[i], e.s, one, n, inverse))
                return false;
    }
    return true;
}
