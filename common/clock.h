/* clock - the two times the service needs: one that never jumps, and the one on the wall. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* Nanoseconds on a clock that only goes forward; the same in every process of the machine. */
int64_t clock_monotonic_ns(void);

/* Nanoseconds since 1970-01-01 UTC; may jump when the clock is set. */
int64_t clock_wall_ns(void);

enum { CLOCK_RFC3339_SIZE = sizeof "2026-01-31T23:59:59.123456Z" };

/* A wall time, not before 1970, as RFC 3339 in UTC with microseconds, and a NUL. Returns out. */
char *clock_rfc3339(char out[CLOCK_RFC3339_SIZE], int64_t wall_ns);

/* The sooner of two times until something; negative ones stand for never. */
static inline int64_t clock_sooner_ns(int64_t a_ns, int64_t b_ns)
{
    if (a_ns < 0 || b_ns < 0)
        return a_ns < 0 ? b_ns : a_ns;
    return a_ns < b_ns ? a_ns : b_ns;
}

#endif
