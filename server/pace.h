/*
 * pace - how fast processes that die may be replaced: at once, unless they die again and again.
 *
 * A token bucket in one number (the generic cell rate algorithm, ITU-T I.371): each death moves a
 * time on by an interval, and a successor waits while that time is more than a burst ahead of now.
 * So the first burst / interval deaths cost nobody a wait, and a crash loop is slowed down to one
 * start an interval, whichever process it is that dies.
 */
#ifndef SERVER_PACE_H
#define SERVER_PACE_H

#include <stdint.h>

struct pace {
    int64_t interval_ns; /* between two starts, in the long run */
    int64_t burst_ns;    /* that many intervals may be used up at once */
    int64_t used_until_ns;
};

/* A process has died, or could not be started, at that monotonic time. */
void pace_note(struct pace *pace, int64_t now_ns);

/* How long the next start has to wait; 0 or less: not at all. */
int64_t pace_wait_ns(const struct pace *pace, int64_t now_ns);

#endif
