/*
 * front - the process that faces the clients: HTTP, intake, store and dispatcher.
 *
 *   start:  store ─► dispatcher ─► http ─► ready
 *   drain:  no new batches ─► dispatcher finishes ─► sentinels ─► http finishes ─► exit 0
 *
 * It may be killed at any instruction: the supervisor starts another, which begins again from the
 * store. It does not outlive the supervisor.
 */
#ifndef SERVER_FRONT_H
#define SERVER_FRONT_H

#include <sys/types.h>

#include "common/arena.h"
#include "server/config.h"
#include "server/keyring.h"

/*
 * Become the front. Call in a freshly forked child of `supervisor`, which has one thread; the
 * socket listens; keyring is NULL where there are no tokens. Never returns: exits 0 after a drain,
 * 1 if it cannot start.
 */
_Noreturn void front_run(const struct config *config, struct arena *arena,
                         const struct keyring *keyring, int listen_socket, pid_t supervisor);

#endif
