/*
 * histogram - how long things took: counts in fixed buckets, from 100 µs to 100 s in steps of 1, 2
 * and 5, and one for what took longer.
 *
 * Any thread may add and read, without a lock: a reader may see the count of a span before its part
 * of the sum.
 */
#ifndef SERVER_HTTP_HISTOGRAM_H
#define SERVER_HTTP_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 19, HISTOGRAM_BUCKETS = HISTOGRAM_BOUNDS + 1 };

/* Zero it to start. */
struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS]; /* each bucket by itself, not cumulative */
    _Atomic uint64_t sum_ns;
};

/* The greatest span of a bucket but the last, which has no bound: index 0 .. HISTOGRAM_BOUNDS - 1. */
int64_t histogram_bound_ns(int index);

/* Count a span; a negative one, from a clock that was set back, as 0. */
void histogram_add(struct histogram *histogram, int64_t span_ns);

#endif
