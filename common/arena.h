/*
 * arena - the one piece of memory the processes share: control, worker table, ring, board, blocks.
 *
 *   ┌────────┬─────────┬──────────────┬──────┬────────────┬───────┬─────────┬─────────┬───┐
 *   │ header │ control │ worker slots │ tail │ head cells │ board │ block 0 │ block 1 │ … │
 *   └────────┴─────────┴──────────────┴──────┴────────────┴───────┴─────────┴─────────┴───┘
 *      read-only to workers                     read-only
 *
 * The supervisor creates it (an anonymous memfd, reserved in full, so that no store into it can
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
 *   ring_wait():   store slot.sleeping = 1;   then load head
 *   ring_push():   store head;                then, in ring_wake(), load slot.sleeping
 *
 *   ring_wait():      store slot.sleeping = 1;   then load slot.dismissed
 *   arena_dismiss():  store slot.dismissed = 1;  then load slot.sleeping
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
    /* set to 1 by the worker before it sleeps on it, to 0 by whoever wakes it */
    alignas(CACHE_LINE) _Atomic uint32_t sleeping;
    /* written by the worker */
    _Atomic int64_t began_ns; /* clock_monotonic_ns() when it began its group, 0 between blocks */
    _Atomic int64_t block_began_ns; /* likewise its block */
    _Atomic int64_t busy;           /* how long it had a block, ever: a word of busy.h */
    _Atomic uint64_t blocks_done;   /* by all processes this slot has had */
    _Atomic uint64_t numbers_done;  /* likewise */
};

struct ring;
struct board;

/* A process's view of the arena: only this has pointers. Inherited by fork, the same for all. */
struct arena {
    void *base;
    size_t size;
    struct control *control;
    struct worker_slot *slots; /* slot_count of them */
    struct ring *ring;         /* see ring.h */
    struct board *board;       /* see board.h */
    uint8_t *blocks;           /* block_count of BLOCK_SIZE each; see arena_block() */
    unsigned slot_count;
    unsigned block_count;
    uint32_t ring_mask; /* cells - 1; there are at least as many cells as blocks */
};

enum { ARENA_PAGE = 4096 }; /* of memory, on machines where it can be confined */
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
 * Make header, control, and the ring's head and cells read-only in this process, for good if it cannot
 * call mprotect() any more: a worker has no business there. Without effect where pages are larger
 * than ARENA_PAGE.
 */
void arena_confine(const struct arena *arena);

/* Does the header still say how arena_create() laid it out? Nothing ever writes to it. */
bool arena_is_intact(const struct arena *arena);

/* Unmap it. */
void arena_destroy(struct arena *arena);

/* Block `index` of 0 .. block_count - 1. */
static inline struct block *arena_block(const struct arena *arena, uint32_t index)
{
    return (struct block *)(void *)(arena->blocks + (size_t)index * BLOCK_SIZE);
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
