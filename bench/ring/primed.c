/* primed - the ring and the board of the service, as its dispatcher and its workers use them. */
#include <string.h>

#include "bench/ring/loops.h"
#include "common/arena.h"
#include "common/board.h"
#include "common/ring.h"

static struct arena arena;

static void open_arena(unsigned consumers, unsigned places)
{
    int error = arena_create(&arena, consumers, places);
    if (error)
        contender_fail("no arena: %s", strerror(-error));
}

static void close_arena(void)
{
    arena_destroy(&arena);
}

static _Atomic uint64_t *claim_of(uint32_t place)
{
    return arena_claim(&arena, place);
}

static void give(uint32_t place)
{
    ring_push(&arena, place, 0);
}

static void given(unsigned count)
{
    ring_wake(&arena, count);
}

/* The harvest: a DONE block becomes FREE, one whose worker died is queued again. */
static bool take_back(uint32_t *place)
{
    int32_t posted = board_take(&arena);
    if (posted == BOARD_EMPTY)
        return false;
    _Atomic uint64_t *word = claim_of((uint32_t)posted);
    struct claim claim = claim_unpack(atomic_load_explicit(word, memory_order_acquire));
    if (claim.state == CLAIM_ORPHANED) {
        ring_push(&arena, (uint32_t)posted, claim.attempts);
        ring_wake(&arena, 1);
    }
    if (claim.state != CLAIM_DONE)
        return false; /* or posted twice */
    atomic_store_explicit(word, 0, memory_order_relaxed);
    *place = (uint32_t)posted;
    return true;
}

static bool take(unsigned me, uint32_t *place)
{
    int32_t popped = ring_pop(&arena, me);
    *place = (uint32_t)popped;
    return popped != RING_EMPTY;
}

static void give_back(uint32_t place)
{
    board_finish(&arena, place);
}

static void reap(unsigned me)
{
    arena_reap(&arena, me);
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

static void producer_sleeps(unsigned turns)
{
    (void)turns;
    board_prepare_wait(&arena);
    board_wait(&arena, -1);
}

static void consumer_sleeps(unsigned me, unsigned turns)
{
    (void)turns;
    ring_wait(&arena, me);
}

static void dismiss(unsigned consumers)
{
    for (unsigned i = 0; i < consumers; i++)
        arena_dismiss(&arena, i);
}

static int64_t produce(struct ground *ground, unsigned places, uint64_t count, uint8_t *seen)
{
    return loops_produce(&contender_primed, ground, places, count, seen);
}

static void consume(struct ground *ground, unsigned me)
{
    loops_consume(&contender_primed, ground, me);
}

static int64_t produce_asleep(struct ground *ground, unsigned places, uint64_t count, uint8_t *seen)
{
    return loops_produce(&contender_primed_asleep, ground, places, count, seen);
}

static void consume_asleep(struct ground *ground, unsigned me)
{
    loops_consume(&contender_primed_asleep, ground, me);
}

/* What the two have in common. */
#define BY_THE_ARENA                                                                        \
    .consumers_max = CONSUMERS_MAX, .open = open_arena, .close = close_arena, .give = give, \
    .given = given, .take_back = take_back, .take = take, .give_back = give_back, .reap = reap

const struct contender contender_primed = {.name = "primed, spinning",
                                           BY_THE_ARENA,
                                           .producer_idles = producer_spins,
                                           .consumer_idles = consumer_spins,
                                           .produce = produce,
                                           .consume = consume};

const struct contender contender_primed_asleep = {.name = "primed, sleeping",
                                                  BY_THE_ARENA,
                                                  .producer_idles = producer_sleeps,
                                                  .consumer_idles = consumer_sleeps,
                                                  .end = dismiss,
                                                  .produce = produce_asleep,
                                                  .consume = consume_asleep};
