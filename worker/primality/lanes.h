/*
 * lanes - probable prime tests for several big integers in step, one number a lane of a vector.
 *
 * The integers of a batch have nothing to do with each other, so their tests run side by side: every
 * step of a test is made for 4 or 8 numbers by the instructions that would serve one. A struct lanes
 * is what such a test works on, laid out for vectors and filled lane by lane; a struct lanes_kernel
 * is the processor's own code. All numbers of one struct lanes have the same number of digits.
 *
 * Digits have 52 bits: that is what AVX-512's IFMA instructions multiply, and what a double holds.
 * Montgomery's R is 2^(52 digits). There are so many digits that R > 16 n, so that residues need not
 * be fully reduced: see lanes_steps.h.
 */
#ifndef PRIMALITY_LANES_H
#define PRIMALITY_LANES_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LANES_WIDTH = 8,  /* the most any kernel has */
    LANES_LIMBS = 64, /* of the largest numbers */
    LANES_DIGIT = 52, /* bits */
    LANES_DIGITS = (64 * LANES_LIMBS + 4 + LANES_DIGIT - 1) / LANES_DIGIT,
};

/* A number a lane: digit i of lane k at [i * width + k]. */
struct lanes_numbers {
    alignas(64) uint64_t digits[LANES_DIGITS * LANES_WIDTH];
};

struct lanes {
    int width;          /* lanes in use: those of the kernel */
    int digits;         /* of each number */
    int bits;           /* of the longest exponent; the lowest bits of all of them are aligned */
    int tail;           /* the greatest of s */
    int s[LANES_WIDTH]; /* how often 2 divides the exponent */
    alignas(64) uint64_t base[LANES_WIDTH];
    alignas(64) uint64_t inverse[LANES_WIDTH]; /* -n^-1 mod 2^52 */
    struct lanes_numbers n;
    struct lanes_numbers exponent; /* n - 1 for a strong test, n + 1 for a Lucas test */
    /* Strong: x begins as 1, [0]. Lucas: (V_0, V_1) begins as (2, p), [0] and [1], and what to add
       for a subtraction of 2 and p. All in Montgomery form. */
    struct lanes_numbers start[2];
    struct lanes_numbers addend[2];
};

/* What a strong test multiplies by when a bit of the exponent is set. */
enum lanes_base {
    LANES_BASE_2,       /* 2 */
    LANES_BASE_SHIFTED, /* base / 2^52 modulo n, any base below 2^52 */
    LANES_BASE_SMALL,   /* base, at most 41, for n below 2^82 */
};

struct lanes_kernel {
    int width;

    /* From how many numbers of `limbs` limbs on a pass of all lanes is faster than a test of one
       after the other; found by measurement. */
    size_t (*worth)(size_t limbs);

    /* From how many limbs on both() is faster for a number alone than the tests after each other. */
    size_t alone_limbs;

    /* Which lanes (bits of the result) hold strong probable primes to the base? */
    uint32_t (*strong)(const struct lanes *lanes, enum lanes_base base);

    /* Which lanes hold almost extra strong Lucas probable primes (lucas64.h)? */
    uint32_t (*lucas)(const struct lanes *lanes);

    /*
     * Both tests at once, the strong one to base / 2^52, for a few numbers: number k occupies lanes
     * 3k to 3k + 2, filled by lanes_set_both(). Bit k of the result: number k passed both.
     */
    uint32_t (*both)(const struct lanes *lanes);

    /* r = a * b / R, and a * a / R when b is NULL, in each lane, congruent modulo n and below 2n,
       for a and b below 4n: what the tests of the kernel use to reach its arithmetic. */
    void (*multiply)(const struct lanes *lanes, struct lanes_numbers *r,
                     const struct lanes_numbers *a, const struct lanes_numbers *b);
};

/* Begin anew for numbers of that many limbs, 2 to LANES_LIMBS, of which the longest has `bits`. */
void lanes_begin(struct lanes *lanes, int width, size_t bits);

/*
 * Fill a lane with odd n of `limbs` limbs, not all ones, for a strong test or a Lucas test. Every
 * lane must be filled before a test, the excess ones by repeating a number.
 */
void lanes_set_strong(struct lanes *lanes, int lane, const uint64_t *n, size_t limbs,
                      uint64_t base);
void lanes_set_lucas(struct lanes *lanes, int lane, const uint64_t *n, size_t limbs, uint32_t p);

/* Fill the three lanes of number k for both tests. */
void lanes_set_both(struct lanes *lanes, int k, const uint64_t *n, size_t limbs, uint64_t base,
                    uint32_t p);

/* How many numbers lanes_kernel.both() takes. */
static inline int lanes_of_both(int width)
{
    return width / 3;
}

/* Conversion of one lane, least significant first on both sides; r gets `limbs` limbs, and x lies
 * below 2^(64 limbs). */
void lanes_put(const struct lanes *lanes, struct lanes_numbers *r, int lane, const uint64_t *x,
               size_t limbs);
void lanes_get(const struct lanes *lanes, const struct lanes_numbers *x, int lane, uint64_t *r,
               size_t limbs);

/*
 * For the kernels: how a test stands when the exponent has been worked off down to bit `position`,
 * by the residue x of the lane, out of Montgomery form and at most n. True: it is passed.
 */
bool lanes_strong_passes(const struct lanes *lanes, const struct lanes_numbers *x, int lane,
                         int position);
bool lanes_lucas_passes(const struct lanes *lanes, const struct lanes_numbers *x, int lane,
                        int position);

extern const struct lanes_kernel lanes_avx2;
extern const struct lanes_kernel lanes_ifma;

#endif
