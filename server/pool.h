/*
 * pool - the supervisor's worker processes: how many there should be, who is in which slot, who is
 * due to be started.
 *
 * The rule is one: keep as many workers as are wanted. Whatever a worker died of, if there are
 * too few another is forked, at a bounded pace; one too many claims a sentinel. A worker that is
 * stopped (SIGSTOP) for more than a second is killed: it would hold up what it has for ever.
 */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "server/pace.h"

struct pool_worker {
    pid_t pid;                /* 0: none */
    int64_t stopped_ns;       /* when it was stopped; 0: it is not */
    uint64_t generation;      /* the pool's when it was forked */
    enum restart_cause cause; /* of its end, should it die: whether we have killed it, and why */
};

enum { POOL_NONE = -1 };

struct pool {
    struct arena *arena;
    pid_t supervisor;
    struct pool_worker *workers; /* one a slot of the arena */
    unsigned wanted;
    bool filtered; /* are the workers' system calls, see worker/sandbox.h */
    unsigned live;
    uint64_t generation; /* raised by a rolling restart */
    bool draining;       /* the front may close the pool: nobody is believed that it has, before */
    int leaving;         /* the slot whose worker a rolling restart has dismissed, or POOL_NONE */
    struct pace deaths;  /* of workers that were not killed on purpose */
    int64_t fork_not_before_ns; /* monotonic: the last fork has failed */
};

/* An empty pool that wants `wanted` workers, filtered or not; 0, or -1 without memory. */
int pool_init(struct pool *pool, struct arena *arena, unsigned wanted, bool filtered);

/*
 * Fork workers until there are as many as are wanted (in a rolling restart one more), or those missing are not due yet, or the
 * front has closed the pool. Returns the time until it should be called again, negative if that is
 * when something happens.
 */
int64_t pool_fill(struct pool *pool);

/* A child has ended: if it was a worker, hand its block on, and true. */
bool pool_reap(struct pool *pool, pid_t pid, int status);

/* A child has been stopped, or goes on. */
void pool_note_stop(struct pool *pool, pid_t pid, bool stopped);

/*
 * Kill the workers that have been stopped for too long. Returns the time until it should be called
 * again, negative if that is when something happens.
 */
int64_t pool_kill_stopped(struct pool *pool);

/* One more worker, one fewer; false where there is no room for more, or only one is left. */
bool pool_grow(struct pool *pool);
bool pool_shrink(struct pool *pool);

/*
 * Replace each worker there is now, one after another, as pool_fill() is called: first another one
 * is there, then an old one is dismissed.
 */
void pool_roll(struct pool *pool);

/* Is there one still to be replaced? */
bool pool_is_rolling(const struct pool *pool);

/* Kill the workers the dispatcher has found stuck. */
void pool_kill_overdue(struct pool *pool);

/* Kill all workers and wait for their end. */
void pool_kill(struct pool *pool);

#endif
