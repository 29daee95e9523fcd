/*
 * kernel - what a processor's own code must offer to the 64-bit core.
 *
 * A kernel is a table of functions over arrays. Each works on blocks of its own size: `count` is
 * rounded up to the next multiple of KERNEL_PAD, so every array must be that long, and the caller
 * fills the padding of n (and p) with copies of valid entries. Results in the padding are rubbish.
 *
 * Numbers come in classes of size, and are odd and composite-or-prime undecided:
 *   KERNEL_NARROW   2^16 < n < 2^32
 *   KERNEL_MIDDLE   2^32 < n < 2^50
 *   KERNEL_WIDE     2^50 < n < 2^64
 */
#ifndef PRIMALITY_KERNEL_H
#define PRIMALITY_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel_class { KERNEL_NARROW, KERNEL_MIDDLE, KERNEL_WIDE, KERNEL_CLASSES };

enum { KERNEL_PAD = 32 };

struct kernel {
    const char *name;

    /*
     * Trial division: keep those of n[0..count-1] that no prime from 17 up to the limit of the
     * class (see trial.h) divides, in place and in order, and index[] along with them. Returns how
     * many.
     */
    size_t (*sift)(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count);

    /* passed[i] = 2^((n[i] - 1) / 2) is 1 or -1 modulo n[i]: an Euler test to base 2, which implies
       Fermat's. */
    void (*euler[KERNEL_CLASSES])(const uint64_t *n, size_t count, uint8_t *passed);

    /* passed[i] = n[i] is an almost extra strong Lucas probable prime for the parameter p[i] (see
       bpsw64.h). Never called for KERNEL_NARROW. */
    void (*lucas[KERNEL_CLASSES])(const uint64_t *n, const uint32_t *p, size_t count,
                                  uint8_t *passed);
};

extern const struct kernel kernel_portable;
extern const struct kernel kernel_avx2; /* x86-64 only */

/* The one for this process, chosen at the first call. */
const struct kernel *kernel_chosen(void);

/* primality_test_u64() by a given kernel: what the tests use to reach each. */
void kernel_test_u64(const struct kernel *kernel, const uint64_t *numbers, size_t count,
                     uint8_t *verdicts, float *seconds);

#endif
