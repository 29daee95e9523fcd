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
    YOUNG_MS = 100, /* a worker that dies before has died young */
    PATIENCE = 5,   /* young deaths in a row that are followed by a successor at once */
    DELAY_MS = 10,  /* after the next one; doubled by each further */
    DELAY_MAX_MS = 1000,
};

int pool_init(struct pool *pool, struct arena *arena, unsigned wanted)
{
    *pool = (struct pool){
        .arena = arena, .supervisor = getpid(), .wanted = wanted, .leaving = POOL_NONE};
    pool->workers = calloc(arena->slot_count, sizeof *pool->workers);
    return pool->workers ? 0 : -1;
}

/* --- starting --------------------------------------------------------------------------------- */

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
    if (atomic_load(&pool->arena->control->pool_closing)) {
        atomic_store(pid, 0);
        return false;
    }
    worker->started_ns = clock_monotonic_ns();
    worker->pid = fork();
    if (worker->pid == 0)
        worker_run(pool->arena, slot, pool->supervisor);
    if (worker->pid < 0) {
        log_error("cannot fork a worker", log_int("worker", slot),
                  log_str("error", strerror(errno)));
        worker->pid = 0;
        worker->not_before_ns = worker->started_ns + DELAY_MAX_MS * NS_PER_MS;
        atomic_store(pid, 0);
        return false;
    }
    FAULT_POINT("start_worker.forked");
    atomic_store(pid, worker->pid);
    worker->generation = pool->generation;
    worker->killed = false;
    pool->live++;
    log_info("worker started", log_int("worker", slot), log_int("pid", worker->pid));
    return true;
}

/* The free slot that may be filled first, or -1. */
static int next_free_slot(const struct pool *pool)
{
    int best = -1;
    for (unsigned i = 0; i < pool->arena->slot_count; i++) {
        if (pool->workers[i].pid != 0)
            continue;
        if (best < 0 || pool->workers[i].not_before_ns < pool->workers[best].not_before_ns)
            best = (int)i;
    }
    return best;
}

/* While workers of an older generation are left, let them end, one at a time. */
static void roll_on(struct pool *pool)
{
    for (unsigned i = 0; pool->leaving == POOL_NONE && i < pool->arena->slot_count; i++) {
        if (pool->workers[i].pid != 0 && pool->workers[i].generation < pool->generation) {
            pool->leaving = (int)i;
            arena_dismiss(pool->arena, i);
        }
    }
}

int64_t pool_fill(struct pool *pool)
{
    while (pool->live < pool->wanted && !atomic_load(&pool->arena->control->pool_closing)) {
        int slot = next_free_slot(pool);
        if (slot < 0)
            break;
        int64_t wait_ns = pool->workers[slot].not_before_ns - clock_monotonic_ns();
        if (wait_ns > 0)
            return wait_ns;
        start_worker(pool, (unsigned)slot);
    }
    roll_on(pool);
    return -1;
}

/* --- ending ----------------------------------------------------------------------------------- */

/* How long the slot should stay empty after this death. */
static int64_t delay_after_death(struct pool_worker *worker, int64_t now_ns)
{
    if (worker->killed || now_ns - worker->started_ns >= YOUNG_MS * NS_PER_MS) {
        worker->young_deaths = 0;
        return 0;
    }
    if (++worker->young_deaths <= PATIENCE)
        return 0;
    unsigned doublings = worker->young_deaths - PATIENCE - 1;
    int64_t delay_ms = doublings < 8 ? (int64_t)DELAY_MS << doublings : DELAY_MAX_MS;
    return (delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS) * NS_PER_MS;
}

static void log_end(unsigned slot, pid_t pid, int status, unsigned blocks)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        log_info("worker ended", log_int("worker", slot), log_int("pid", pid));
    else if (WIFSIGNALED(status))
        log_warning("worker died", log_int("worker", slot), log_int("pid", pid),
                    log_int("signal", WTERMSIG(status)), log_int("blocks_handed_on", blocks));
    else
        log_warning("worker died", log_int("worker", slot), log_int("pid", pid),
                    log_int("status", WEXITSTATUS(status)), log_int("blocks_handed_on", blocks));
}

bool pool_reap(struct pool *pool, pid_t pid, int status)
{
    unsigned slot = 0;
    while (slot < pool->arena->slot_count && pool->workers[slot].pid != pid)
        slot++;
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
        int64_t now = clock_monotonic_ns();
        worker->not_before_ns = now + delay_after_death(worker, now);
        atomic_fetch_add(&pool->arena->control->worker_restarts, 1);
    }
    if (pool->leaving == (int)slot)
        pool->leaving = POOL_NONE;
    return true;
}

bool pool_grow(struct pool *pool)
{
    if (pool->wanted == pool->arena->slot_count)
        return false;
    pool->wanted++;
    return true;
}

bool pool_shrink(struct pool *pool)
{
    if (pool->wanted == 1)
        return false;
    pool->wanted--;
    arena_want_sentinel(pool->arena);
    return true;
}

void pool_roll(struct pool *pool)
{
    pool->generation++;
}

void pool_kill_overdue(struct pool *pool)
{
    for (unsigned i = 0; i < pool->arena->slot_count; i++) {
        struct worker_slot *slot = &pool->arena->slots[i];
        int64_t overdue = atomic_exchange(&slot->overdue_ns, 0);
        if (overdue == 0 || pool->workers[i].pid == 0 || atomic_load(&slot->began_ns) != overdue)
            continue;
        log_warning("worker is stuck: killed", log_int("worker", i),
                    log_int("pid", pool->workers[i].pid));
        pool->workers[i].killed = true;
        kill(pool->workers[i].pid, SIGKILL);
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
