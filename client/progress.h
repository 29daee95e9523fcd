/*
 * progress - a spinner until there is something to count, then a bar, on a line of its own of
 * standard error.
 *
 * Redrawn ten times a second at most, cleared when done; without a terminal nothing is written.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include <stdint.h>

#include "client/terminal.h"

struct progress {
    const struct terminal *terminal;
    bool shown;
    unsigned frame;  /* of the spinner */
    int64_t next_ns; /* not redrawn before */
    char line[256];  /* the text beside the spinner, or the bar */
    bool spins;
    /* of the bar: a rate over the last seconds */
    uint64_t last_done;
    int64_t last_ns;
    double rate; /* a second; 0: not known yet */
};

void progress_begin(struct progress *progress, const struct terminal *terminal);

/* Say what is waited for, beside the spinner. */
__attribute__((format(printf, 2, 3))) void progress_say(struct progress *progress,
                                                        const char *format, ...);

/* Numbers that have verdicts, of how many, how many primes; eta_s < 0: not known. */
void progress_count(struct progress *progress, uint64_t done, uint64_t total, uint64_t primes,
                    double eta_s);

/* Redraw if it is time: call often. */
void progress_tick(struct progress *progress);

/* Leave an empty line. The next tick draws again. */
void progress_clear(struct progress *progress);

/* A frame of the spinner, one column; utf8: a Braille one. */
const char *progress_frame(unsigned frame, bool utf8);

/* The text of the bar, for that many columns; for tests, which see no terminal. */
void progress_bar(char *out, int size, int columns, bool utf8, uint64_t done, uint64_t total,
                  const char *behind);

#endif
