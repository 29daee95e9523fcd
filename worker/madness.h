/*
 * madness - a worker that loses its mind, on command, in builds with MODE=fault.
 *
 *   PRIMED_MAD=ring          a worker that has just tested narrow numbers writes random words into that part
 *                            of the arena: results (of the block it has), tail, board, claims, desk (its
 *                            own); or, where it may not write, papers, others (results that are not its own),
 *                            desks (that are not), slots, ring, control; or it makes a call its sandbox
 *                            forbids: call
 *   PRIMED_MAD_NUMBER=97     ... if that number was among them
 *   PRIMED_FAULT_TOKEN=FILE  ... if it can remove FILE: one worker, once
 *
 * It then goes on as if nothing were. Ordinary builds have nothing here.
 */
#ifndef WORKER_MADNESS_H
#define WORKER_MADNESS_H

#include "common/arena.h"
#include "common/fault.h"

#if FAULT_POINTS
/* Lose it, if that is asked for, in that slot, with block `index` in hand and those numbers tested. */
void madness_strike(struct arena *arena, unsigned slot, uint32_t index, const uint64_t *numbers,
                    size_t count);
#define MADNESS(arena, slot, index, numbers, count) \
    madness_strike(arena, slot, index, numbers, count)
#else
#define MADNESS(arena, slot, index, numbers, count) ((void)0)
#endif

#endif
