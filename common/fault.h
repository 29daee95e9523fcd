/*
 * fault - named gaps in which a test can have a process die or stop.
 *
 * FAULT_POINT("ring_pop.claimed") marks the gap between two steps of the protocol; docs/crash.md
 * lists them all. Ordinary builds have nothing there. In a build with MODE=fault, a process whose
 * environment says PRIMED_FAULT=ring_pop.claimed kills itself (SIGKILL) when it comes by, and with
 * PRIMED_FAULT=ring_pop.claimed:stop it stops itself (SIGSTOP).
 */
#ifndef COMMON_FAULT_H
#define COMMON_FAULT_H

#ifndef FAULT_POINTS
#define FAULT_POINTS 0
#endif

#if FAULT_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_point(const char *name)
{
    const char *wanted = getenv("PRIMED_FAULT");
    size_t length = strlen(name);
    if (!wanted || strncmp(wanted, name, length) != 0)
        return;
    if (wanted[length] == '\0')
        raise(SIGKILL);
    else if (strcmp(wanted + length, ":stop") == 0)
        raise(SIGSTOP);
}
#define FAULT_POINT(name) fault_point(name)
#else
#define FAULT_POINT(name) ((void)0)
#endif

#endif
