/*
 * contender - one way to hand items from a process to others and back, and what they all work on.
 *
 * An item is a place in shared memory, and its index travels. The producer writes a number into the
 * place and gives it; a consumer takes it, writes the answer and gives it back. As many items are
 * under way at once as there are places: with one it is a game of ping-pong, with many the queue is
 * never empty.
 */
#ifndef BENCH_RING_CONTENDER_H
#define BENCH_RING_CONTENDER_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PLACES_MAX = 64, CONSUMERS_MAX = 8, LINE = 64 };

struct place {
    alignas(LINE) uint64_t number; /* the producer's */
    uint64_t answer;               /* the consumer's */
    uint64_t takes;                /* how often the number was taken: the consumer's */
};

/* Shared by all processes, beside what the contender shares itself. */
struct ground {
    alignas(LINE) _Atomic uint32_t ready; /* consumers that have started */
    alignas(LINE) _Atomic uint32_t over;  /* 1: a consumer that finds nothing ends */
    struct place places[PLACES_MAX];
};

struct contender {
    const char *name;
    unsigned consumers_max;

    /* Make what is shared, for so many consumers and places, before any of them is forked; undo. */
    void (*open)(unsigned consumers, unsigned places);
    void (*close)(void);

    /* The producer: hand a place to any consumer; so many were given; receive one, if there is one. */
    void (*give)(uint32_t place);
    void (*given)(unsigned count);
    bool (*take_back)(uint32_t *place);
    /* Consumer `me`: receive a place, if there is one; hand it back. */
    bool (*take)(unsigned me, uint32_t *place);
    void (*give_back)(uint32_t place);

    /* There was nothing, `turns` times in a row: spin, yield or sleep. */
    void (*producer_idles)(unsigned turns);
    void (*consumer_idles)(unsigned me, unsigned turns);

    /* The producer, once ground->over is set: let no consumer sleep on. NULL: none sleeps. */
    void (*end)(unsigned consumers);
    /* Consumer `me` has died. NULL: nobody can know what it had. */
    void (*reap)(unsigned me);

    /* The loops of loops.h, with all of the above in line. */
    int64_t (*produce)(struct ground *ground, unsigned places, uint64_t count, uint8_t *seen);
    void (*consume)(struct ground *ground, unsigned me);
};

extern const struct contender contender_primed, contender_primed_asleep;      /* primed.c */
extern const struct contender contender_spsc, contender_spmc, contender_mpmc; /* ck.c */

/* What a consumer makes of a number. */
static inline uint64_t contender_answer(uint64_t number)
{
    return (number ^ 0x5bd1e995) * 0x9e3779b97f4a7c15;
}

/* Say what is wrong and end the program. */
__attribute__((noreturn, format(printf, 1, 2))) void contender_fail(const char *format, ...);

/* Memory that processes forked later share; zero. */
void *contender_share(size_t size);

#endif
