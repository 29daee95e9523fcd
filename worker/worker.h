/*
 * worker - the process that tests numbers: pop a block, run the primality core over it, post it
 * back, until it claims a sentinel or is dismissed.
 *
 * A worker has no threads, no sockets and no files (sandbox.h sees to it); it knows the arena and nothing else. It may be
 * killed at any instruction: what it had finished stays, the rest is taken over by another (see
 * common/arena.h). It acts on no signal of its own accord: only its parent, the supervisor, decides
 * when it ends, and it does not outlive its parent.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/arena.h"

/* Its exit status where the kernel does not take the filter of its system calls, or does not let it
 * open its window, as without memory. */
enum { WORKER_NO_SANDBOX = 3, WORKER_NO_WINDOW = 4 };

/*
 * Become the worker of `slot`, in the sandbox of sandbox.h, with its system calls filtered or not. Call
 * in a freshly forked child of `supervisor`. Never returns: exits 0 after a sentinel, or when it is
 * dismissed.
 */
_Noreturn void worker_run(struct arena *arena, unsigned slot, pid_t supervisor, bool filtered);

/*
 * The loop alone, for a thread or process that is already set up (tests, benches): returns after it
 * has finished a sentinel, or holds no block and is dismissed.
 */
void worker_loop(struct arena *arena, unsigned slot);

/*
 * Let the core choose its kernel, set its clock and load its tables now, not at the first number's
 * expense.
 */
void worker_warm_up(void);

#endif
