/*
 * loops - what producer and consumers do, the same for every contender.
 *
 * In line, so that a contender that names itself in the call has its own functions put in: neither
 * side pays for a call by pointer.
 */
#ifndef BENCH_RING_LOOPS_H
#define BENCH_RING_LOOPS_H

#include <ck_pr.h>
#include <sched.h>

#include "bench/ring/contender.h"
#include "common/clock.h"
#include "common/futex.h"

#define LOOPS_INLINE static inline __attribute__((always_inline))

/* Look again soon; from time to time let others have the processor, of which there may be too few. */
LOOPS_INLINE void loops_spin(unsigned turns)
{
    if (turns % 128 == 127)
        sched_yield();
    else
        ck_pr_stall(); /* the processor's pause */
}

/* A place has come back: its number must be answered, once, and not have come before. */
LOOPS_INLINE void loops_check(struct ground *ground, uint32_t place, unsigned places, uint8_t *seen)
{
    if (place >= places)
        contender_fail("place %u came back, and there are %u", place, places);
    struct place *p = &ground->places[place];
    if (p->takes != 1 || p->answer != contender_answer(p->number) || seen[p->number])
        contender_fail("number %llu was taken %llu times%s", (unsigned long long)p->number,
                       (unsigned long long)p->takes, seen[p->number] ? ", and came twice" : "");
    seen[p->number] = 1;
}

LOOPS_INLINE void loops_give(const struct contender *contender, struct ground *ground,
                             uint32_t place, uint64_t number)
{
    ground->places[place].number = number;
    ground->places[place].takes = 0;
    contender->give(place);
}

LOOPS_INLINE int64_t loops_produce(const struct contender *contender, struct ground *ground,
                                   unsigned places, uint64_t count, uint8_t *seen)
{
    int64_t began_ns = clock_monotonic_ns();
    uint64_t sent = 0;
    while (sent < places && sent < count) {
        loops_give(contender, ground, (uint32_t)sent, sent);
        sent++;
    }
    contender->given((unsigned)sent);
    unsigned turns = 0;
    for (uint64_t received = 0; received < count;) {
        uint32_t place;
        if (!contender->take_back(&place)) {
            contender->producer_idles(turns++);
            continue;
        }
        turns = 0;
        received++;
        loops_check(ground, place, places, seen);
        if (sent < count) {
            loops_give(contender, ground, place, sent++);
            contender->given(1);
        }
    }
    return clock_monotonic_ns() - began_ns;
}

LOOPS_INLINE void loops_consume(const struct contender *contender, struct ground *ground,
                                unsigned me)
{
    atomic_fetch_add(&ground->ready, 1);
    futex_wake(&ground->ready, 1);
    for (unsigned turns = 0;;) {
        uint32_t place;
        if (contender->take(me, &place)) {
            struct place *p = &ground->places[place];
            p->answer = contender_answer(p->number);
            p->takes++;
            contender->give_back(place);
            turns = 0;
        } else if (atomic_load_explicit(&ground->over, memory_order_acquire)) {
            return;
        } else {
            contender->consumer_idles(me, turns++);
        }
    }
}

#endif
