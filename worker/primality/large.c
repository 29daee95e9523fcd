/* large - probable prime tests for odd n of three limbs or more: see large.h. */
#include "worker/primality/large.h"

#include "worker/primality/fixed.h"
#include "worker/primality/kernel.h"
#include "worker/primality/mont64.h"

#include <gmp.h>
#include <string.h>

/* A modulus and what goes with it; residues are x * 2^(64 size) mod n, fully reduced. */
struct modulus {
    mp_size_t size;
    const mp_limb_t *n;
    mp_limb_t inverse; /* -n^-1 mod 2^64 */
    const struct kernel *kernel;
    mp_limb_t one[LARGE_LIMBS];
    mp_limb_t minus_one[LARGE_LIMBS];
};

/* n - 1 = d * 2^s or n + 1 = d * 2^s, d odd. */
struct exponent {
    mp_limb_t d[LARGE_LIMBS];
    mp_bitcnt_t s;
    mp_bitcnt_t bits; /* of d */
};

static void modulus_set(struct modulus *m, const struct kernel *kernel, const uint64_t *n,
                        size_t count)
{
    mp_limb_t power[LARGE_LIMBS + 1] = {0};
    mp_limb_t quotient[2];
    m->size = (mp_size_t)count;
    m->n = n;
    m->inverse = 0 - mont64_inverse(n[0]);
    m->kernel = kernel;
    power[count] = 1;
    mpn_tdiv_qr(quotient, m->one, 0, power, m->size + 1, m->n, m->size);
    mpn_sub_n(m->minus_one, m->n, m->one, m->size);
}

static void exponent_set(struct exponent *e, const mp_limb_t *even, mp_size_t size)
{
    e->s = mpn_scan1(even, 0);
    mp_size_t skip = (mp_size_t)(e->s / GMP_NUMB_BITS);
    unsigned shift = e->s % GMP_NUMB_BITS;
    if (shift != 0)
        mpn_rshift(e->d, even + skip, size - skip, shift);
    else
        mpn_copyi(e->d, even + skip, size - skip);
    mp_size_t length = size - skip;
    while (e->d[length - 1] == 0) /* GMP does not count from a zero limb */
        length--;
    e->bits = mpn_sizeinbase(e->d, length, 2);
}

static bool exponent_bit(const struct exponent *e, mp_bitcnt_t bit)
{
    return e->d[bit / GMP_NUMB_BITS] >> (bit % GMP_NUMB_BITS) & 1;
}

/* r -= n where r + carry * 2^(64 size) is not below n. */
static void reduce_once(mp_limb_t *r, mp_limb_t carry, const struct modulus *m)
{
    if (carry != 0 || mpn_cmp(r, m->n, m->size) >= 0)
        mpn_sub_n(r, r, m->n, m->size);
}

/* r = t / 2^(64 size) mod n, for t of 2 size limbs below n * 2^(64 size). t is used up. */
static void redc(mp_limb_t *r, mp_limb_t *t, const struct modulus *m)
{
    m->kernel->reduce(t, m->n, (size_t)m->size, m->inverse);
    reduce_once(r, mpn_add_n(r, t + m->size, t, m->size), m);
}

/* multiply() where it is short enough to be unrolled: false where it is not. */
static bool multiply_short(mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b,
                           const struct modulus *m)
{
    mp_limb_t carry;
    switch (m->size) {
    case 3:
        carry = fixed_multiply(r, a, b, m->n, m->inverse, 3);
        break;
    case 4:
        carry = fixed_multiply(r, a, b, m->n, m->inverse, 4);
        break;
    case 5:
        carry = fixed_multiply(r, a, b, m->n, m->inverse, 5);
        break;
    case 6:
        carry = fixed_multiply(r, a, b, m->n, m->inverse, 6);
        break;
    default:
        return false;
    }
    reduce_once(r, carry, m);
    return true;
}

static void square(mp_limb_t *r, const mp_limb_t *a, const struct modulus *m)
{
    mp_limb_t t[2 * LARGE_LIMBS];
    if (multiply_short(r, a, a, m))
        return;
    mpn_sqr(t, a, m->size);
    redc(r, t, m);
}

static void multiply(mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b, const struct modulus *m)
{
    mp_limb_t t[2 * LARGE_LIMBS];
    if (multiply_short(r, a, b, m))
        return;
    m->kernel->multiply(t, a, b, (size_t)m->size);
    redc(r, t, m);
}

static void twice(mp_limb_t *r, const mp_limb_t *a, const struct modulus *m)
{
    reduce_once(r, mpn_lshift(r, a, m->size, 1), m);
}

static void subtract(mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b, const struct modulus *m)
{
    if (mpn_sub_n(r, a, b, m->size) != 0)
        mpn_add_n(r, r, m->n, m->size);
}

/* r = r * a / 2^64 mod n: a reduction by one limb makes up for a factor of one. */
static void multiply_limb(mp_limb_t *r, mp_limb_t a, const struct modulus *m)
{
    mp_limb_t t[LARGE_LIMBS + 1];
    t[m->size] = mpn_mul_1(t, r, m->size, a);
    mp_limb_t carry = mpn_addmul_1(t, m->n, m->size, t[0] * m->inverse);
    carry = mpn_add_1(t + m->size, t + m->size, 1, carry);
    mpn_copyi(r, t + 1, m->size);
    reduce_once(r, carry, m);
}

static bool equal(const mp_limb_t *a, const mp_limb_t *b, const struct modulus *m)
{
    return mpn_cmp(a, b, m->size) == 0;
}

/* A strong test to base 2 where a = 0, else to base a / 2^64. */
static bool strong(const struct kernel *kernel, const uint64_t *n, size_t count, mp_limb_t a)
{
    struct modulus m;
    struct exponent e;
    mp_limb_t x[LARGE_LIMBS];
    modulus_set(&m, kernel, n, count);
    mpn_copyi(x, m.n, m.size);
    x[0]--;
    exponent_set(&e, x, m.size);
    mpn_copyi(x, m.one, m.size);
    for (mp_bitcnt_t bit = e.bits; bit-- > 0;) {
        if (bit + 1 < e.bits)
            square(x, x, &m);
        if (!exponent_bit(&e, bit))
            continue;
        if (a == 0)
            twice(x, x, &m);
        else
            multiply_limb(x, a, &m);
    }
    if (equal(x, m.one, &m))
        return true;
    for (; e.s > 0; e.s--) {
        if (equal(x, m.minus_one, &m))
            return true;
        square(x, x, &m);
    }
    return false;
}

bool large_base2(const struct kernel *kernel, const uint64_t *n, size_t count)
{
    return strong(kernel, n, count, 0);
}

bool large_base_shifted(const struct kernel *kernel, const uint64_t *n, size_t count, uint64_t a)
{
    return strong(kernel, n, count, a);
}

bool large_lucas(const struct kernel *kernel, const uint64_t *n, size_t count, uint32_t parameter)
{
    struct modulus m;
    struct exponent e;
    mp_limb_t two[LARGE_LIMBS];
    mp_limb_t p[LARGE_LIMBS];
    mp_limb_t v[LARGE_LIMBS];
    mp_limb_t w[LARGE_LIMBS];
    modulus_set(&m, kernel, n, count);
    mpn_add_1(v, m.n, m.size, 1); /* n + 1 fits: n is not all ones, 3 not dividing it */
    exponent_set(&e, v, m.size);
    twice(two, m.one, &m);
    mpn_copyi(p, two, m.size);
    for (uint32_t k = 2; k < parameter; k++)
        reduce_once(p, mpn_add_n(p, p, m.one, m.size), &m);

    /* (v, w) = (V_k, V_(k+1)) while k runs through the leading bits of d. */
    mpn_copyi(v, two, m.size);
    mpn_copyi(w, p, m.size);
    for (mp_bitcnt_t bit = e.bits; bit-- > 0;) {
        mp_limb_t *odd = exponent_bit(&e, bit) ? v : w;
        mp_limb_t *even = odd == v ? w : v;
        multiply(odd, v, w, &m);
        subtract(odd, odd, p, &m);
        square(even, even, &m);
        subtract(even, even, two, &m);
    }
    mpn_sub_n(w, m.n, two, m.size);
    if (equal(v, two, &m) || equal(v, w, &m))
        return true;
    for (; e.s > 1; e.s--) {
        if (mpn_zero_p(v, m.size))
            return true;
        square(v, v, &m);
        subtract(v, v, two, &m);
    }
    return false;
}
