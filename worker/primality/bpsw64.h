/*
 * bpsw64 - the two halves of the Baillie-PSW test for one 64-bit number.
 *
 * Theorem used. No composite below 2^64 passes both. J. Feitsma enumerated every base-2 Fermat
 * pseudoprime below 2^64 (118,968,378 of them, checked by W. Galway's independent computation), and
 * none of them passes a Lucas test of the kinds in use, the almost extra strong one of this file
 * among them: http://www.janfeitsma.nl/math/psp2/index, and D. Jacobsen,
 * http://ntheory.org/pseudoprimes.html. The tests themselves: R. Baillie, S. S. Wagstaff, "Lucas
 * pseudoprimes", Math. Comp. 35 (1980); J. Grantham, "Frobenius pseudoprimes", Math. Comp. 70
 * (2001).
 */
#ifndef PRIMALITY_BPSW64_H
#define PRIMALITY_BPSW64_H

#include <stdbool.h>
#include <stdint.h>

/* Is odd n > 2 a strong probable prime to base 2? */
bool bpsw64_base2(uint64_t n);

/*
 * The smallest P >= first for which P^2 - 4 is a quadratic non-residue of odd n > 2 (Jacobi symbol
 * -1), or 0 when the search proved n composite: it met a common factor, or n is a square. The
 * test's own P is that of first = 3.
 */
uint32_t bpsw64_lucas_parameter(uint64_t n, uint32_t first);

/*
 * Is odd n > 2, not 2^64 - 1, an almost extra strong Lucas probable prime? With Q = 1, P as above
 * and n + 1 = d * 2^s, d odd: V_d = 2 or -2, or V_(d * 2^r) = 0 for some 0 <= r < s - 1, modulo n.
 */
bool bpsw64_lucas(uint64_t n);

/* The same when P is known already. */
bool bpsw64_lucas_with(uint64_t n, uint32_t p);

/*
 * The end of that test in Montgomery form (mont64.h), from V_d = v on: n + 1 = d * 2^s, and `two`
 * and `inverse` belong to n.
 */
bool bpsw64_lucas_end(uint64_t v, int s, uint64_t two, uint64_t n, uint64_t inverse);

#endif
