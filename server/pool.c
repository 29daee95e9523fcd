/* pool - forking, reaping and replacing workers. See pool.h. */
#include "server/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "worker/worker.h"

enum {
    DEATH_INTERVAL_MS = 100, /* replace so often in the long run */
    DEATH_BURST_MS = 2000,   /* and twenty at once */
    FORK_AGAIN_MS = 100,     /* after a fork that failed */
    STOPPED_MAX_MS = 1000,   /* a worker that is stopped for longer is killed */
};

/* For the metrics. */
static void publish_wanted(const struct pool *pool)
{
    atomic_store(&pool->arena->control->workers_wanted, pool->wanted);
}

int pool_init(struct pool *pool, struct arena *arena, unsigned wanted, bool filtered)
{
    *pool = (struct pool){
        .arena = arena,
        .supervisor = getpid(),
        .wanted = wanted,
        .filtered = filtered,
        .leaving = POOL_NONE,
        .deaths = {.interval_ns = DEATH_INTERVAL_MS * NS_PER_MS,
                   .burst_ns = DEATH_BURST_MS * NS_PER_MS},
    };
    publish_wanted(pool);
    pool->workers = calloc(arena->slot_count, sizeof *pool->workers);
    return pool->workers ? 0 : -1;
}

/* --- starting --------------------------------------------------------------------------------- */

static bool is_closing(const struct pool *pool)
{
    return pool->draining && atomic_load(&pool->arena->control->pool_closing);
}

/* Fork a worker into a slot. False if it could not be, or should not any more. */
static bool start_worker(struct pool *pool, unsigned slot)
{
    struct pool_worker *worker = &pool->workers[slot];
    _Atomic int32_t *pid = &pool->arena->slots[slot].pid;

    /*
     * The front sets pool_closing and then counts the slots taken, to send each a sentinel; here
     * the slot is taken and then pool_closing looked at. One of the two sees the other.
     */
    atomic_store(pid, -1);
    if (is_closing(pool)) {
        atomic_store(pid, 0);
        return false;
    }
    worker->pid = fork();
    if (worker->pid == 0)
        worker_run(pool->arena, slot, pool->supervisor, pool->filtered);
    if (worker->pid < 0) {
        log_error("cannot fork a worker", log_int("worker", slot),
                  log_str("error", strerror(errno)));
        worker->pid = 0;
        pool->fork_not_before_ns = clock_monotonic_ns() + FORK_AGAIN_MS * NS_PER_MS;
        atomic_store(pid, 0);
        return false;
    }
    FAULT_POINT("start_worker.forked");
    atomic_store(pid, worker->pid);
    worker->generation = pool->generation;
    worker->cause = RESTART_CRASHED;
    worker->stopped_ns = 0;
    pool->live++;
    log_info("worker started", log_int("worker", slot), log_int("pid", worker->pid));
    return true;
}

/* The slot of that process, 0 for a free one; slot_count if there is none. */
static unsigned find_slot(const struct pool *pool, pid_t pid)
{
    unsigned slot = 0;
    while (slot < pool->arena->slot_count && pool->workers[slot].pid != pid)
        slot++;
    return slot;
}

/* How long to wait before another worker may be started; 0 or less: not at all. */
static int64_t start_wait_ns(const struct pool *pool)
{
    int64_t now = clock_monotonic_ns();
    int64_t pace_ns = pace_wait_ns(&pool->deaths, now);
    int64_t fork_ns = pool->fork_not_before_ns - now;
    return pace_ns > fork_ns ? pace_ns : fork_ns;
}

/* The slot of a worker that a rolling restart has yet to replace, or POOL_NONE. */
static int next_to_leave(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->arena->slot_count; i++)
        if (pool->workers[i].pid != 0 && pool->workers[i].generation < pool->generation)
            return (int)i;
    return POOL_NONE;
}

int64_t pool_fill(struct pool *pool)
{
    /* In a rolling restart the successor comes before its predecessor goes. */
    int leaver = next_to_leave(pool);
    unsigned target = pool->wanted + (leaver != POOL_NONE);
    unsigned slot;
    while (pool->live < target && (slot = find_slot(pool, 0)) < pool->arena->slot_count &&
           !is_closing(pool)) {
        int64_t wait_ns = start_wait_ns(pool);
        if (wait_ns > 0)
            return wait_ns;
        start_worker(pool, slot);
    }
    if (leaver != POOL_NONE && pool->leaving == POOL_NONE) {
        pool->leaving = leaver;
        arena_dismiss(pool->arena, (unsigned)leaver);
    }
    return -1;
}

/* --- ending ----------------------------------------------------------------------------------- */

static void log_end(unsigned slot, pid_t pid, int status, unsigned blocks)
{
    bool forbidden = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        log_info("worker ended", log_int("worker", slot), log_int("pid", pid));
    else if (WIFSIGNALED(status))
        log_warning(forbidden ? "worker died: it tried a forbidden system call" : "worker died",
                    log_int("worker", slot), log_int("pid", pid),
                    log_int("signal", WTERMSIG(status)), log_int("blocks_handed_on", blocks));
    else
        log_warning("worker died", log_int("worker", slot), log_int("pid", pid),
                    log_int("status", WEXITSTATUS(status)), log_int("blocks_handed_on", blocks));
}

/* What the death of a worker is put down to: it may have died before our signal reached it. */
static enum restart_cause cause_of(const struct pool_worker *worker, int status)
{
    bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    return was_killed ? worker->cause : RESTART_CRASHED;
}

bool pool_reap(struct pool *pool, pid_t pid, int status)
{
    unsigned slot = find_slot(pool, pid);
    if (slot == pool->arena->slot_count)
        return false;

    struct pool_worker *worker = &pool->workers[slot];
    worker->pid = 0;
    pool->live--;
    FAULT_POINT("pool_reap.waited");
    atomic_store(&pool->arena->slots[slot].pid, 0);
    unsigned blocks = arena_reap(pool->arena, slot);
    log_end(slot, pid, status, blocks);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        enum restart_cause cause = cause_of(worker, status);
        if (cause == RESTART_CRASHED)
            pace_note(&pool->deaths, clock_monotonic_ns());
        atomic_fetch_add(&pool->arena->control->worker_restarts[cause], 1);
        atomic_fetch_add(&pool->arena->slots[slot].restarts, 1);
    }
    if (pool->leaving == (int)slot)
        pool->leaving = POOL_NONE;
    return true;
}

void pool_note_stop(struct pool *pool, pid_t pid, bool stopped)
{
    unsigned slot = find_slot(pool, pid);
    if (slot < pool->arena->slot_count)
        pool->workers[slot].stopped_ns = stopped ? clock_monotonic_ns() : 0;
}

/* Kill a worker on purpose: it is not counted as one that dies of itself. */
static void kill_worker(struct pool *pool, unsigned slot, enum restart_cause cause, const char *why)
{
    log_warning(why, log_int("worker", slot), log_int("pid", pool->workers[slot].pid));
    pool->workers[slot].cause = cause;
    kill(pool->workers[slot].pid, SIGKILL);
}

int64_t pool_kill_stopped(struct pool *pool)
{
    int64_t next_ns = -1;
    int64_t now = clock_monotonic_ns();
    for (unsigned i = 0; i < pool->arena->slot_count; i++) {
        struct pool_worker *worker = &pool->workers[i];
        if (worker->pid == 0 || worker->cause != RESTART_CRASHED || worker->stopped_ns == 0)
            continue;
        int64_t left_ns = worker->stopped_ns + STOPPED_MAX_MS * NS_PER_MS - now;
        if (left_ns <= 0)
            kill_worker(pool, i, RESTART_STOPPED, "worker is stopped: killed");
        else if (next_ns < 0 || left_ns < next_ns)
            next_ns = left_ns;
    }
    return next_ns;
}

bool pool_grow(struct pool *pool)
{
    if (pool->wanted == pool->arena->slot_count)
        return false;
    pool->wanted++;
    publish_wanted(pool);
    return true;
}

bool pool_shrink(struct pool *pool)
{
    if (pool->wanted == 1)
        return false;
    pool->wanted--;
    publish_wanted(pool);
    arena_want_sentinel(pool->arena);
    return true;
}

void pool_roll(struct pool *pool)
{
    pool->generation++;
}

bool pool_is_rolling(const struct pool *pool)
{
    return next_to_leave(pool) != POOL_NONE;
}

void pool_kill_overdue(struct pool *pool)
{
    for (unsigned i = 0; i < pool->arena->slot_count; i++) {
        int64_t overdue = atomic_exchange(&pool->arena->slots[i].overdue_ns, 0);
        int64_t began = atomic_load(&pool->arena->desks[i].began_ns);
        if (overdue == 0 || pool->workers[i].pid == 0 || began != overdue)
            continue;
        kill_worker(pool, i, RESTART_OVERDUE, "worker is stuck: killed");
    }
}

void pool_kill(struct pool *pool)
{
    for (unsigned i = 0; i < pool->arena->slot_count; i++)
        if (pool->workers[i].pid != 0)
            kill(pool->workers[i].pid, SIGKILL);
    for (unsigned i = 0; i < pool->arena->slot_count; i++) {
        struct pool_worker *worker = &pool->workers[i];
        if (worker->pid == 0)
            continue;
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        worker->pid = 0;
        atomic_store(&pool->arena->slots[i].pid, 0);
    }
    pool->live = 0;
    pool->leaving = POOL_NONE;
}
