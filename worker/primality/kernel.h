/*
 * kernel - what a processor's own code must offer to the 64-bit core.
 *
 * A kernel is a table of functions over arrays. Each works on blocks of its own size, of at most
 * KERNEL_PAD entries, and the last block may be part padding: so every array is KERNEL_PAD entries
 * longer than `count`, and the caller fills the excess of n and p with copies of valid entries.
 * What is written to the excess of the results is rubbish.
 *
 * Numbers come in classes of size, and are odd and composite-or-prime undecided:
 *   KERNEL_NARROW   2^16 < n < 2^32
 *   KERNEL_MIDDLE   2^32 < n < 2^50
 *   KERNEL_WIDE     2^50 < n < 2^64
 */
#ifndef PRIMALITY_KERNEL_H
#define PRIMALITY_KERNEL_H

#include "worker/primality/lanes.h"
#include "worker/primality/primality.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__FAST_MATH__)
#error "the kernels compute exactly with doubles: build without -ffast-math"
#endif

enum kernel_class { KERNEL_NARROW, KERNEL_MIDDLE, KERNEL_WIDE, KERNEL_CLASSES };

/* Numbers on the way at once: few enough for the caches, enough to fill the kernels' blocks. */
enum { KERNEL_GROUP = 4096, KERNEL_PAD = 64 };

/* Undecided numbers, and where in the group they came from. */
struct kernel_candidates {
    size_t count;
    uint64_t n[KERNEL_GROUP + KERNEL_PAD];
    uint16_t index[KERNEL_GROUP + KERNEL_PAD];
};

/* Append n, which came from place i, to the class of its size. */
static inline void kernel_append(struct kernel_candidates *classes, uint64_t n, uint16_t i)
{
    struct kernel_candidates *c = &classes[(n >> 32 != 0) + (n >> 50 != 0)];
    c->n[c->count] = n;
    c->index[c->count] = i;
    c->count++;
}

struct kernel {
    const char *name;

    /*
     * The wheel: sort out numbers[0..count-1], any values, count <= KERNEL_GROUP. Those of 2^16 and
     * more that no prime up to 13 divides are appended to classes[their size], in order, index[]
     * being their place in numbers; the places of those below 2^16 are written to small[], also in
     * order. Returns how many are small. `numbers` is not padded; small has KERNEL_PAD entries in
     * excess.
     */
    size_t (*wheel)(const uint64_t *numbers, size_t count, struct kernel_candidates *classes,
                    uint16_t *small);

    /*
     * Trial division: keep those of n[0..count-1] that no prime from 17 up to the limit of the
     * class (see trial.h) divides, in place and in order, and index[] along with them. Returns how
     * many.
     */
    size_t (*sift)(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count);

    /* passed[i] = n[i] is an Euler-Jacobi probable prime to base 2: 2^((n - 1) / 2) is (2/n) modulo
       n. That implies Fermat's test, the one Feitsma's enumeration is about. */
    void (*euler[KERNEL_CLASSES])(const uint64_t *n, size_t count, uint8_t *passed);

    /* passed[i] = n[i] is an almost extra strong Lucas probable prime for the parameter p[i] (see
       lucas64.h). Never called for KERNEL_NARROW. */
    void (*lucas[KERNEL_CLASSES])(const uint64_t *n, const uint32_t *p, size_t count,
                                  uint8_t *passed);

    /* t[0..2 size - 1] = a * b, for big integers of `size` limbs. */
    void (*multiply)(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t size);

    /*
     * Add multiples of n to t[0..2 size - 1] that clear its low limbs, from the lowest up: q * n
     * with q = t[i] * inverse for each, inverse being -n^-1 mod 2^64. The carry limb of each, which
     * is due in t[i + size], is left in t[i].
     */
    void (*reduce)(uint64_t *t, const uint64_t *n, size_t size, uint64_t inverse);

    /* Several big integers in step; NULL where that does not pay. */
    const struct lanes_kernel *lanes;
};

extern const struct kernel kernel_portable;
extern const struct kernel kernel_avx2;       /* x86-64 only */
extern const struct kernel kernel_avx512ifma; /* x86-64 only */

/* Implementations of multiply and reduce, the second pair for processors with BMI2 and ADX. */
void rows_multiply_portable(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t size);
void rows_reduce_portable(uint64_t *t, const uint64_t *n, size_t size, uint64_t inverse);
void rows_multiply_adx(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t size);
void rows_reduce_adx(uint64_t *t, const uint64_t *n, size_t size, uint64_t inverse);

/* The kernels this processor can run, from i = 0 (portable) on; NULL past the last. */
const struct kernel *kernel_available(size_t i);

/* The one for this process, chosen at the first call. */
const struct kernel *kernel_chosen(void);

/* primality_test_u64() and primality_test_limbs_batch() by a given kernel: what the tests use to
   reach each. */
void kernel_test_u64(const struct kernel *kernel, const uint64_t *numbers, size_t count,
                     uint8_t *verdicts, float *seconds);
void kernel_test_limbs(const struct kernel *kernel, const struct primality_integer *numbers,
                       size_t count, uint8_t *verdicts, float *seconds);

#endif
