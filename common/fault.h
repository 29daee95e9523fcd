/*
 * fault - named gaps in which a test can have a process die or stop.
 *
 * FAULT_POINT("ring_pop.claimed") marks the gap between two steps; docs/crash.md lists them all.
 * Ordinary builds have nothing there. In a build with MODE=fault the environment decides:
 *
 *   PRIMED_FAULT=ring_pop.claimed       whoever comes by kills itself (SIGKILL)
 *   PRIMED_FAULT=ring_pop.claimed:stop  ... stops itself (SIGSTOP)
 *   PRIMED_FAULT=ring_pop.claimed@3     ... when this process comes by for the third time
 *   PRIMED_FAULT_TOKEN=FILE             ... if it can remove FILE: one process, once
 *   PRIMED_POISON=97                    whoever is about to test that number kills itself
 */
#ifndef COMMON_FAULT_H
#define COMMON_FAULT_H

#ifndef FAULT_POINTS
#define FAULT_POINTS 0
#endif

#if FAULT_POINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void fault_point(const char *name)
{
    static _Atomic long passed;
    const char *wanted = getenv("PRIMED_FAULT");
    size_t length = strlen(name);
    if (!wanted || strncmp(wanted, name, length) != 0 || !strchr(":@", wanted[length]))
        return;
    const char *nth = strchr(wanted + length, '@');
    if (nth && atomic_fetch_add(&passed, 1) + 1 < strtol(nth + 1, NULL, 10))
        return;
    const char *token = getenv("PRIMED_FAULT_TOKEN");
    if (token && unlink(token) != 0)
        return;
    raise(strncmp(wanted + length, ":stop", 5) == 0 ? SIGSTOP : SIGKILL);
}

static inline void fault_numbers(const uint64_t *numbers, size_t count)
{
    const char *poison = getenv("PRIMED_POISON");
    uint64_t deadly = poison ? strtoull(poison, NULL, 10) : 0;
    for (size_t i = 0; poison && i < count; i++)
        if (numbers[i] == deadly)
            raise(SIGKILL);
}
#define FAULT_POINT(name) fault_point(name)
#define FAULT_NUMBERS(numbers, count) fault_numbers(numbers, count)
#else
#define FAULT_POINT(name) ((void)0)
#define FAULT_NUMBERS(numbers, count) ((void)0)
#endif

#endif
