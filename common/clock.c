/* clock - reading the clocks, and writing a wall time. See clock.h. */
#include "common/clock.h"

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

/* Write the last `count` digits of a number, zeros in front, and a character behind them. */
static char *write_digits(char *pen, unsigned number, unsigned count, char behind)
{
    for (unsigned i = count; i-- > 0; number /= 10)
        pen[i] = (char)('0' + number % 10);
    pen[count] = behind;
    return pen + count + 1;
}

/* Each document has some of these: without strftime() and printf, a seventh of the time. */
char *clock_rfc3339(char out[CLOCK_RFC3339_SIZE], int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char *pen = write_digits(out, (unsigned)(utc.tm_year + 1900), 4, '-');
    pen = write_digits(pen, (unsigned)(utc.tm_mon + 1), 2, '-');
    pen = write_digits(pen, (unsigned)utc.tm_mday, 2, 'T');
    pen = write_digits(pen, (unsigned)utc.tm_hour, 2, ':');
    pen = write_digits(pen, (unsigned)utc.tm_min, 2, ':');
    pen = write_digits(pen, (unsigned)utc.tm_sec, 2, '.');
    pen = write_digits(pen, (unsigned)(wall_ns % NS_PER_S / 1000), 6, 'Z');
    *pen = '\0';
    return out;
}
