/*
 * avx512_wide - Euler and Lucas tests for 2^50 < n < 2^64, a residue in two limbs of 52 bits.
 *
 * Residues are in Montgomery form, x * R mod n with R = 2^104. As R exceeds n by 40 bits and more,
 * nothing is ever compared or corrected: from a product t = a b < 2^154, two steps that each clear
 * a limb take q n, q < R being t / n mod R, and leave (t - q n) / R, which is in (-n, 2^50). Adding
 * a constant c of [n, 4n] gives the next residue,
 *
 *     0 < t / R - q n / R + c < 2^50 + 4n < 5n < 2^67, and < c + n / 2^20 when a, b < 10 n,
 *
 * as then t / R < 100 n^2 / 2^104 < n / 2^33. A residue a is a1 * 2^52 + a0 mod 2^52: of a0 only
 * the low 52 bits count, what was above them has been carried into a1, which is below 2^25 (at the
 * start; below 2^16 later), so that the high part of a1 b1 is 0.
 */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx512.h"

/* Vectors in flight in the two tests; the Lucas test has two products a step. */
enum { VECTORS = 5, LANES = 8 * VECTORS, LUCAS_VECTORS = 4, LUCAS_LANES = 8 * LUCAS_VECTORS };

/* A number of two limbs, and after a sum also one whose low limb is due a carry. */
struct pair {
    __m512i low;
    __m512i high;
};

struct modulus {
    struct pair n;
    __m512i inverse; /* n^-1 mod 2^52 */
};

/* Carry from the low limb, which may be negative. Its own upper bits stay, and no longer count. */
AVX512_INLINE struct pair carry(struct pair a)
{
    return (struct pair){a.low, add(a.high, _mm512_srai_epi64(a.low, 52))};
}

AVX512_INLINE __m512i low_bits(__m512i a)
{
    return _mm512_and_si512(a, same((INT64_C(1) << 52) - 1));
}

/* k a, for small k. */
AVX512_INLINE struct pair scale(struct pair a, __m512i k)
{
    return carry(
        (struct pair){_mm512_mullo_epi64(low_bits(a.low), k), _mm512_mullo_epi64(a.high, k)});
}

/* 3n - a, as a constant to add: of that all bits count. */
AVX512_INLINE struct pair minus(struct pair a, struct pair n)
{
    __m512i low = sub(add(n.low, add(n.low, n.low)), low_bits(a.low));
    __m512i high = sub(add(n.high, add(n.high, n.high)), a.high);
    return (struct pair){low, high};
}

/* A number of up to 64 bits; and back, from a value below 2^64. */
AVX512_INLINE struct pair split(__m512i n)
{
    return (struct pair){low_bits(n), _mm512_srli_epi64(n, 52)};
}

AVX512_INLINE __m512i join(struct pair a)
{
    return add(low_bits(a.low), _mm512_slli_epi64(a.high, 52));
}

/*
 * (t - q n) / R plus what t2 and t3 held on top: t0 in [0, 2^52), t1 in [0, 2^54). Step one clears
 * t0 exactly; step two clears the low 52 bits of what is left of t1, whose rest is carried on, with
 * its sign. The carry of the result is still due.
 */
AVX512_INLINE struct pair reduce(__m512i t0, __m512i t1, __m512i t2, __m512i t3,
                                 const struct modulus *m)
{
    __m512i q0 = low52(zero(), t0, m->inverse);
    t1 = sub(t1, low52(high52(zero(), q0, m->n.low), q0, m->n.high));
    __m512i q1 = low52(zero(), t1, m->inverse);
    __m512i u = high52(high52(zero(), q0, m->n.high), q1, m->n.low);
    t2 = sub(add(t2, _mm512_srai_epi64(t1, 52)), low52(u, q1, m->n.high));
    return (struct pair){t2, sub(t3, high52(zero(), q1, m->n.high))};
}

/* a^2 / R + c modulo n, with its carry due. */
AVX512_INLINE struct pair square(struct pair a, struct pair c, const struct modulus *m)
{
    __m512i twice = add(a.high, a.high);
    __m512i t0 = low52(zero(), a.low, a.low);
    __m512i t1 = low52(high52(zero(), a.low, a.low), a.low, twice);
    __m512i t2 = low52(high52(c.low, a.low, twice), a.high, a.high);
    return reduce(t0, t1, t2, c.high, m);
}

/* a b / R + c modulo n, with its carry due. */
AVX512_INLINE struct pair multiply(struct pair a, struct pair b, struct pair c,
                                   const struct modulus *m)
{
    __m512i t0 = low52(zero(), a.low, b.low);
    __m512i t1 = low52(low52(high52(zero(), a.low, b.low), a.low, b.high), a.high, b.low);
    __m512i t2 = low52(high52(high52(c.low, a.low, b.high), a.high, b.low), a.high, b.high);
    return reduce(t0, t1, t2, c.high, m);
}

/* a / R mod n for a < R, in (0, n]: out of Montgomery form. */
AVX512_INLINE __m512i plain(struct pair a, const struct modulus *m)
{
    return join(carry(reduce(low_bits(a.low), a.high, m->n.low, m->n.high, m)));
}

AVX512_INLINE struct modulus modulus_set(const uint64_t *numbers)
{
    __m512i n = _mm512_loadu_si512(numbers);
    return (struct modulus){.n = split(n), .inverse = inverse52(n)};
}

/*
 * The power 2^-e, e = (n - 1) / 2, is 1 or -1 exactly when 2^e is. The digits of -e, in two's
 * complement and aligned so that e begins at the top bit, start with h <= 32 in six bits, which
 * stand for the power 2^(h - 64) of the rest: in Montgomery form a plain number,
 * 2^(40 + h) <= 2^72.
 */
enum { FREE_BITS = 6 };

struct power {
    struct modulus m;
    struct pair x;
    __m512i exponent; /* its digits yet to come, from the top bit on */
    __m512i steps;    /* how many there are */
};

AVX512_INLINE struct power power_start(const uint64_t *numbers)
{
    struct power p = {.m = modulus_set(numbers)};
    __m512i n = _mm512_loadu_si512(numbers);
    __m512i length = sub(same(64), _mm512_lzcnt_epi64(n));
    __m512i e = _mm512_sllv_epi64(_mm512_srli_epi64(n, 1), sub(same(65), length));
    __m512i digits = sub(zero(), e);
    __m512i h = _mm512_srli_epi64(digits, 64 - FREE_BITS);
    /* A shift by 64 or more, or by less than 0, makes 0; one by 52 to 63 a bit that counts for 0. */
    p.x.low = _mm512_sllv_epi64(same(1), add(h, same(40)));
    p.x.high = _mm512_sllv_epi64(same(1), sub(h, same(12)));
    p.exponent = _mm512_slli_epi64(digits, FREE_BITS);
    p.steps = sub(length, same(1 + FREE_BITS));
    return p;
}

/* Square, and double where the next digit is 1. */
AVX512_INLINE void power_step(struct power *p)
{
    __mmask8 twice = _mm512_movepi64_mask(p->exponent);
    struct pair x = square(p->x, p->m.n, &p->m);
    x.low = _mm512_mask_add_epi64(x.low, twice, x.low, x.low);
    x.high = _mm512_mask_add_epi64(x.high, twice, x.high, x.high);
    p->x = carry(x);
    p->exponent = add(p->exponent, p->exponent);
}

/* The same where there are still more than `steps` to go, which leaves out shorter numbers. */
AVX512_INLINE void power_step_some(struct power *p, int64_t steps)
{
    __mmask8 active = _mm512_cmpgt_epi64_mask(p->steps, same(steps));
    struct power before = *p;
    power_step(p);
    p->x.low = _mm512_mask_mov_epi64(before.x.low, active, p->x.low);
    p->x.high = _mm512_mask_mov_epi64(before.x.high, active, p->x.high);
    p->exponent = _mm512_mask_mov_epi64(before.exponent, active, p->exponent);
}

AVX512 static void euler_block(const uint64_t *n, uint8_t *passed)
{
    struct power p[VECTORS];
    int64_t longest = 0;
    int64_t shortest = INT64_MAX;
    EACH (i, VECTORS) {
        p[i] = power_start(n + 8 * i);
        int64_t most = _mm512_reduce_max_epi64(p[i].steps);
        int64_t least = _mm512_reduce_min_epi64(p[i].steps);
        longest = most > longest ? most : longest;
        shortest = least < shortest ? least : shortest;
    }
    for (; longest > shortest; longest--) {
        EACH (i, VECTORS)
            power_step_some(&p[i], longest - 1);
    }
    for (; longest > 0; longest--) {
        EACH (i, VECTORS)
            power_step(&p[i]);
    }
    EACH (i, VECTORS) {
        __m512i number = join(p[i].m.n);
        __m512i expected = _mm512_mask_sub_epi64(same(1), negative_jacobi(number), number, same(1));
        __m512i power = plain(p[i].x, &p[i].m);
        store_flags(passed + 8 * i, _mm512_cmpeq_epi64_mask(power, expected));
    }
}

AVX512 void avx512_wide_euler(const uint64_t *n, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LANES)
        euler_block(n + i, passed + i);
}

/*
 * A multiple of 2^102 / R in Montgomery form: 2^102 mod n, up to a few n. The quotient q of doubles
 * is below 2^52 and has two roundings, so it is off by at most 1, and truncating takes less than 1
 * more; q - 2 is thus at most 2^102 / n and above it less 4, and what remains is in [0, 4n).
 */
AVX512_INLINE struct pair quarter_start(const struct modulus *m)
{
    __m512d quotient = _mm512_div_pd(_mm512_set1_pd(0x1p102), _mm512_cvtepu64_pd(join(m->n)));
    __m512i q = sub(_mm512_cvttpd_epi64(quotient), same(2));
    __m512i t1 = low52(high52(zero(), q, m->n.low), q, m->n.high);
    __m512i t2 = high52(zero(), q, m->n.high);
    struct pair rest = {sub(zero(), low52(zero(), q, m->n.low)), sub(same(INT64_C(1) << 50), t1)};
    rest.high = sub(rest.high, _mm512_slli_epi64(t2, 52));
    return carry(rest);
}

struct lucas {
    struct modulus m;
    struct pair minus_two;       /* 3n - 2 in Montgomery form */
    struct pair minus_parameter; /* the same of P */
    struct pair v;
    struct pair w;
    struct avx512_ladder ladder;
};

/*
 * From c = 2^102 mod n, products k c and 16 c give k 2^102 2^106 / 2^104 = k R, in (0, n + n/2^20)
 * after n was added: the operands are below 2^70 and, for k < 2^9, 2^75.
 */
AVX512_INLINE struct lucas lucas_start(const uint64_t *n, const uint32_t *p)
{
    struct lucas l = {.m = modulus_set(n)};
    struct pair c = quarter_start(&l.m);
    struct pair c16 = scale(c, same(16));
    __m512i parameter = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)p));
    l.v = carry(multiply(c16, scale(c, same(2)), l.m.n, &l.m));
    l.w = carry(multiply(c16, scale(c, parameter), l.m.n, &l.m));
    l.minus_two = minus(l.v, l.m.n);
    l.minus_parameter = minus(l.w, l.m.n);
    l.ladder = avx512_ladder(join(l.m.n));
    return l;
}

/* The end of the test, from w = V_d on: the lanes that pass. */
AVX512_INLINE __mmask8 lucas_end(struct lucas *l)
{
    __m512i number = join(l->m.n);
    __m512i v = plain(l->w, &l->m);
    unsigned good =
        _mm512_cmpeq_epi64_mask(v, same(2)) | _mm512_cmpeq_epi64_mask(v, sub(number, same(2)));
    for (int64_t r = 0;; r++) {
        unsigned counts = _mm512_cmpgt_epi64_mask(l->ladder.s, same(r + 1));
        if ((counts & ~good) == 0)
            return (__mmask8)good;
        good |= counts & _mm512_cmpeq_epi64_mask(v, number);
        l->w = carry(square(l->w, l->minus_two, &l->m));
        v = plain(l->w, &l->m);
    }
}

/* See lucas64.h for the test, struct avx2_ladder for the order of v and w. */
AVX512 static void lucas_block(const uint64_t *n, const uint32_t *p, uint8_t *passed)
{
    struct lucas l[LUCAS_VECTORS];
    __m512i any = zero();
    EACH (i, LUCAS_VECTORS) {
        l[i] = lucas_start(n + 8 * i, p + 8 * i);
        any = _mm512_or_si512(any, l[i].ladder.swap);
    }
    unsigned unused = (unsigned)__builtin_clzll((uint64_t)_mm512_reduce_or_epi64(any));
    EACH (i, LUCAS_VECTORS)
        l[i].ladder.swap = _mm512_slli_epi64(l[i].ladder.swap, unused);
    for (unsigned bit = 64 - unused; bit > 0; bit--) {
        EACH (i, LUCAS_VECTORS) {
            __mmask8 other = _mm512_movepi64_mask(l[i].ladder.swap);
            struct pair squared = {_mm512_mask_mov_epi64(l[i].v.low, other, l[i].w.low),
                                   _mm512_mask_mov_epi64(l[i].v.high, other, l[i].w.high)};
            l[i].w = carry(multiply(l[i].v, l[i].w, l[i].minus_parameter, &l[i].m));
            l[i].v = carry(square(squared, l[i].minus_two, &l[i].m));
            l[i].ladder.swap = add(l[i].ladder.swap, l[i].ladder.swap);
        }
    }
    EACH (i, LUCAS_VECTORS)
        store_flags(passed + 8 * i, lucas_end(&l[i]));
}

AVX512 void avx512_wide_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LUCAS_LANES)
        lucas_block(n + i, p + i, passed + i);
}

#endif
