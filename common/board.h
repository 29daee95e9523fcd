/*
 * board - the completion board: a bit a block, "the dispatcher should look at this one".
 *
 * A worker sets the bit of a block it has finished, the supervisor that of a block whose worker
 * died. A bit says nothing but "look": it may be set twice for one event, so the dispatcher reads
 * the claim word and passes over a block that is neither DONE nor ORPHANED. Memory order: see
 * arena.h.
 */
#ifndef COMMON_BOARD_H
#define COMMON_BOARD_H

#include <stdbool.h>

#include "common/arena.h"

struct board {
    /* set to 1 by the dispatcher before it sleeps on it, to 0 by whoever wakes it */
    alignas(CACHE_LINE) _Atomic uint32_t sleeping;
    /* bits: set by workers and the supervisor, taken by the dispatcher */
    alignas(CACHE_LINE) _Atomic uint64_t bits[];
};

/* Mark a RUNNING block DONE, post it, ring the bell. The worker that runs it. */
void board_finish(struct arena *arena, uint32_t block);

/* Set the block's bit and wake the dispatcher. Any process. */
void board_post(struct arena *arena, uint32_t block);

/*
 * Wake the dispatcher, if it sleeps, for a reason that is not on the board. Any process or thread.
 * Make the reason visible first, by a seq_cst store or under a lock the dispatcher takes to look: a
 * mere release store could become visible after the look at the dispatcher's flag.
 */
void board_ring_bell(struct arena *arena);

/* Take one posted block off the board: its number, or BOARD_EMPTY. Dispatcher only. */
enum { BOARD_EMPTY = -1 };
int32_t board_take(struct arena *arena);

/*
 * The dispatcher is about to sleep. Call board_prepare_wait(), then look once more at everything
 * that rings the bell (inbox, control words), then board_wait(), which returns at the bell, when a
 * bit is set, or after timeout_ns (negative: never). A bell rung in between is not missed.
 */
void board_prepare_wait(struct arena *arena);
void board_wait(struct arena *arena, int64_t timeout_ns);

#endif
