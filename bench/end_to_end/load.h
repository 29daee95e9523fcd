/*
 * load - the clients of the contenders, one after another the same work.
 *
 *   load KIND ADDRESS big COUNT           one batch of COUNT numbers; prints its milliseconds
 *   load KIND ADDRESS small CLIENTS SECONDS
 *                                         20 numbers a batch, each client one after another; prints
 *                                         batches a second, and the median and 99th percentile in ms
 *
 * ADDRESS is HOST:PORT. Every answer is checked; a wrong one ends the program with status 1. A kind of
 * contender is a struct contender; the files load_*.c have them.
 */
#ifndef BENCH_END_TO_END_LOAD_H
#define BENCH_END_TO_END_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct batch {
    const uint64_t *numbers;
    size_t count;
    const char *body; /* the same as a JSON array, for those who take that */
    size_t body_size;
    uint8_t *verdicts; /* the answer: an octet a number, 1 for a prime */
};

/* A connection of one client, whatever the contender makes of it. */
struct contender {
    const char *kind;
    void *(*connect)(const char *host, const char *port);
    /* Have a small batch tested: the numbers in, the number of primes out. */
    size_t (*small)(void *connection, const struct batch *batch);
    /* Have a big one tested, as fast as it can be done. */
    void (*big)(void *connection, const struct batch *batch);
    /* Make room again after a big one; not part of the time. NULL: nothing is kept. */
    void (*forget)(void *connection);
};

extern const struct contender load_primed;        /* verdicts as octets */
extern const struct contender load_primed_ndjson; /* verdicts as NDJSON */
extern const struct contender load_http;          /* the HTTP peers: POST / */
extern const struct contender load_gearman;
extern const struct contender load_beanstalkd;

/* Say what is wrong and end the program. */
__attribute__((noreturn, format(printf, 1, 2))) void load_fail(const char *format, ...);

/* A connected TCP socket without delay. */
int load_connect(const char *host, const char *port);

/* Write all of it; read at least one byte, up to size. */
void load_write(int socket, const void *bytes, size_t size);
size_t load_read(int socket, void *bytes, size_t size);

#endif
