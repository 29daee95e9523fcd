/*
 * stopwatch - cheap time stamps.
 *
 * A stamp costs about as much as reading the processor's own counter: the time stamp counter on
 * x86-64, the virtual counter on 64-bit Arm, CLOCK_MONOTONIC elsewhere. The first conversion to
 * seconds on x86-64 measures the counter's rate against CLOCK_MONOTONIC, once a process, for about
 * 0.2 ms; a forked child inherits the result.
 */
#ifndef PRIMALITY_STOPWATCH_H
#define PRIMALITY_STOPWATCH_H

#include <stdint.h>

/* The counter now, in ticks of stopwatch_tick() seconds. */
uint64_t stopwatch_now(void);

/* The length of a tick in seconds. */
double stopwatch_tick(void);

#endif
