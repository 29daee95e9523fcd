/*
 * notify - telling a service manager how the service stands: the protocol of sd_notify(3), without
 * the library.
 *
 * The manager names a datagram socket in NOTIFY_SOCKET, a path or (with @) an abstract name of
 * unix(7), and gets lines of NAME=VALUE:
 *
 *   READY=1        the front serves and there are workers; again after a reload
 *   RELOADING=1    a rolling restart of the workers goes on, MONOTONIC_USEC says since when
 *   STOPPING=1     a drain goes on
 *   STATUS=        the same in words, for people
 *   WATCHDOG=1     it is alive; at every half of WATCHDOG_USEC, where the manager sets that
 *
 * The watchdog is the front's word, passed on: the supervisor asks (struct control, alive_asked),
 * the dispatcher's thread answers, and only then is the manager told. So it is told nothing while
 * the supervisor or the front is stuck, stopped or dead, and after WATCHDOG_USEC it acts. It is no
 * matter of load: the front's connections may all be taken. In a drain the supervisor answers itself: --drain-timeout ends one that hangs.
 *
 * Sending never waits. What could not be sent is sent again as long as it is true. Where nobody has
 * asked, nothing is done and nobody wakes up for it.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/arena.h"

enum notify_state {
    NOTIFY_NOTHING, /* nothing was told yet */
    NOTIFY_STARTING,
    NOTIFY_SERVING,
    NOTIFY_RELOADING,
    NOTIFY_RECOVERING, /* it was ready, and will be: the front or all workers have died */
    NOTIFY_STOPPING,
};

struct notify {
    struct arena *arena;
    struct sockaddr_un address;
    socklen_t address_length; /* 0: nobody wants to know */
    enum notify_state told;   /* the last state the manager knows, */
    unsigned told_workers;    /* and number */
    int64_t tell_again_ns;    /* not before that: the last time it could not be told */
    int64_t watchdog_ns;      /* between two questions to the front; 0: no watchdog is wanted */
    int64_t ask_ns;           /* when to ask next */
    uint32_t asked;           /* how often it was asked */
    bool awaits_answer;       /* the manager was not told an answer to the last question */
};

/*
 * Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment. What is wrong with them
 * is logged, and nobody is told anything. The supervisor; its front answers by `arena`.
 */
void notify_init(struct notify *notify, struct arena *arena);

/*
 * Tell the manager what it does not know: call it whenever something has happened. `workers` is how
 * many there should be, `now_ns` the monotonic time. Returns the time until it should be called
 * again in any case, negative for never.
 */
int64_t notify_update(struct notify *notify, enum notify_state state, unsigned workers,
                      int64_t now_ns);

#endif
