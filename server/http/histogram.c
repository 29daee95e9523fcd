/* histogram - counting spans of time. See histogram.h. */
#include "server/http/histogram.h"

#include "common/clock.h"

int64_t histogram_bound_ns(int index)
{
    static const int64_t steps[] = {1, 2, 5};
    int64_t bound = NS_PER_MS / 10 * steps[index % 3];
    for (int decade = index / 3; decade > 0; decade--)
        bound *= 10;
    return bound;
}

void histogram_add(struct histogram *histogram, int64_t span_ns)
{
    if (span_ns < 0)
        span_ns = 0;
    int bucket = 0;
    while (bucket < HISTOGRAM_BOUNDS && span_ns > histogram_bound_ns(bucket))
        bucket++;
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_ns, (uint64_t)span_ns, memory_order_relaxed);
}
