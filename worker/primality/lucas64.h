/*
 * lucas64 - the almost extra strong Lucas test for one 64-bit number.
 *
 * Theorem used throughout. No composite below 2^64 passes both a Fermat test to base 2 (an Euler or
 * a strong test implies it) and this test. J. Feitsma enumerated the base-2 Fermat pseudoprimes
 * below 2^64, 118,968,378 of them, W. Galway checked the enumeration, and none is a Lucas
 * pseudoprime of any of the usual kinds, this one among them:
 * http://www.cecm.sfu.ca/Pseudoprimes/index-2-to-64.html and D. Jacobsen, "Pseudoprime statistics,
 * tables, and data", http://ntheory.org/pseudoprimes.html. The combination is the test of R.
 * Baillie, C. Pomerance, J. L. Selfridge and S. S. Wagstaff: Baillie and Wagstaff, "Lucas
 * pseudoprimes", Math. Comp. 35 (1980). This variant: J. Grantham, "Frobenius pseudoprimes", Math.
 * Comp. 70 (2001), without the condition on U.
 */
#ifndef PRIMALITY_LUCAS64_H
#define PRIMALITY_LUCAS64_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The test. Let V be the Lucas sequence with parameters P and Q = 1, that is V_0 = 2, V_1 = P and
 * V_(k+1) = P V_k - V_(k-1), where P is lucas64_parameter(n, 3); and let n + 1 = d * 2^s, d odd.
 * Then n passes when V_d is 2 or -2, or V_(d * 2^r) is 0 for some 0 <= r < s - 1, modulo n. Kernels
 * go up to V_d by V_2k = V_k^2 - 2 and V_(2k+1) = V_k V_(k+1) - P, several numbers in step.
 */

/*
 * The smallest P >= first for which P^2 - 4 is a quadratic non-residue of odd n > 2 (Jacobi symbol
 * -1), or 0 when the search proved n composite: it met a common factor, or n is a square.
 */
uint32_t lucas64_parameter(uint64_t n, uint32_t first);

/*
 * The end of the test in Montgomery form (mont64.h), from v = V_d on; `two` and `inverse` belong to
 * n.
 */
bool lucas64_end(uint64_t v, int s, uint64_t two, uint64_t n, uint64_t inverse);

#endif
