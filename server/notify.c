/* notify - composing the messages, and sending them. See notify.h. */
#include "server/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/config_value.h"

enum { TELL_AGAIN_MS = 200, NS_PER_US = 1000 };

/* --- the environment -------------------------------------------------------------------------- */

/* A path, or an abstract name: its length is the address's, and a NUL stands for the @. */
static bool read_address(struct notify *notify, const char *name)
{
    size_t length = strlen(name);
    bool is_abstract = name[0] == '@';
    if ((!is_abstract && name[0] != '/') || length < 2 || length >= sizeof notify->address.sun_path)
        return false;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, length + 1);
    if (is_abstract)
        notify->address.sun_path[0] = '\0';
    notify->address_length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + !is_abstract);
    return true;
}

/* WATCHDOG_PID tells whom WATCHDOG_USEC is meant for: not us, where a wrapper has started us. */
static bool is_watched(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    return getenv("WATCHDOG_USEC") && (!pid || strtol(pid, NULL, 10) == getpid());
}

void notify_init(struct notify *notify, struct arena *arena)
{
    *notify = (struct notify){.arena = arena};
    const char *name = getenv("NOTIFY_SOCKET");
    if (!name || !*name)
        return;
    if (!read_address(notify, name)) {
        log_warning("cannot notify", log_str("NOTIFY_SOCKET", name));
        return;
    }
    uint64_t watchdog_us;
    if (!is_watched())
        return;
    if (config_value_number(getenv("WATCHDOG_USEC"), 1000, INT64_MAX / NS_PER_US, &watchdog_us))
        notify->watchdog_ns = (int64_t)watchdog_us * NS_PER_US / 2;
    else
        log_warning("no watchdog", log_str("WATCHDOG_USEC", getenv("WATCHDOG_USEC")));
}

/* --- messages --------------------------------------------------------------------------------- */

/* 0, or a negative errno. A socket each time: messages are few, and no child inherits one. */
static int send_message(const struct notify *notify, const char *message)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    ssize_t sent = sendto(fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&notify->address, notify->address_length);
    int error = sent < 0 ? errno : 0;
    close(fd);
    return -error;
}

static void compose(char *message, size_t size, enum notify_state state, unsigned workers,
                    int64_t now_ns)
{
    switch (state) {
    case NOTIFY_NOTHING:
    case NOTIFY_STARTING:
        snprintf(message, size, "STATUS=Starting");
        break;
    case NOTIFY_SERVING:
        snprintf(message, size, "READY=1\nSTATUS=Serving with %u worker%s", workers,
                 workers == 1 ? "" : "s");
        break;
    case NOTIFY_RELOADING:
        snprintf(message, size,
                 "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Replacing the workers one by one",
                 (long long)(now_ns / NS_PER_US));
        break;
    case NOTIFY_RECOVERING:
        snprintf(message, size, "STATUS=Not ready: replacing processes that have died");
        break;
    case NOTIFY_STOPPING:
        snprintf(message, size, "STOPPING=1\nSTATUS=Draining");
        break;
    }
}

/* Returns the time until it should be tried again, negative where all is told. */
static int64_t tell_state(struct notify *notify, enum notify_state state, unsigned workers,
                          int64_t now_ns)
{
    if (notify->told == state && (state != NOTIFY_SERVING || notify->told_workers == workers))
        return -1;
    if (now_ns < notify->tell_again_ns)
        return notify->tell_again_ns - now_ns;
    char message[160];
    compose(message, sizeof message, state, workers, now_ns);
    int error = send_message(notify, message);
    if (error) {
        if (notify->tell_again_ns == 0)
            log_warning("cannot notify", log_str("error", strerror(-error)));
        notify->tell_again_ns = now_ns + TELL_AGAIN_MS * NS_PER_MS;
        return TELL_AGAIN_MS * NS_PER_MS;
    }
    notify->tell_again_ns = 0;
    notify->told = state;
    notify->told_workers = workers;
    return -1;
}

/* Ask the front when it is time to, and pass on its answer. Returns the time until the next look. */
static int64_t watch_front(struct notify *notify, bool stopping, int64_t now_ns)
{
    struct control *control = notify->arena->control;
    if (now_ns >= notify->ask_ns) {
        if (notify->awaits_answer)
            log_warning("no answer for the watchdog",
                        log_seconds("interval", (double)notify->watchdog_ns / 1e9));
        else
            notify->asked++;
        notify->awaits_answer = true;
        notify->ask_ns = now_ns + notify->watchdog_ns;
    }
    /* A reset of the arena takes the question along. */
    if (notify->awaits_answer && atomic_load(&control->alive_asked) != notify->asked) {
        atomic_store(&control->alive_asked, notify->asked);
        board_ring_bell(notify->arena);
    }
    bool alive = stopping || atomic_load(&control->alive_answered) == notify->asked;
    if (notify->awaits_answer && alive && send_message(notify, "WATCHDOG=1") == 0)
        notify->awaits_answer = false;
    return notify->ask_ns - now_ns;
}

int64_t notify_update(struct notify *notify, enum notify_state state, unsigned workers,
                      int64_t now_ns)
{
    if (notify->address_length == 0)
        return -1;
    int64_t wait_ns = tell_state(notify, state, workers, now_ns);
    /* How long a start may take, the manager limits otherwise. */
    if (notify->watchdog_ns > 0 && state != NOTIFY_STARTING)
        wait_ns = clock_sooner_ns(wait_ns, watch_front(notify, state == NOTIFY_STOPPING, now_ns));
    return wait_ns;
}
