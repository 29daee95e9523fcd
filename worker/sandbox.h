/*
 * sandbox - what a worker may still do once it is set up: test numbers, and nothing else.
 *
 * A worker is the process that meets what a client has sent in its rawest form. It needs neither
 * files nor sockets nor other processes, so it gives up, one after the other and for good:
 *
 *   descriptors   all are closed, the standard ones too: it has nothing to say
 *   limits        no new descriptors, processes, files or core dumps; SANDBOX_MEMORY_BYTES of memory
 *   rights        no_new_privs: nothing it might become brings rights with it
 *   system calls  a seccomp filter that lets pass those of the list in sandbox.c: futex, memory, time,
 *                 exit and dying by a signal of its own. Whatever else is called kills the process
 *                 (SIGSYS), which its supervisor treats like any other death
 *
 * The filter inspects arguments: memory is private, anonymous and never executable, a signal goes to
 * the process itself, and mprotect() makes a worker's window on the arena writable or read-only
 * (arena_open_results()), and nothing else. What is mapped can be neither moved nor unmapped, or other
 * parts of the arena could be put where windows are; so memory is the heap's alone (brk).
 *
 * In builds whose run-time library reads or writes files (MODE=asan and tsan, which define
 * INSTRUMENTED) descriptors stay open, memory is not limited, and the calls of that library
 * pass as well. Kees Cook and Will Drewry, "SECure COMPuting with filters",
 * Documentation/userspace-api/seccomp_filter.rst of Linux.
 */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include <stdbool.h>

#include "common/arena.h"

#ifndef INSTRUMENTED
#define INSTRUMENTED 0
#endif

/*
 * The private memory of a worker. GMP takes less than 1 MB for a number of CHUNK_MAX_WORDS.
 */
enum { SANDBOX_MEMORY_BYTES = 256 << 20 };

/*
 * Give up all of the above, the system calls only if `filtered`; without an arena (NULL) there are no
 * windows either. For a process of one thread that is set up, and confined to its part of the arena. 0, or a negative errno where the kernel does not take the filter; the rest is given up
 * even then.
 */
int sandbox_enter(const struct arena *arena, bool filtered);

/*
 * Does the kernel take the filter, and let a worker live under it? Forks a child to find out. 0, or a
 * negative errno: -EPERM where the child was killed under it. Call with a single thread.
 */
int sandbox_probe(void);

#endif
