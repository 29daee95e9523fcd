/*
 * numbers - random odd numbers of one size, and what they are by a test that is not the service's own.
 */
#ifndef BENCH_SCALING_NUMBERS_H
#define BENCH_SCALING_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbers {
    size_t count;
    size_t limbs;    /* of each */
    uint64_t *words; /* all of them, least significant limb first */
    uint8_t *primes; /* 1 for a prime */
};

/*
 * So many of exactly `bits` bits (2 .. 10,000), the same each time. Those of up to 64 bits are tested
 * by proven bases, longer ones by GMP.
 */
struct numbers numbers_make(size_t count, unsigned bits);

#endif
