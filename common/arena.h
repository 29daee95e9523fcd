/*
 * arena - the one piece of memory the processes share: control, worker table, ring, board, blocks.
 *
 *   ┌────────────┬─────────────────────────────────────────────────────────────────┬───────────────┐
 *   │ read-only  │ header │ control │ worker slots                                 │               │
 *   │ its own    │ desk 0 │ desk 1 │ …                                             │ a page each   │
 *   │ all        │ claim words │ board │ ring: tail                                │               │
 *   │ read-only  │ ring: head, cells │ papers of block 0 │ papers of block 1 │ …    │ 44 KiB each   │
 *   │ its window │ results of block 0 │ results of block 1 │ …                      │ 24 of 32 KiB  │
 *   └────────────┴─────────────────────────────────────────────────────────────────┴───────────────┘
 *     what a worker may write
 *
 * It is laid out by who writes where, so that a worker whose writes go astray dies of them (SIGSEGV), as of
 * anything else, before they reach what is another's. The results of the block it has claimed it opens for
 * itself and closes before it hands them over: its window. What all can write, the dispatcher does not
 * believe without a look (server/dispatcher/trust.c).
 *
 * The supervisor creates it (an anonymous memfd, reserved as drawn, so that no store into it can
 * fail later) and its children inherit the mapping by fork. Nothing in it is a pointer and no lock
 * is ever held in it: a process may be killed between any two of its instructions, and whoever
 * remains can tell from single words what it had done. The road of a block is drawn in claim.h.
 *
 * How the memory is ordered
 * -------------------------
 * Every word two processes touch is atomic. Plain data (numbers, verdicts) is handed over by one of
 * these pairs; each release is named where it is made:
 *
 *   numbers      ring_push() stores the claim word QUEUED (release)
 *                ring_pop() takes it by compare-and-swap (acquire)
 *   the cell     ring_push() stores head (seq_cst, so also release), after cell and claim
 *                ring_pop() loads head (acquire), then the cell
 *   verdicts     the worker stores done, board_finish() the claim word DONE (release)
 *                the dispatcher loads the claim word (acquire), then done
 *   a dead       what it stored before it died is in memory when waitpid() returns;
 *   worker's     arena_reap() stores the claim word ORPHANED (release)
 *   verdicts     the dispatcher loads the claim word (acquire), then done
 *
 * ring_pop() must never see a tail ahead of head, or it would take a ticket not yet pushed for one
 * already claimed and skip it. Whoever moves tail to t has seen head >= t; it swaps tail with
 * release, the next one loads tail with acquire before it loads head, and so sees head >= t as
 * well. Nor must it see a claim word older than the push of its ticket, or it would skip it as
 * well: head, loaded before with acquire, guards against that, so the load of the claim word itself
 * needs no order. The block's contents get theirs from the swap.
 *
 * Sleeping is the classic store-then-look on both sides: a sleeper stores its flag and then looks
 * for work; a waker publishes work and then looks at the flag. All are seq_cst, so that at least
 * one of the two sees the other:
 *
 *   ring_wait():   store desk.sleeping = 1;   then load head
 *   ring_push():   store head;                then, in ring_wake(), load desk.sleeping
 *
 *   ring_wait():      store desk.sleeping = 1;   then load slot.dismissed
 *   arena_dismiss():  store slot.dismissed = 1;  then load desk.sleeping
 *
 *   board_prepare_wait():  store sleeping = 1;     then, in board_wait(), load the bits
 *   board_post():          fetch_or into the bits; then load sleeping
 *
 *   arena_reap():  store the dead worker's sleeping = 0;  then look at the others' flags
 *   ring_wake():   load the dead worker's sleeping as 1, and so pass over the others' flags
 *
 * The flag is one a sleeper, not a count of them: a killed sleeper leaves its own flag and no wrong
 * sum. A wake can die with the worker it woke, or with the worker that was about to make it and has
 * only cleared the flag, so after every death the supervisor calls arena_wake_all(); a wake too
 * many only makes somebody look.
 *
 * What happens when a process dies in any gap between two of these steps: docs/crash.md.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/block.h"
#include "common/claim.h"

/* What the supervisor wants of the front. */
enum control_state {
    CONTROL_RUN,
    CONTROL_DRAIN, /* take nothing new, finish, send a sentinel to each worker, exit 0 */
};

/* What a worker that was replaced had ended by. */
enum restart_cause {
    RESTART_CRASHED, /* of itself, or killed by somebody else */
    RESTART_OVERDUE, /* killed: a number took too long, or a cancellation was not heeded */
    RESTART_STOPPED, /* killed: it was stopped, and would have held up what it had */
};
enum { RESTART_CAUSES = RESTART_STOPPED + 1 };

/* Between supervisor and front. */
struct control {
    /* written by the supervisor */
    alignas(CACHE_LINE) _Atomic uint32_t state; /* enum control_state; a futex word */
    _Atomic uint32_t sentinels_wanted; /* how many were ever asked for; the front answers each */
    _Atomic uint32_t workers_wanted; /* how many there should be; arena_reset() keeps these three */
    _Atomic uint32_t worker_restarts[RESTART_CAUSES]; /* workers that died and are replaced */
    _Atomic uint32_t front_restarts;
    _Atomic uint32_t alive_asked; /* "are you alive?", counted; see notify.h */
    /* written by the front */
    alignas(CACHE_LINE) _Atomic uint32_t front_ready; /* 1 once it serves */
    _Atomic uint32_t pool_closing;   /* 1: work is done, last sentinels are out; fork no worker */
    _Atomic uint32_t alive_answered; /* the last alive_asked that its dispatcher has seen */
};

/* One a worker process; the index is the worker's number and the `owner` of its claims. */
struct worker_slot {
    /* written by the supervisor: the process in this slot, 0 if none */
    alignas(CACHE_LINE) _Atomic int32_t pid;
    /* written by the dispatcher: "the group you began at this time has run too long"; the
     * supervisor kills the worker if its began_ns is still that */
    _Atomic int64_t overdue_ns;
    /* set to 1 by the supervisor: the worker ends before it takes another block */
    _Atomic uint32_t dismissed;
    /* written by the supervisor: workers that died in this slot; arena_reset() keeps it */
    _Atomic uint32_t restarts;
};

/* What the worker of the slot writes, and no other: a page of its own. */
struct worker_desk {
    /* set to 1 by the worker before it sleeps on it, to 0 by whoever wakes it: no other worker */
    alignas(ARENA_PAGE) _Atomic uint32_t sleeping;
    alignas(CACHE_LINE) _Atomic int64_t
        began_ns; /* clock_monotonic_ns() when it began its group, 0 between blocks */
    _Atomic int64_t block_began_ns; /* likewise its block */
    _Atomic int64_t busy;           /* how long it had a block, ever: a word of busy.h */
    _Atomic uint64_t blocks_done;   /* by all processes this slot has had */
    _Atomic uint64_t numbers_done;  /* likewise */
};

/* The claim word of a block: a cache line, so that nobody's store slows another's. */
struct claim_line {
    alignas(CACHE_LINE) _Atomic uint64_t word;
};

struct ring;
struct board;

/* A process's view of the arena: only this has pointers. Inherited by fork, the same for all. */
struct arena {
    void *base;
    size_t size;
    struct control *control;
    struct worker_slot *slots; /* slot_count of them */
    struct worker_desk *desks; /* likewise */
    struct claim_line *claims; /* block_count of them */
    struct board *board;       /* see board.h */
    struct ring *ring;         /* see ring.h */
    struct block *blocks;      /* block_count of them */
    uint8_t *results;          /* likewise, each in its ARENA_PLACE; see arena_results() */
    size_t results_span;       /* a power of two, of which the address of results is a multiple */
    void *reserved; /* addresses, beyond those in use: where nothing else may come to lie */
    size_t reserved_size;
    unsigned slot_count;
    unsigned block_count;
    uint32_t ring_mask; /* cells - 1; there are at least as many cells as blocks */
    bool confined;      /* this process; see arena_confine() */
};

/*
 * The results of a block begin at a multiple of so much, a power of two, and what they leave of it is neither
 * memory nor accessible to workers: a window is then told from all other addresses by a mask, and runs
 * into no other, which would also make it slower to move.
 */
enum { ARENA_PLACE = 32 * 1024 };
static_assert(sizeof(struct results) < ARENA_PLACE, "results leave a page");

enum { ARENA_MAX_BLOCKS = 4 * CLAIM_MAX_OWNERS };

/*
 * Create an arena for up to `slots` workers (1 .. CLAIM_MAX_OWNERS) and with `blocks` blocks
 * (1 .. ARENA_MAX_BLOCKS), all FREE. Returns 0, or a negative errno: -ENOMEM where the memory
 * cannot be reserved. Call in the supervisor, before it forks.
 */
int arena_create(struct arena *arena, unsigned slots, unsigned blocks);

/*
 * Put everything back to how arena_create() left it, but for the counts of restarts and wishes. Only while no
 * other process uses it: tickets start over, so a worker that still held one could claim by it.
 */
void arena_reset(struct arena *arena);

/*
 * Let this process, the worker of `slot`, write to no more of the arena than is drawn above, for good if it
 * cannot call mprotect() for anything but a window (worker/sandbox.h). Without effect where pages
 * are larger than ARENA_PAGE.
 */
void arena_confine(struct arena *arena, unsigned slot);

/*
 * Open the window: let this process write to the results of a block that it has claimed; and close it, before
 * others are told that they are done. Whether it could be; where the process is not confined there is
 * nothing to do.
 */
bool arena_open_results(const struct arena *arena, uint32_t block);
bool arena_close_results(const struct arena *arena, uint32_t block);

/* Does the header still say how arena_create() laid it out? Nothing ever writes to it. */
bool arena_is_intact(const struct arena *arena);

/* Unmap it. */
void arena_destroy(struct arena *arena);

/* The claim word, the papers and the results of block `index` of 0 .. block_count - 1. */
static inline _Atomic uint64_t *arena_claim(const struct arena *arena, uint32_t index)
{
    return &arena->claims[index].word;
}

static inline struct block *arena_block(const struct arena *arena, uint32_t index)
{
    return &arena->blocks[index];
}

static inline struct results *arena_results(const struct arena *arena, uint32_t index)
{
    return (struct results *)(void *)(arena->results + (size_t)index * ARENA_PLACE);
}

/*
 * Supervisor, once waitpid() has reported the worker of `slot` dead, however it ended and before it
 * forks a successor: hand what it held to the dispatcher. Its RUNNING block becomes ORPHANED; for
 * this one and for those of the slot still DONE, the bit on the board is set (a second time,
 * perhaps: the dispatcher looks at the claim word and does not mind). Then all who sleep are woken,
 * since a wake may have died with it. Returns the number of blocks orphaned: 0, or 1, as a worker
 * holds one at a time.
 */
unsigned arena_reap(struct arena *arena, unsigned slot);

/* Wake every sleeping worker and the dispatcher, whether there is something for them or not. */
void arena_wake_all(struct arena *arena);

/* Ask the front for one more sentinel (one worker fewer). Supervisor. */
void arena_want_sentinel(struct arena *arena);

/* Let the worker of that slot end as soon as it holds no block, and no other. Supervisor. */
void arena_dismiss(struct arena *arena, unsigned slot);

/* Set the state and wake whoever sleeps on it. Supervisor. */
void arena_set_state(struct arena *arena, enum control_state state);

/* How many blocks are in each state now: a census for metrics and tests, not a snapshot. */
void arena_census(const struct arena *arena, unsigned counts[CLAIM_STATES]);

#endif
