/*
 * crew - worker processes of one's own, over the ring of common/arena.h: a service in miniature,
 * without HTTP, store or schedule.
 *
 * The process that opens it is supervisor and dispatcher at once: it forks the workers, pushes
 * blocks, takes them off the board, replaces workers that die, and in the end sends each a
 * sentinel. One thread.
 */
#ifndef CLIENT_CREW_H
#define CLIENT_CREW_H

#include <sys/types.h>

#include "common/arena.h"
#include "common/board.h"
#include "common/chunk.h"

/* What a worker of slot `slot` does until a sentinel ends it; returns then. */
typedef void crew_work(struct arena *arena, unsigned slot, void *context);

struct crew {
    struct arena arena;
    crew_work *work; /* NULL: that of the service, worker_run() */
    void *context;   /* of work */
    bool filtered;   /* are the service's workers' system calls: where the kernel can */
    pid_t *pids;     /* one a slot, 0: none */
    uint32_t *free_blocks;
    unsigned free_count;
    unsigned in_flight; /* blocks pushed and not taken back */
    unsigned deaths;    /* workers that were replaced */
};

/* Open a crew of 1 .. CLAIM_MAX_OWNERS workers; 0, or a negative errno. */
int crew_open(struct crew *crew, unsigned workers, crew_work *work, void *context);

/* Can another block be pushed now? */
bool crew_has_room(const struct crew *crew);

/* Hand a chunk to the workers. There must be room. */
void crew_push(struct crew *crew, const struct chunk *chunk);

/*
 * The index of a finished block, or BOARD_EMPTY if there is none now: look at its numbers and results, then
 * give it back by crew_release(). Replaces dead workers and sends what they held round again; a number
 * that three workers died on is VERDICT_FAILED.
 */
int32_t crew_take(struct crew *crew);
void crew_release(struct crew *crew, uint32_t index);

/* Sleep until there may be something to take, at most that long. */
void crew_wait(struct crew *crew, int64_t timeout_ns);

/* A sentinel to each worker, once nothing is in flight; wait for their ends; let go of all. */
void crew_close(struct crew *crew);

/* The same without asking: kill them. */
void crew_kill(struct crew *crew);

/* Processors this process may run on. */
unsigned crew_processors(void);

#endif
