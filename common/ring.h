/*
 * ring - the job ring: the dispatcher pushes blocks, any worker pops them, in order.
 *
 * An array of cells, each a block number; `head` counts pushes, `tail` counts pops, both only grow.
 * A pop is decided by the claim word of the block, not by `tail`: tail is a hint that anybody may
 * help forward, so a worker that dies between claiming and advancing it holds up nobody.
 *
 * It cannot overflow. Each claim at ticket t is made by a worker that read tail == t, so tail is
 * never behind by more than the one ticket claimed last; all later tickets are blocks still QUEUED.
 * Hence head - tail <= blocks + 1 <= cells + 1, and where the bound is reached the one cell
 * overwritten is that of a ticket already claimed: whoever still reads it finds a block with
 * another ticket and helps tail past it.
 *
 * One process pushes (the dispatcher); any number pop. Memory order: see arena.h.
 */
#ifndef COMMON_RING_H
#define COMMON_RING_H

#include <stdbool.h>

#include "common/arena.h"

/* On pages of their own: what workers write, and what they only read; see arena.h. */
struct ring {
    alignas(ARENA_PAGE) _Atomic uint64_t tail;    /* swapped forward by any worker */
    alignas(ARENA_PAGE) _Atomic uint64_t head;    /* next ticket; written by the dispatcher */
    alignas(CACHE_LINE) _Atomic uint32_t cells[]; /* ring_mask + 1 block numbers */
};

enum { RING_EMPTY = -1 };

/*
 * Queue a block that is the dispatcher's: FREE and filled, or ORPHANED. `attempts` is how often it
 * counts as having been claimed (0 for a new one). Dispatcher only. Follow up with ring_wake().
 */
void ring_push(struct arena *arena, uint32_t block, unsigned attempts);

/* Wake up to `count` sleeping workers: call once after pushing that many blocks. */
void ring_wake(struct arena *arena, unsigned count);

/* Wake the worker of that slot if it sleeps; whether it did. */
bool ring_wake_worker(struct arena *arena, unsigned slot);

/*
 * Claim the oldest queued block for the worker in `slot`: its number, now RUNNING, or RING_EMPTY.
 * Lock-free; may be called by any worker.
 */
int32_t ring_pop(struct arena *arena, unsigned slot);

/*
 * Sleep until there may be something to pop, or the worker is dismissed. Worker of that slot only.
 */
void ring_wait(struct arena *arena, unsigned slot);

/* Blocks queued and not yet claimed: a figure for metrics, possibly off by those under way. */
uint64_t ring_length(const struct arena *arena);

#endif
