/* primality_big - families of big integers for the tests of the core, and GMP's word about them. */
#ifndef PRIMALITY_BIG_H
#define PRIMALITY_BIG_H

#include "worker/primality/kernel.h"

#include <stdbool.h>
#include <stddef.h>

enum { BIG_MAX = 192, BIG_LIMBS = 66 };

/* Integers of one size, and which of them are prime. */
struct big_family {
    size_t count;
    struct primality_integer numbers[BIG_MAX];
    bool prime[BIG_MAX];
    uint64_t limbs[BIG_MAX][BIG_LIMBS];
};

/*
 * Integers of exactly that many limbs, 2 to 65: both sides of powers of two, those with limbs of
 * zeros and of ones, random odd ones, numbers k 2^s + 1 and k 2^s - 1, published primes and strong
 * pseudoprimes; and if `searched`, primes, squares, products of two and of three primes that took a
 * search (above 20 limbs that takes long). Whether each is prime GMP tells.
 */
void big_family_make(struct big_family *family, size_t limbs, bool searched, uint64_t seed);

/*
 * Every window of `length` numbers of the family, at steps of `step`, by a kernel: the index of the
 * first with another verdict than GMP's, or -1.
 */
long big_family_check(const struct big_family *family, const struct kernel *kernel, size_t length,
                      size_t step);

#endif
