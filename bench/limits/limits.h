/*
 * limits - what the machine takes for the things the service cannot do without, each alone: the
 * bounds that docs/performance.md holds its figures against. Each function returns the median over
 * its rounds, of the clock on the wall.
 */
#ifndef BENCH_LIMITS_LIMITS_H
#define BENCH_LIMITS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* --- limits.c --------------------------------------------------------------------------------- */

enum { LIMITS_ROUNDS = 15 };

int64_t limits_now_ns(void);

/* The median of LIMITS_ROUNDS values, which it sorts. */
double limits_median(double *values);

/* Say what has failed, and why, and exit. */
_Noreturn void limits_fail(const char *what);

/* --- wakes.c: microseconds from one party to another that sleeps, and back -------------------- */

double wakes_threads(void);   /* two threads, a futex word each */
double wakes_processes(void); /* two processes, likewise */
double wakes_spinning(void);  /* the same without sleeping: what is left is the memory's */
double wakes_eventfd(void);   /* two threads, each asleep in epoll_wait() on an eventfd */
double wakes_ring(void); /* a block to a worker process through the ring, and back over the board */

/* --- sockets.c: the loopback ------------------------------------------------------------------ */

/* Microseconds for `request` octets one way and `reply` the other, between two threads. */
double sockets_round_trip(size_t request, size_t reply);

/* Octets a nanosecond (GB/s), one way, in pieces of 64 KiB. */
double sockets_stream(void);

/* --- work.c: the processor and the disk ------------------------------------------------------- */

double work_copy(void);          /* octets a nanosecond of memcpy(), beyond the caches */
double work_number(size_t bits); /* nanoseconds a random number takes the core */

/* Microseconds to append `size` octets to a file in that directory and have the disk keep them. */
double work_append(const char *directory, size_t size);

#endif
