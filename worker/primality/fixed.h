/*
 * fixed - Montgomery multiplication for a few limbs, unrolled.
 *
 * For numbers this small a call for each row costs more than the row. The product is summed and
 * reduced a limb at a time: C. K. Koc, T. Acar, B. S. Kaliski, "Analyzing and comparing Montgomery
 * multiplication algorithms", IEEE Micro 16 (1996), the method they call CIOS.
 */
#ifndef PRIMALITY_FIXED_H
#define PRIMALITY_FIXED_H

#include "worker/primality/mont64.h"

#include <stddef.h>
#include <string.h>

enum { FIXED_MAX = 6 };

/*
 * r = a * b / 2^(64 size) mod n; returns the limb above r, which is then not below n but below 2n.
 * inverse is -n^-1 mod 2^64. To be inlined with a constant size.
 */
static inline __attribute__((always_inline)) uint64_t fixed_multiply(uint64_t *r, const uint64_t *a,
                                                                     const uint64_t *b,
                                                                     const uint64_t *n,
                                                                     uint64_t inverse, int size)
{
    uint64_t t[FIXED_MAX + 2] = {0};
    _Pragma("GCC unroll 6") for (int i = 0; i < size; i++)
    {
        mont64_wide sum = 0;
        _Pragma("GCC unroll 6") for (int j = 0; j < size; j++)
        {
            sum = (mont64_wide)a[j] * b[i] + t[j] + (uint64_t)(sum >> 64);
            t[j] = (uint64_t)sum;
        }
        sum = (mont64_wide)t[size] + (uint64_t)(sum >> 64);
        t[size] = (uint64_t)sum;
        t[size + 1] = (uint64_t)(sum >> 64);

        uint64_t q = t[0] * inverse;
        sum = (mont64_wide)q * n[0] + t[0];
        _Pragma("GCC unroll 6") for (int j = 1; j < size; j++)
        {
            sum = (mont64_wide)q * n[j] + t[j] + (uint64_t)(sum >> 64);
            t[j - 1] = (uint64_t)sum;
        }
        sum = (mont64_wide)t[size] + (uint64_t)(sum >> 64);
        t[size - 1] = (uint64_t)sum;
        t[size] = t[size + 1] + (uint64_t)(sum >> 64);
    }
    memcpy(r, t, (size_t)size * sizeof *r);
    return t[size];
}

#endif
