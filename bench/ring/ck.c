/*
 * ck - Concurrency Kit's ck_ring, one ring there and one back: the kinds that fit the number of
 * consumers, and the one that fits any.
 *
 * A ring is found by its memory alone, so it lives in shared memory as it would in a process's own.
 * It does not sleep, and has no word of who took what.
 */
#include <ck_ring.h>
#include <sys/mman.h>

#include "bench/ring/loops.h"

struct rings {
    ck_ring_t there;
    ck_ring_t back;
    ck_ring_buffer_t there_cells[2 * PLACES_MAX];
    ck_ring_buffer_t back_cells[2 * PLACES_MAX];
};

static struct rings *rings;

static void open_rings(unsigned consumers, unsigned places)
{
    (void)consumers;
    rings = contender_share(sizeof *rings);
    unsigned cells = 2;
    while (cells <= places) /* one stays empty */
        cells *= 2;
    ck_ring_init(&rings->there, cells);
    ck_ring_init(&rings->back, cells);
}

static void close_rings(void)
{
    munmap(rings, sizeof *rings);
}

static void given(unsigned count)
{
    (void)count;
}

static void producer_spins(unsigned turns)
{
    loops_spin(turns);
}

static void consumer_spins(unsigned me, unsigned turns)
{
    (void)me;
    loops_spin(turns);
}

static void expect_room(bool had_room)
{
    if (!had_room)
        contender_fail("a ring with a cell for each place is full");
}

/* A contender by the kind of each ring. */
#define CONTENDER(kind, kind_back, label, max)                                                    \
    static void give_##kind(uint32_t place)                                                       \
    {                                                                                             \
        expect_room(                                                                              \
            ck_ring_enqueue_##kind(&rings->there, rings->there_cells, (void *)(uintptr_t)place)); \
    }                                                                                             \
    static bool take_back_##kind(uint32_t *place)                                                 \
    {                                                                                             \
        void *entry;                                                                              \
        if (!ck_ring_dequeue_##kind_back(&rings->back, rings->back_cells, &entry))                \
            return false;                                                                         \
        *place = (uint32_t)(uintptr_t)entry;                                                      \
        return true;                                                                              \
    }                                                                                             \
    static bool take_##kind(unsigned me, uint32_t *place)                                         \
    {                                                                                             \
        void *entry;                                                                              \
        (void)me;                                                                                 \
        if (!ck_ring_dequeue_##kind(&rings->there, rings->there_cells, &entry))                   \
            return false;                                                                         \
        *place = (uint32_t)(uintptr_t)entry;                                                      \
        return true;                                                                              \
    }                                                                                             \
    static void give_back_##kind(uint32_t place)                                                  \
    {                                                                                             \
        expect_room(ck_ring_enqueue_##kind_back(&rings->back, rings->back_cells,                  \
                                                (void *)(uintptr_t)place));                       \
    }                                                                                             \
    static int64_t produce_##kind(struct ground *ground, unsigned places, uint64_t count,         \
                                  uint8_t *seen)                                                  \
    {                                                                                             \
        return loops_produce(&contender_##kind, ground, places, count, seen);                     \
    }                                                                                             \
    static void consume_##kind(struct ground *ground, unsigned me)                                \
    {                                                                                             \
        loops_consume(&contender_##kind, ground, me);                                             \
    }                                                                                             \
    const struct contender contender_##kind = {.name = label,                                     \
                                               .consumers_max = max,                              \
                                               .open = open_rings,                                \
                                               .close = close_rings,                              \
                                               .give = give_##kind,                               \
                                               .given = given,                                    \
                                               .take_back = take_back_##kind,                     \
                                               .take = take_##kind,                               \
                                               .give_back = give_back_##kind,                     \
                                               .producer_idles = producer_spins,                  \
                                               .consumer_idles = consumer_spins,                  \
                                               .produce = produce_##kind,                         \
                                               .consume = consume_##kind};

CONTENDER(spsc, spsc, "ck_ring spsc", 1)
CONTENDER(spmc, mpsc, "ck_ring spmc + mpsc", CONSUMERS_MAX)
CONTENDER(mpmc, mpmc, "ck_ring mpmc", CONSUMERS_MAX)
