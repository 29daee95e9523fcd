/* factors - trial division of big integers. */
#ifndef PRIMALITY_FACTORS_H
#define PRIMALITY_FACTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Does a small odd prime divide n of `count` limbs, 2 or more? How far the primes go depends on the
 * size. The first call of a process makes a table of them, in about 0.1 ms.
 */
bool factors_found(const uint64_t *n, size_t count);

#endif
