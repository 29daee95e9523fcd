/*
 * u128 - proofs and probable prime tests for odd n of two limbs, 2^64 < n < 2^128.
 *
 * The tests are those of lucas64.h with twice the width.
 */
#ifndef PRIMALITY_U128_H
#define PRIMALITY_U128_H

#include "worker/primality/mont128.h"

#include <stdbool.h>

/* Is n a strong probable prime to base 2? */
bool u128_base2(mont128 n);

/* Is n a strong probable prime to base a / 2^64 modulo n? */
bool u128_base_shifted(mont128 n, uint64_t a);

/* Is n an almost extra strong Lucas probable prime for the parameter p? */
bool u128_lucas(mont128 n, uint32_t p);

/* Is n within the reach of u128_first_bases()? */
bool u128_provable(mont128 n);

/*
 * Is n a strong probable prime to the odd primes up to 41? Together with base 2 that proves n prime
 * below psi_13 = 3317044064679887385961981: J. Sorenson, J. Webster, "Strong pseudoprimes to twelve
 * prime bases", Math. Comp. 86 (2017).
 */
bool u128_first_bases(mont128 n);

#endif
