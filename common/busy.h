/*
 * busy - how long something was at work, all in all, in one atomic word: who reads it never sees
 * the sum fall, though the span that is going on counts as well.
 *
 * The word is twice the sum of the spans that are over, plus 1 while one goes on; then its beginning is
 * taken off that sum, so that adding the time it is now gives the sum up to now. Nanoseconds of one
 * monotonic clock, 0 .. 2^62 - 1. Zero it to start. One process writes at a time, any may read. What
 * somebody has scribbled over it gives wrong sums, of 0 at least, and overflows nothing: where the word is
 * computed it wraps around.
 */
#ifndef COMMON_BUSY_H
#define COMMON_BUSY_H

#include <stdatomic.h>
#include <stdint.h>

/* The sum up to now; 0 where that would be less. */
static inline int64_t busy_ns(const _Atomic int64_t *busy, int64_t now_ns)
{
    int64_t word = atomic_load_explicit(busy, memory_order_relaxed);
    int64_t sum = word % 2 ? (word - 1) / 2 + now_ns : word / 2;
    return sum > 0 ? sum : 0;
}

/* A span begins; nothing where one goes on. */
static inline void busy_begin(_Atomic int64_t *busy, int64_t now_ns)
{
    uint64_t word = (uint64_t)atomic_load_explicit(busy, memory_order_relaxed);
    if (word % 2 == 0)
        atomic_store_explicit(busy, (int64_t)(word - 2 * (uint64_t)now_ns + 1),
                              memory_order_relaxed);
}

/* It ends; nothing where none goes on. */
static inline void busy_end(_Atomic int64_t *busy, int64_t now_ns)
{
    if (atomic_load_explicit(busy, memory_order_relaxed) % 2)
        atomic_store_explicit(busy, (int64_t)(2 * (uint64_t)busy_ns(busy, now_ns)),
                              memory_order_relaxed);
}

#endif
