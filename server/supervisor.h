/*
 * supervisor - the parent of all: forks the front and the workers, reaps them, restarts them, and
 * acts on signals. Nothing else, so that nothing else can make it fail.
 *
 * A single thread around one sigtimedwait(): no handler, no race between a signal and what is being
 * done. It is right as PID 1 of a container: it reaps whatever is handed to it.
 *
 *   TERM, INT  drain: take nothing new, finish, exit 0; the second one, or the drain timeout: stop; so
 *              does one while there is no front
 *   QUIT       stop: kill everything, exit 1
 *   HUP        replace the workers one by one
 *   TTIN TTOU  one worker more, one fewer
 *   USR1       from the front: look for a worker to kill (struct worker_slot, overdue_ns), and at
 *              struct control: it serves, or it is alive
 *
 * When a worker dies, what it held goes to the dispatcher at once and a successor is forked; one
 * that is stopped for more than a second is killed. When the front dies, the workers are
 * killed, the arena is reset and all start anew: a restart takes the same road as a start. Deaths
 * that follow each other fast slow the restarts down (see pace.h), and a fork that fails is tried
 * again. A service manager is told how it stands (see notify.h).
 */
#ifndef SERVER_SUPERVISOR_H
#define SERVER_SUPERVISOR_H

#include "server/config.h"

/*
 * Run the service until it is told to stop; call it with a single thread. Returns the exit status:
 * 0 after a drain that finished and left no block behind, 1 otherwise.
 */
int supervisor_run(const struct config *config);

#endif
