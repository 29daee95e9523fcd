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

struct kernel;

/* Big integers in one call at most. */
enum { PEERS_BATCH = 256 };

/* How many integers of that many limbs the service puts into one chunk, at most PEERS_BATCH. */
size_t peers_piece(size_t limbs);

struct peer {
    const char *name;

    /*
     * The time in ns for testing numbers[0..count-1]; *primes receives how many are prime. Below 0
     * when the peer is not to be had. NULL when it is not compared there.
     */
    double (*run)(const struct peer *peer, const uint64_t *numbers, size_t count, size_t *primes);

    /* The same for big integers; NULL when the peer is not compared there. */
    double (*run_limbs)(const struct peer *peer, const struct primality_integer *numbers,
                        size_t count, size_t *primes);

    const struct kernel *kernel; /* when it is one of ours */
};

/* Every kernel of ours that this processor can run, then the others; ends with a NULL name. */
enum { PEERS_MAX = 12 };
extern struct peer peers[PEERS_MAX + 1];

/* Nanoseconds of processor time, so that what else the machine does counts as little as it can. */
double peers_clock(void);

/* Starts what peers need, `directory` being where mpu.pl is, and fills the list. */
void peers_start(const char *directory);

#endif
