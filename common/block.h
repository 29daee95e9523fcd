/*
 * block - the currency of the service: a piece of shared memory that carries one chunk of numbers to a
 * worker and its verdicts back.
 *
 * It is in three places of the arena, by who may write there (see arena_confine()):
 *
 *   claim word  any process; who may move it from which state to which is drawn in claim.h
 *   papers      struct block: the numbers, and what is to be done with them. The dispatcher alone, while
 *               the block is FREE or ORPHANED (nobody else looks at it then); the push publishes it
 *               to the worker that claims the block. But for `canceled`, at any time: the worker
 *               stops at its next group of numbers
 *   results     struct results: the worker that runs the block, through its window. verdicts[0 .. done-1]
 *               are final: `done` is release-stored after them, so whoever acquires it (the dispatcher,
 *               a successor) may read them. Also the dispatcher, while the block is FREE, and while it is
 *               ORPHANED, for a number it gives up on
 */
#ifndef COMMON_BLOCK_H
#define COMMON_BLOCK_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "common/chunk.h"

enum { CACHE_LINE = 64 };
enum { ARENA_PAGE = 4096 }; /* of memory, on machines where it can be confined */

/*
 * Numbers of a narrow chunk a worker tests at once: enough to fill the core's lanes, few enough
 * that it sees a cancellation, and a killed worker's progress is kept, within about a millisecond.
 */
enum { BLOCK_GROUP_MAX = 2048 };

/* The same for a wide chunk, whose numbers must not exceed CHUNK_MAX_COST_NS together either. */
enum { BLOCK_WIDE_GROUP_MAX = 256 };

enum block_kind {
    BLOCK_NUMBERS,
    BLOCK_SENTINEL, /* no numbers: the worker that claims it finishes it and exits 0 */
};

struct block {
    alignas(ARENA_PAGE) _Atomic uint32_t canceled;
    uint32_t kind;        /* enum block_kind */
    uint32_t singly;      /* one number at a time: an earlier worker died on this block */
    uint32_t end;         /* its worker tests the numbers before it: mostly all */
    uint32_t chunk_kind;  /* the chunk in words[]; see chunk.h */
    uint32_t chunk_count; /* numbers */
    uint32_t chunk_words; /* words used */
    alignas(CACHE_LINE) uint64_t words[CHUNK_MAX_WORDS];
};

struct results {
    alignas(ARENA_PAGE) _Atomic uint32_t done;
    alignas(CACHE_LINE) uint8_t verdicts[CHUNK_MAX_NUMBERS]; /* enum verdict */
    float seconds[CHUNK_MAX_NUMBERS];
};

/*
 * Make a chunk the contents of a block that is FREE and the caller's, and its results none; its words
 * may be there already.
 */
void block_fill(struct block *block, struct results *results, const struct chunk *chunk);

/*
 * The chunk in a block, its counts cut to what a block holds; valid as long as the block is held.
 */
struct chunk block_chunk(const struct block *block);

/* Which number its worker gets to, this time: chunk count at most, whatever the block says. */
uint32_t block_end(const struct block *block);

/*
 * The end of the group that begins at number `done`: its worker tests the numbers done..end-1 at once
 * and then moves `done` to the end. One number if `singly` or if it is a dear one, none past block->end.
 * It depends on nothing but the block, so that after a death the dispatcher knows what the worker had
 * in hand. cost, primality_cost_ns() say, weighs the numbers.
 */
uint32_t block_group_end(const struct block *block, uint32_t done, chunk_cost *cost);

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
              "no lock may hide in shared memory");

#endif
