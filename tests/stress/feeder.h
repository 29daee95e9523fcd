/*
 * feeder - the dispatcher reduced to what the protocol asks of it: fills blocks, pushes them, takes
 * them off the board, pushes orphans again, and checks every claim, count and verdict on the way.
 *
 * Used by one process or thread at a time. It holds no pointer but those of its arguments, so it
 * may lie in shared memory and be looked at by the parent of the process that ran it.
 */
#ifndef TESTS_STRESS_FEEDER_H
#define TESTS_STRESS_FEEDER_H

#include <stdbool.h>

#include "common/arena.h"

enum { FEEDER_MAX_BLOCKS = 128 };

/* What the feeder knows of a block without looking at it. */
struct feeder_job {
    bool out; /* not FREE: queued, running, or on its way back */
    bool sentinel;
    uint64_t ticket;     /* of its last push */
    unsigned orphanings; /* since it was filled */
    uint32_t count;
    uint32_t done; /* numbers checked so far */
    uint8_t expected[CHUNK_MAX_NUMBERS];
};

struct feeder {
    struct arena *arena;
    uint64_t random;
    unsigned out; /* blocks that are */
    struct feeder_job jobs[FEEDER_MAX_BLOCKS];
    /* figures */
    uint64_t blocks;  /* of numbers, come back done */
    uint64_t numbers; /* in them */
    uint64_t orphans; /* pushed again */
    unsigned sentinels_done;
    unsigned sentinels_orphaned;  /* claimed by a worker that died of something else */
    unsigned sentinels_unclaimed; /* left when the last worker had gone */
};

/* Start over with an arena nobody uses yet; its ring begins at the position. */
void feeder_init(struct feeder *feeder, struct arena *arena, uint64_t position, uint64_t seed);

/*
 * Keep every block busy until the deadline (on the monotonic clock), then get all of them back. Now
 * and then the whole arena is checked, while others use it.
 */
void feeder_run(struct feeder *feeder, int64_t deadline_ns);

/* Push that many sentinels, as fast as there are blocks for them. Does not await their return. */
void feeder_send_sentinels(struct feeder *feeder, unsigned count);

/* All workers have gone: take back what is left, and check that it is nothing but sentinels. */
void feeder_settle(struct feeder *feeder);

#endif
