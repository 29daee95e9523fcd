/*
 * peers - the libraries the core is compared with, as far as they were installed at build time.
 *
 * Each peer tests a whole array by its own function for one number. Math::Prime::Util runs as a
 * child process (mpu.pl) that times itself, so that no pipe is part of its figure.
 */
#ifndef BENCH_PRIMALITY_PEERS_H
#define BENCH_PRIMALITY_PEERS_H

#include "worker/primality/primality.h"

#include <stddef.h>
#include <stdint.h>

/* Big integers in one call at most. */
enum { PEERS_BATCH = 256 };

/* How many integers of that many limbs the service puts into one chunk, at most PEERS_BATCH. */
size_t peers_piece(size_t limbs);

struct peer {
    const char *name;

    /* The time in ns for testing numbers[0..count-1]; *primes receives how many are prime. */
    double (*run)(const uint64_t *numbers, size_t count, size_t *primes);

    /* The same for big integers; NULL when the peer is not compared there. */
    double (*run_limbs)(const struct primality_integer *numbers, size_t count, size_t *primes);
};

/* Ourselves first, then FLINT, which the ratios refer to, then the others; ends with a NULL name.
 */
extern const struct peer peers[];

/* Nanoseconds of processor time, so that what else the machine does counts as little as it can. */
double peers_clock(void);

/* Starts what peers need, `directory` being where mpu.pl is. */
void peers_start(const char *directory);

#endif
