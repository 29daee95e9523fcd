/*
 * deaths - what becomes of the items when consumers are killed at any instruction.
 */
#ifndef BENCH_RING_DEATHS_H
#define BENCH_RING_DEATHS_H

#include <sys/types.h>

#include "bench/ring/contender.h"

struct deaths {
    unsigned kills;
    uint64_t items;
    uint64_t lost;      /* items that went with a consumer, and had to be given anew by a timeout */
    bool wedged;        /* nothing came back any more, however much was given anew */
    unsigned wedged_at; /* by the so manieth death */
};

/*
 * Fork consumer `me`, which dies with this process, and after so many microseconds in any case (0: it
 * may live).
 */
pid_t deaths_fork_consumer(const struct contender *contender, struct ground *ground, unsigned me,
                           unsigned life_us);

/* Send items through until so many consumers have died; each is replaced. */
struct deaths deaths_count(const struct contender *contender, unsigned consumers, unsigned places,
                           unsigned kills);

#endif
