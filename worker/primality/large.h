/*
 * large - probable prime tests for odd n of three limbs or more.
 *
 * Arithmetic is GMP's on limbs (mpn) and Montgomery's reduction on top of it, by the loops of the
 * kernel given; quadratic in the number of limbs: good up to LARGE_LIMBS, beyond which GMP's own test
 * is the better one.
 */
#ifndef PRIMALITY_LARGE_H
#define PRIMALITY_LARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel;

enum { LARGE_LIMBS = 128 };

/* Is n a strong probable prime to base 2? */
bool large_base2(const struct kernel *kernel, const uint64_t *n, size_t count);

/* Is n a strong probable prime to base a / 2^64 modulo n? */
bool large_base_shifted(const struct kernel *kernel, const uint64_t *n, size_t count, uint64_t a);

/* Is n an almost extra strong Lucas probable prime (lucas64.h) for the parameter p? */
bool large_lucas(const struct kernel *kernel, const uint64_t *n, size_t count, uint32_t p);

#endif
