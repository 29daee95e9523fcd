/* clock - reading the clocks, and writing a wall time. See clock.h. */
#include "common/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

char *clock_rfc3339(char out[CLOCK_RFC3339_SIZE], int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t length = strftime(out, CLOCK_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    unsigned microseconds = (unsigned)(wall_ns % NS_PER_S / 1000) % 1000000;
    snprintf(out + length, CLOCK_RFC3339_SIZE - length, ".%06uZ", microseconds);
    return out;
}
