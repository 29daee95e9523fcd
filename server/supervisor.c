/* supervisor - the loop around one signal wait. See supervisor.h. */
#include "server/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/arena_check.h"
#include "common/clock.h"
#include "common/fault.h"
#include "server/file_limit.h"
#include "server/front.h"
#include "server/keyring.h"
#include "server/listener.h"
#include "server/notify.h"
#include "server/pool.h"
#include "server/privileges.h"
#include "worker/sandbox.h"

enum {
    SLOTS_SPARE = 6,         /* workers that TTIN may add to twice the number configured */
    BLOCKS_PER_SLOT = 4,     /* two in flight, two for newcomers; see handout.c */
    FORK_AGAIN_MS = 100,     /* after a fork of the front that failed */
    DEATH_INTERVAL_MS = 500, /* replace fronts so often in the long run */
    DEATH_BURST_MS = 5000,   /* and ten at once */
};

static const int acted_on[] = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP,
                               SIGTTIN, SIGTTOU, SIGUSR1, SIGCHLD};

struct supervisor {
    const struct config *config;
    struct arena arena;
    struct pool pool;
    struct keyring *keyring; /* NULL: there are no tokens */
    struct notify notify;
    int listen_socket;
    pid_t front_pid; /* 0: none */
    bool front_was_ready;
    struct pace front_deaths;
    int64_t front_not_before_ns; /* monotonic */
    bool draining;
    int64_t drain_deadline_ns;
    bool finished; /* leave the loop, with this status */
    int status;
};

/* --- the arena, looked over ------------------------------------------------------------------- */

static void log_violation(void *context, const char *violation)
{
    (void)context;
    log_warning("arena is damaged", log_str("violation", violation));
}

/* Everybody has left after a drain: is every block back? Returns the exit status that follows. */
static int check_drained(const struct supervisor *s)
{
    unsigned violations = arena_check(&s->arena, ARENA_DRAINED, log_violation, NULL);
    if (violations > 0) {
        log_error("arena is not whole", log_int("violations", violations));
        return EXIT_FAILURE;
    }
    unsigned counts[CLAIM_STATES];
    arena_census(&s->arena, counts);
    log_info("arena is whole", log_int("blocks", s->arena.block_count),
             log_int("sentinels_left", s->arena.block_count - counts[CLAIM_FREE]));
    return EXIT_SUCCESS;
}

/* --- the sandbox ------------------------------------------------------------------------------ */

/* Can and shall the system calls of the workers be filtered? False if they must be and cannot. */
static bool choose_sandbox(enum config_sandbox mode, bool *filtered)
{
    *filtered = mode != CONFIG_SANDBOX_OFF;
    int error = *filtered ? sandbox_probe() : 0;
    if (!error)
        return true;
    *filtered = false;
    if (mode == CONFIG_SANDBOX_REQUIRED)
        log_error("cannot filter the workers' system calls", log_str("error", strerror(-error)));
    else
        log_warning("the workers' system calls are not filtered",
                    log_str("error", strerror(-error)));
    return mode != CONFIG_SANDBOX_REQUIRED;
}

/* --- the service manager ---------------------------------------------------------------------- */

/* Ready is what /readyz calls so: the front serves, and there are workers. */
static enum notify_state state_of(const struct supervisor *s)
{
    if (s->draining)
        return NOTIFY_STOPPING;
    if (!atomic_load(&s->arena.control->front_ready) || s->pool.live == 0)
        return s->front_was_ready ? NOTIFY_RECOVERING : NOTIFY_STARTING;
    return pool_is_rolling(&s->pool) ? NOTIFY_RELOADING : NOTIFY_SERVING;
}

/* Returns the time until it should be called again, negative if that is when something happens. */
static int64_t tell_manager(struct supervisor *s)
{
    s->front_was_ready |= atomic_load(&s->arena.control->front_ready);
    return notify_update(&s->notify, state_of(s), s->pool.wanted, clock_monotonic_ns());
}

/* --- the front -------------------------------------------------------------------------------- */

static void start_front(struct supervisor *s)
{
    pid_t supervisor = getpid();
    keyring_hide(s->keyring, false);
    s->front_pid = fork();
    if (s->front_pid == 0)
        front_run(s->config, &s->arena, s->keyring, s->listen_socket, supervisor);
    keyring_hide(s->keyring, true);
    if (s->front_pid < 0) {
        log_error("cannot fork the front", log_str("error", strerror(errno)));
        s->front_pid = 0;
        s->front_not_before_ns = clock_monotonic_ns() + FORK_AGAIN_MS * NS_PER_MS;
    }
}

/* Kill whoever is left and leave with that status. */
static void stop_now(struct supervisor *s, int status)
{
    if (s->front_pid != 0) {
        kill(s->front_pid, SIGKILL);
        while (waitpid(s->front_pid, NULL, 0) < 0 && errno == EINTR)
            ;
        s->front_pid = 0;
    }
    pool_kill(&s->pool);
    s->finished = true;
    s->status = status;
}

/* The front has ended: rightly, after a drain; otherwise everything starts anew. */
static void reap_front(struct supervisor *s, int status)
{
    int64_t now = clock_monotonic_ns();
    s->front_pid = 0;
    s->front_was_ready |= atomic_load(&s->arena.control->front_ready);
    if (s->draining && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;

    log_error("front died", log_int("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
              log_int("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
    if (s->draining || !s->front_was_ready) {
        stop_now(s, EXIT_FAILURE);
        return;
    }
    FAULT_POINT("reap_front.waited");
    pool_kill(&s->pool);
    FAULT_POINT("reap_front.workers_killed");
    /* What the dead held is thrown away, reaped or not; what was never right is worth knowing. */
    arena_check(&s->arena, ARENA_IN_USE, log_violation, NULL);
    arena_reset(&s->arena);
    FAULT_POINT("reap_front.reset");
    atomic_fetch_add(&s->arena.control->front_restarts, 1);
    tell_manager(s);
    pace_note(&s->front_deaths, now);
    s->front_not_before_ns = now + pace_wait_ns(&s->front_deaths, now);
}

/* --- signals ---------------------------------------------------------------------------------- */

static void begin_drain(struct supervisor *s, int signal)
{
    if (s->draining) {
        log_warning("stopping at once: told to twice", log_int("signal", signal));
        stop_now(s, EXIT_FAILURE);
        return;
    }
    if (s->front_pid == 0) {
        log_warning("stopping at once: there is no front to drain", log_int("signal", signal));
        stop_now(s, EXIT_FAILURE);
        return;
    }
    log_info("draining", log_int("signal", signal),
             log_seconds("timeout", (double)s->config->drain_timeout_ns / 1e9));
    s->draining = true;
    s->pool.draining = true;
    s->drain_deadline_ns = clock_monotonic_ns() + s->config->drain_timeout_ns;
    arena_set_state(&s->arena, CONTROL_DRAIN);
}

static void act_on(struct supervisor *s, int signal)
{
    switch (signal) {
    case SIGTERM:
    case SIGINT:
        begin_drain(s, signal);
        break;
    case SIGQUIT:
        log_warning("stopping at once", log_int("signal", signal));
        stop_now(s, EXIT_FAILURE);
        break;
    case SIGHUP:
        if (s->keyring)
            keyring_load(s->keyring, s->config->token_file, &s->config->quota);
        log_info("replacing the workers one by one", log_int("workers", s->pool.wanted));
        pool_roll(&s->pool);
        if (s->front_pid != 0)
            kill(s->front_pid, SIGHUP); /* it has files to read anew; see hup.h */
        break;
    case SIGTTIN:
        if (pool_grow(&s->pool))
            log_info("one worker more", log_int("workers", s->pool.wanted));
        else
            log_warning("no room for another worker", log_int("workers", s->pool.wanted));
        break;
    case SIGTTOU:
        if (pool_shrink(&s->pool))
            log_info("one worker fewer", log_int("workers", s->pool.wanted));
        else
            log_warning("the last worker stays", log_int("workers", s->pool.wanted));
        break;
    case SIGUSR1:
        pool_kill_overdue(&s->pool);
        break;
    default: /* SIGCHLD, or a time-out: reap_children() looks in any case */
        break;
    }
}

static void reap_children(struct supervisor *s)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0;) {
        if (WIFSTOPPED(status) || WIFCONTINUED(status))
            pool_note_stop(&s->pool, pid, WIFSTOPPED(status));
        else if (pid == s->front_pid)
            reap_front(s, status);
        else
            pool_reap(&s->pool, pid, status);
        /* Anyone else was handed to us because we are PID 1: reaped, and that is all. */
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Start who is missing and due; returns the time until somebody else is due, negative for never. */
static int64_t start_missing(struct supervisor *s)
{
    int64_t wait_ns = -1;
    int64_t now = clock_monotonic_ns();
    if (s->front_pid == 0 && !s->draining) {
        if (s->front_not_before_ns <= now)
            start_front(s);
        else
            wait_ns = s->front_not_before_ns - now;
    }
    wait_ns = clock_sooner_ns(wait_ns, pool_fill(&s->pool));
    wait_ns = clock_sooner_ns(wait_ns, pool_kill_stopped(&s->pool));
    if (s->draining)
        wait_ns =
            clock_sooner_ns(wait_ns, s->drain_deadline_ns > now ? s->drain_deadline_ns - now : 0);
    return wait_ns;
}

static void check_drain(struct supervisor *s)
{
    if (!s->draining || s->finished)
        return;
    if (s->front_pid == 0 && s->pool.live == 0) {
        s->status = check_drained(s);
        log_info("drained", log_int("status", s->status));
        s->finished = true;
    } else if (clock_monotonic_ns() >= s->drain_deadline_ns) {
        log_warning("stopping at once: the drain took too long",
                    log_seconds("timeout", (double)s->config->drain_timeout_ns / 1e9));
        stop_now(s, EXIT_FAILURE);
    }
}

static void run(struct supervisor *s, const sigset_t *signals)
{
    while (!s->finished) {
        int64_t wait_ns = clock_sooner_ns(start_missing(s), tell_manager(s));
        struct timespec timeout = {.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
        int signal = sigtimedwait(signals, NULL, wait_ns < 0 ? NULL : &timeout);
        reap_children(s);
        act_on(s, signal);
        check_drain(s);
    }
}

/* Read the tokens for the first time. -1 after logging why there are none. */
static int open_keyring(struct supervisor *s)
{
    s->keyring = keyring_new();
    if (!s->keyring) {
        log_error("cannot keep the tokens", log_str("error", strerror(errno)));
        return -1;
    }
    keyring_hide(s->keyring, true);
    if (keyring_load(s->keyring, s->config->token_file, &s->config->quota) == 0)
        return 0;
    keyring_free(s->keyring);
    return -1;
}

int supervisor_run(const struct config *config)
{
    struct supervisor s = {
        .config = config,
        .status = EXIT_FAILURE,
        .front_deaths = {.interval_ns = DEATH_INTERVAL_MS * NS_PER_MS,
                         .burst_ns = DEATH_BURST_MS * NS_PER_MS},
    };
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof acted_on / sizeof *acted_on; i++)
        sigaddset(&signals, acted_on[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGCHLD, SIG_DFL); /* where it is inherited as ignored, no child's end is reported */
    signal(SIGPIPE, SIG_IGN); /* whoever reads the log may leave */

    unsigned slots = 2 * config->workers + SLOTS_SPARE;
    int error = arena_create(&s.arena, slots, slots * BLOCKS_PER_SLOT);
    if (error) {
        log_error("cannot create the arena", log_str("error", strerror(-error)));
        return EXIT_FAILURE;
    }
    char address[sizeof config->listen_host + sizeof config->listen_port];
    s.listen_socket =
        listener_open(config->listen_host, config->listen_port, address, sizeof address);
    if (s.listen_socket < 0)
        goto destroy_arena;
    file_limit_raise(config->max_connections);
    bool filtered;
    if (privileges_drop(config) < 0)
        goto close_socket;
    if (!choose_sandbox(config->sandbox, &filtered))
        goto close_socket;
    if (pool_init(&s.pool, &s.arena, config->workers, filtered) < 0) {
        log_error("cannot create the pool", log_str("error", strerror(ENOMEM)));
        goto close_socket;
    }
    if (*config->token_file && open_keyring(&s) < 0)
        goto free_pool;
    notify_init(&s.notify, &s.arena);
    log_info("listening", log_str("address", address), log_int("pid", getpid()));

    run(&s, &signals);

    keyring_free(s.keyring);
free_pool:
    free(s.pool.workers);
close_socket:
    close(s.listen_socket);
destroy_arena:
    arena_destroy(&s.arena);
    return s.status;
}
