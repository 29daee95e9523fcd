/* stress - what the stress programs share: options, chance, geometry, and how they fail. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdint.h>

struct stress_options {
    unsigned seconds; /* --seconds: how long to run, about */
    uint64_t seed;    /* --seed: of everything left to chance but the scheduling */
};

/*
 * Read the options; exits 2 if they are wrong. From here on a run that takes far longer than asked
 * for fails as hung.
 */
struct stress_options stress_begin(int argc, char **argv);

/* Say what went wrong and exit 1. Any process or thread. */
_Noreturn __attribute__((format(printf, 1, 2))) void stress_fail(const char *format, ...);

/* The next random number below `limit`. */
uint64_t stress_random(uint64_t *state, uint64_t limit);

/* A round: so many workers and blocks, and the ring's counters starting here. */
struct stress_round {
    unsigned workers;
    unsigned blocks;
    uint64_t position;
};

/*
 * Round `index` of 0 .. STRESS_ROUNDS - 1: few and many of both, over every wrap of the counters.
 */
enum { STRESS_ROUNDS = 8 };
struct stress_round stress_round(unsigned index);

#endif
