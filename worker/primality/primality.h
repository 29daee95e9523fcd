/*
 * primality - verdicts for arrays of integers.
 *
 * The core of the service, usable without it (build/libprimality.a and this header). Pure
 * computation: no I/O, no global state but the choice of kernel; every function may be called from
 * any number of threads and processes at once. 64-bit input allocates nothing. Floating point must
 * round to nearest in the calling thread, as it does from the start (fesetround()): some kernels
 * compute exactly with doubles.
 *
 * What a verdict means:
 *   below 2^64      always proven, either way (deterministic, see u64.c for the theorem used);
 *   from 2^64 on    PRIMALITY_COMPOSITE is proven; PRIMALITY_PROBABLE_PRIME passed a strong Fermat
 *                   test to base 2, a strong Lucas test (together BPSW, Baillie, Pomerance,
 *                   Selfridge and Wagstaff; no composite that passes is known) and a Miller-Rabin
 *                   round to a base drawn from a hash of the number, so that the same number always
 *                   gets the same verdict. Below 3317044064679887385961981 a prime is proven, and
 *                   answered PRIMALITY_PRIME: see u128.h.
 */
#ifndef PRIMALITY_H
#define PRIMALITY_H

#include <stddef.h>
#include <stdint.h>

/* The values are part of the service's wire format (one octet a verdict): never renumber them. */
enum primality_verdict {
    PRIMALITY_COMPOSITE = 0, /* not prime: composite, or 0, or 1 */
    PRIMALITY_PRIME = 1,     /* proven prime */
    PRIMALITY_PROBABLE_PRIME = 2,
};

/*
 * Test numbers[0..count-1], any values, any count including 0. Writes one enum primality_verdict to
 * each verdicts[i]. When seconds is not NULL, seconds[i] receives the time spent on that number:
 * numbers tested in lockstep share the time of their group evenly, so the sum over the array is the
 * time the call took. The arrays must not overlap. Needs about 200 KiB of stack; best served with
 * some hundreds of numbers or more a call.
 */
void primality_test_u64(const uint64_t *numbers, size_t count, uint8_t *verdicts, float *seconds);

/*
 * A non-negative integer of any size as `count` 64-bit limbs, least significant first. High zero
 * limbs are allowed; count 0 is the number 0, and limbs is not looked at then.
 */
struct primality_integer {
    const uint64_t *limbs; /* not owned */
    size_t count;
};

/*
 * Test numbers[0..count-1], of any sizes in any order, any count including 0: verdicts and seconds
 * as above. Numbers are tested in step with others of the same size (up to 4,096 bits), so the more
 * of a size there are in a call the better, up to 256; a number alone is tested by itself. Needs no
 * more than 256 KiB of stack. Up to 8,192 bits nothing is allocated; longer ones are GMP's, which
 * allocates.
 */
void primality_test_limbs_batch(const struct primality_integer *numbers, size_t count,
                                uint8_t *verdicts, float *seconds);

/* The same for one integer. When seconds is not NULL, *seconds receives the time it took. */
enum primality_verdict primality_test_limbs(const uint64_t *limbs, size_t count, float *seconds);

/*
 * Expected time of one number of `bits` significant bits, in nanoseconds, for the worst case (a
 * prime) on the reference machine of bench/README.md: what a scheduler needs to cut work into equal
 * pieces. At least 1. A rough figure, meant to be corrected by measurement.
 */
uint64_t primality_cost_ns(size_t bits);

/*
 * The kernel in use: "portable", or the name of a faster one this processor offers. It is chosen at
 * the first call of any function; the environment variable PRIMED_CPU=portable|avx2|avx512ifma
 * forces one.
 */
const char *primality_kernel(void);

#endif
