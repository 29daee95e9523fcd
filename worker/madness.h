/*
 * madness - a worker that loses its mind, on command, in builds with MODE=fault.
 *
 *   PRIMED_MAD=ring          a worker writes random words into that part of the arena: block (the one it
 *                            has), ring, tail, board, claims, slots, control; or it makes a call its sandbox
 *                            forbids: call
 *   PRIMED_FAULT_TOKEN=FILE  ... if it can remove FILE: one worker, once
 *
 * It then goes on as if nothing were. Ordinary builds have nothing here.
 */
#ifndef WORKER_MADNESS_H
#define WORKER_MADNESS_H

#include "common/arena.h"
#include "common/fault.h"

#if FAULT_POINTS
/* Lose it, if that is asked for, with block `index` in hand. */
void madness_strike(struct arena *arena, uint32_t index);
#define MADNESS(arena, index) madness_strike(arena, index)
#else
#define MADNESS(arena, index) ((void)0)
#endif

#endif
