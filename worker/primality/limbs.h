/*
 * limbs - the tests for one odd integer from 2^64 on, without small factors (factors.h): what a batch
 * (batch.c) does where lanes (lanes.h) do not pay or reach.
 *
 * A strong test to base 2 and, up to psi_13 (u128.h), to 12 more bases, which is a proof; beyond, an
 * almost extra strong Lucas test (with base 2 a Baillie-PSW test, see lucas64.h) and a Miller-Rabin
 * round.
 *
 * One round is sensible: no composite is known to pass Baillie-PSW alone, and the round's base is
 * unrelated to it. It is drawn from a hash of n, so that a number always gets the same verdict.
 */
#ifndef PRIMALITY_LIMBS_H
#define PRIMALITY_LIMBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel; /* whose loops do the arithmetic */

/* Is n a strong probable prime to base 2? Past LARGE_LIMBS (large.h), limbs_probable_prime() is to
   be asked instead of all the others. */
bool limbs_base2(const struct kernel *kernel, const uint64_t *n, size_t count);

/* Can n be proven prime by limbs_first_bases()? */
bool limbs_provable(const uint64_t *n, size_t count);
bool limbs_first_bases(const uint64_t *n, size_t count);

/* The parameter of the Lucas test, as lucas64_parameter(): 0 when the search proved n composite. */
uint32_t limbs_lucas_parameter(const uint64_t *n, size_t count);

/* The base of the Miller-Rabin round is limbs_base() / 2^52 modulo n; limbs_base() is odd. */
uint64_t limbs_base(const uint64_t *n, size_t count);

/* Does n pass the Lucas test for p, and the Miller-Rabin round? */
bool limbs_last(const struct kernel *kernel, const uint64_t *n, size_t count, uint32_t p);

/* Is n, of any size, a probable prime? All tests, by GMP. */
bool limbs_probable_prime(const uint64_t *n, size_t count);

#endif
