/*
 * ring_threads - the protocol between threads: one feeder, several workers, nobody dies. Meant for
 * ThreadSanitizer, which sees the accesses of one process only (make MODE=tsan stress).
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/stress/feeder.h"
#include "tests/stress/stress.h"
#include "worker/worker.h"

enum { MAX_WORKERS = 8 };

struct worker {
    pthread_t thread;
    struct arena *arena;
    unsigned slot;
};

static void *work(void *data)
{
    struct worker *worker = data;
    worker_loop(worker->arena, worker->slot);
    return NULL;
}

/* The workers count what they do, each in its own slot: with nobody dying, to the last number. */
static void check_slots(const struct arena *arena, const struct feeder *feeder)
{
    uint64_t blocks = 0, numbers = 0;
    for (unsigned slot = 0; slot < arena->slot_count; slot++) {
        blocks += atomic_load(&arena->desks[slot].blocks_done);
        numbers += atomic_load(&arena->desks[slot].numbers_done);
    }
    if (blocks != feeder->blocks || numbers != feeder->numbers)
        stress_fail("workers counted %" PRIu64 " blocks and %" PRIu64
                    " numbers, the feeder %" PRIu64 " and %" PRIu64,
                    blocks, numbers, feeder->blocks, feeder->numbers);
}

static void run_round(struct feeder *feeder, struct stress_round round, int64_t duration_ns,
                      uint64_t seed)
{
    struct arena arena;
    if (arena_create(&arena, round.workers, round.blocks) != 0)
        stress_fail("no arena");
    feeder_init(feeder, &arena, round.position, seed);

    struct worker workers[MAX_WORKERS];
    for (unsigned slot = 0; slot < round.workers; slot++) {
        workers[slot] = (struct worker){.arena = &arena, .slot = slot};
        if (pthread_create(&workers[slot].thread, NULL, work, &workers[slot]) != 0)
            stress_fail("no thread");
    }
    feeder_run(feeder, clock_monotonic_ns() + duration_ns);
    feeder_send_sentinels(feeder, round.workers);
    for (unsigned slot = 0; slot < round.workers; slot++)
        pthread_join(workers[slot].thread, NULL);

    feeder_settle(feeder);
    if (feeder->sentinels_done != round.workers || feeder->orphans != 0)
        stress_fail("%u of %u sentinels done, %" PRIu64 " orphans", feeder->sentinels_done,
                    round.workers, feeder->orphans);
    check_slots(&arena, feeder);
    arena_destroy(&arena);
}

int main(int argc, char **argv)
{
    struct stress_options options = stress_begin(argc, argv);
    struct feeder *feeder = malloc(sizeof *feeder);
    if (!feeder)
        stress_fail("no memory");

    uint64_t blocks = 0, numbers = 0;
    for (unsigned i = 0; i < STRESS_ROUNDS; i++) {
        run_round(feeder, stress_round(i), options.seconds * NS_PER_S / STRESS_ROUNDS,
                  options.seed + i);
        blocks += feeder->blocks;
        numbers += feeder->numbers;
    }
    free(feeder);
    printf("ring_threads: ok, %" PRIu64 " blocks, %" PRIu64 " numbers, %d rounds, seed %" PRIu64
           "\n",
           blocks, numbers, STRESS_ROUNDS, options.seed);
    return 0;
}
