/*
 * peers - the libraries the core is compared with, as far as they were installed at build time.
 *
 * Each peer tests a whole array by its own function for one number. Math::Prime::Util runs as a
 * child process (mpu.pl) that times itself, so that no pipe is part of its figure.
 */
#ifndef BENCH_PRIMALITY_PEERS_H
#define BENCH_PRIMALITY_PEERS_H

#include <stddef.h>
#include <stdint.h>

struct peer {
    const char *name;

    /* The time in ns for testing numbers[0..count-1]; *primes receives how many are prime. */
    double (*run)(const uint64_t *numbers, size_t count, size_t *primes);

    /* The same for one integer of `count` limbs; NULL when the peer is not compared there. */
    double (*run_limbs)(const uint64_t *limbs, size_t count);
};

/* Ourselves first, then FLINT, which the ratios refer to, then the others; ends with a NULL name.
 */
extern const struct peer peers[];

/* Nanoseconds of processor time, so that what else the machine does counts as little as it can. */
double peers_clock(void);

/* Starts what peers need, `directory` being where mpu.pl is. */
void peers_start(const char *directory);

#endif
