/*
 * trial - trial division without dividing.
 *
 * Odd p divides n < 2^k exactly when n * p^-1 mod 2^k is at most (2^k - 1) / p: the multiples of p
 * are the images of 0, 1, ..., floor((2^k - 1) / p) under multiplication by p, which is a bijection
 * (T. Granlund, P. L. Montgomery, "Division by invariant integers using multiplication", PLDI
 * 1994). Every constant below is a constant expression of p, so the table needs no generator.
 *
 * Vectors multiply 32 bits, so they bring n down to 32 bits first, modulo a product m of a few
 * primes: n is four digits of 16 bits, and their dot product with the powers of 2^16 modulo m is
 * congruent to n and small. Two multiply-add instructions make it for all lanes. They take signed
 * digits, so each digit is lowered by 2^15 first; `offset` puts that back and a multiple of m on
 * top. With the powers taken in [-m/2, m/2], the first of which is 1, the dot product of the
 * unsigned digits spans at most (2^16 - 1) (1 + 3 m / 2), and the multiple of m is the least that
 * lifts it above 0. For m <= 43000 the sum thus stays below 2^32, and its low 32 bits are all of
 * it, whatever overflowed on the way.
 *
 * How many primes a class is tried by is where one more costs as much as the tests it saves, found
 * by measurement with bench/primality; no proof rests on that, except that the exceptions below
 * 2^32 (exceptions.h) are those that survive the primes up to 61.
 */
#ifndef PRIMALITY_TRIAL_H
#define PRIMALITY_TRIAL_H

#include "worker/primality/kernel.h"

#include <stdint.h>

/* What brings a number down to 32 bits modulo m. */
struct trial_digits {
    int16_t low_weights[2];  /* 1 and 2^16 modulo m, in [-m/2, m/2], */
    int16_t high_weights[2]; /* 2^32 and 2^48 */
    uint32_t offset;
};

/* The test for one prime: of 32 bits, and of 64. */
struct trial_prime {
    uint32_t inverse; /* p^-1 mod 2^32 */
    uint32_t limit;   /* (2^32 - 1) / p */
    uint64_t inverse64;
    uint64_t limit64;
};

/* The odd primes of the wheel, 3 to 13, with their product. */
enum { TRIAL_WHEEL = 5 };
extern const struct trial_prime trial_wheel[TRIAL_WHEEL];
extern const struct trial_digits trial_wheel_digits;

/* The primes from 17 to 199, and the products of two successive ones. */
enum { TRIAL_PRIMES = 40 };
extern const struct trial_prime trial_primes[TRIAL_PRIMES];
extern const struct trial_digits trial_pairs[TRIAL_PRIMES / 2];

/* How many of them each class of numbers is tried by: even. */
extern const uint8_t trial_count[KERNEL_CLASSES];

#endif
