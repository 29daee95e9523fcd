/*
 * ring_processes - the protocol between processes that die: a feeder process, worker processes, and
 * a supervisor that kills workers without end and replaces them, while every number of every block
 * must still get its one right verdict.
 *
 * The feeder sleeps without a timeout, so a wake-up lost with a killed worker shows as a hang. Most
 * gaps of the protocol are too narrow for a kill from outside; with MODE=fault most workers also
 * die or stop in one of them, each by itself.
 */
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "tests/stress/feeder.h"
#include "tests/stress/stress.h"
#include "worker/worker.h"

enum { LOOKS = 2000 };

struct pool {
    struct arena arena;
    pid_t feeding;
    uint64_t random;
    unsigned living;
    unsigned retired;   /* exited 0 */
    unsigned kills;     /* of workers that were still there to be killed */
    unsigned orphaned;  /* blocks they left */
    unsigned sleepers;  /* killed in their sleep */
    unsigned claimants; /* killed with a block */
};

static pid_t pid_of(const struct pool *pool, unsigned slot)
{
    return atomic_load(&pool->arena.slots[slot].pid);
}

/* Where a worker dies or stops itself in MODE=fault, see docs/crash.md; NULL: nowhere. */
static const char *const faults[] = {
    NULL,
    NULL,
    "ring_pop.looked:stop",
    "ring_pop.cell_read",
    "ring_pop.cell_read:stop",
    "ring_pop.claimed",
    "ring_pop.claimed:stop",
    "worker.tested",
    "worker.done_stored",
    "board_finish.done",
    "board_finish.done:stop",
    "board_post.posted",
    "board_post.posted:stop",
    "board_ring_bell.flag_cleared",
    "ring_wait.flag_set",
    "ring_wait.flag_set:stop",
    "ring_wait.looked",
    "ring_wait.looked:stop",
    "ring_wait.woken",
};

static const char *random_fault(struct pool *pool)
{
    return faults[stress_random(&pool->random, sizeof faults / sizeof *faults)];
}

static void start_worker(struct pool *pool, unsigned slot)
{
    const char *fault = random_fault(pool);
    pid_t supervisor = getpid();
    pid_t pid = fork();
    if (pid < 0)
        stress_fail("no process");
    if (pid == 0) {
        if (fault)
            setenv("PRIMED_FAULT", fault, 1);
        worker_run(&pool->arena, slot, supervisor, true);
    }
    atomic_store(&pool->arena.slots[slot].pid, pid);
    pool->living++;
}

/* --- choosing a victim ------------------------------------------------------------------------ */

static bool any(const struct pool *pool, unsigned slot)
{
    return pid_of(pool, slot) != 0;
}

static bool is_sleeping(const struct pool *pool, unsigned slot)
{
    return any(pool, slot) && atomic_load(&pool->arena.desks[slot].sleeping);
}

static bool has_claim(const struct pool *pool, unsigned slot)
{
    for (uint32_t i = 0; any(pool, slot) && i < pool->arena.block_count; i++) {
        struct claim claim = claim_unpack(atomic_load(arena_claim(&pool->arena, i)));
        if (claim.state == CLAIM_RUNNING && claim.owner == slot)
            return true;
    }
    return false;
}

/* Kill a worker the moment it is seen in the state asked for, or any if none is for a while. */
static unsigned kill_one(struct pool *pool, bool wanted(const struct pool *pool, unsigned slot))
{
    unsigned slots = pool->arena.slot_count;
    unsigned slot = (unsigned)stress_random(&pool->random, slots);
    for (unsigned looks = 0; looks < LOOKS && !wanted(pool, slot); looks++)
        slot = (slot + 1) % slots;
    while (!any(pool, slot))
        slot = (slot + 1) % slots;
    kill(pid_of(pool, slot), SIGKILL);
    return slot;
}

/* --- the supervisor's part -------------------------------------------------------------------- */

/* Let those go on that stopped themselves. */
static void continue_all(const struct pool *pool)
{
    for (unsigned slot = 0; slot < pool->arena.slot_count; slot++)
        if (any(pool, slot))
            kill(pid_of(pool, slot), SIGCONT);
}

/* If the worker has ended, hand on what it held; false if it has not. */
static bool reap(struct pool *pool, unsigned slot)
{
    int status;
    pid_t ended = waitpid(pid_of(pool, slot), &status, WNOHANG);
    if (ended == 0)
        return false;
    if (ended < 0)
        stress_fail("worker %u is not there", slot);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        pool->kills++;
        pool->sleepers += is_sleeping(pool, slot);
        pool->claimants += has_claim(pool, slot);
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        pool->retired++;
    } else {
        stress_fail("worker %u ended with status %x", slot, (unsigned)status);
    }
    atomic_store(&pool->arena.slots[slot].pid, 0);
    pool->orphaned += arena_reap(&pool->arena, slot);
    pool->living--;
    return true;
}

static bool is_closing(const struct pool *pool)
{
    return atomic_load(&pool->arena.control->pool_closing) != 0;
}

static void pause_randomly(struct pool *pool)
{
    static const uint64_t limits_ns[] = {1, 20000, 200000, 2000000};
    uint64_t limit = limits_ns[stress_random(&pool->random, sizeof limits_ns / sizeof *limits_ns)];
    struct timespec pause = {.tv_nsec = (long)stress_random(&pool->random, limit)};
    nanosleep(&pause, NULL);
}

/* Kill up to as many workers as there are slots, reap them, and replace them unless it is over. */
static void kill_some(struct pool *pool)
{
    static bool (*const states[])(const struct pool *pool, unsigned slot) = {any, is_sleeping,
                                                                             has_claim};
    pause_randomly(pool);
    continue_all(pool);
    unsigned count = 1 + (unsigned)stress_random(&pool->random, pool->living);
    for (; count > 0; count--) {
        unsigned slot = kill_one(pool, states[stress_random(&pool->random, 3)]);
        while (!reap(pool, slot))
            sched_yield();
        if (stress_random(&pool->random, 4) == 0)
            pause_randomly(pool); /* the others must do without it for a while */
        if (!is_closing(pool))
            start_worker(pool, slot);
        else
            return;
    }
}

/* The feeder says itself what is wrong, but in another process. */
static void check_feeder(const struct pool *pool)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)pool->feeding, &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid != 0 && (info.si_code != CLD_EXITED || info.si_status != 0))
        stress_fail("the feeder has failed");
}

/* Kill until the feeder has all its blocks back; then let the pool drain, or kill on. */
static void supervise(struct pool *pool, bool kill_while_closing)
{
    while (!is_closing(pool)) {
        kill_some(pool);
        check_feeder(pool);
    }
    while (kill_while_closing && pool->living > 0 && stress_random(&pool->random, 3) != 0)
        kill_some(pool);
    while (pool->living > 0) {
        /* In any order: one may wait for a wake that died with another. */
        for (unsigned slot = 0; slot < pool->arena.slot_count; slot++)
            if (any(pool, slot))
                reap(pool, slot);
        continue_all(pool);
        sched_yield();
    }
}

/* --- the feeder's part ------------------------------------------------------------------------ */

static pid_t start_feeder(struct pool *pool, struct feeder *feeder, int64_t duration_ns)
{
    pid_t pid = fork();
    if (pid < 0)
        stress_fail("no process");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    feeder_run(feeder, clock_monotonic_ns() + duration_ns);
    atomic_store(&pool->arena.control->pool_closing, 1);
    feeder_send_sentinels(feeder, pool->arena.slot_count);
    _exit(0);
}

/* Every sentinel is accounted for: done, or claimed or left by a worker killed while closing. */
static void check_sentinels(const struct pool *pool, const struct feeder *feeder,
                            unsigned kills_while_closing)
{
    unsigned all =
        feeder->sentinels_done + feeder->sentinels_orphaned + feeder->sentinels_unclaimed;
    if (all != pool->arena.slot_count)
        stress_fail("%u of %u sentinels are accounted for", all, pool->arena.slot_count);
    if (feeder->sentinels_done < pool->retired ||
        feeder->sentinels_orphaned + feeder->sentinels_unclaimed > kills_while_closing)
        stress_fail("%u sentinels done, %u orphaned, %u unclaimed; %u workers exited, %u killed",
                    feeder->sentinels_done, feeder->sentinels_orphaned, feeder->sentinels_unclaimed,
                    pool->retired, kills_while_closing);
}

static void run_round(struct pool *pool, struct feeder *feeder, struct stress_round round,
                      int64_t duration_ns, bool kill_while_closing)
{
    if (arena_create(&pool->arena, round.workers, round.blocks) != 0)
        stress_fail("no arena");
    pool->retired = 0;
    feeder_init(feeder, &pool->arena, round.position, stress_random(&pool->random, UINT64_MAX));
    pool->feeding = start_feeder(pool, feeder, duration_ns);
    for (unsigned slot = 0; slot < round.workers; slot++)
        start_worker(pool, slot);
    unsigned orphaned_before = pool->orphaned;
    supervise(pool, kill_while_closing);

    int status;
    if (waitpid(pool->feeding, &status, 0) != pool->feeding || status != 0)
        stress_fail("the feeder ended with status %x", (unsigned)status);
    feeder_settle(feeder);
    check_sentinels(pool, feeder, round.workers - pool->retired);
    if (pool->orphaned - orphaned_before != feeder->orphans + feeder->sentinels_orphaned)
        stress_fail("%u blocks orphaned, %" PRIu64 " pushed again",
                    pool->orphaned - orphaned_before, feeder->orphans);
    arena_destroy(&pool->arena);
}

int main(int argc, char **argv)
{
    struct stress_options options = stress_begin(argc, argv);
    struct feeder *feeder =
        mmap(NULL, sizeof *feeder, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (feeder == MAP_FAILED)
        stress_fail("no memory");

    struct pool pool = {.random = options.seed};
    uint64_t blocks = 0, numbers = 0;
    for (unsigned i = 0; i < STRESS_ROUNDS; i++) {
        struct stress_round round = stress_round(i);
        /* A feeder short of blocks awaits each sentinel's return, so its claimant must live. */
        if (FAULT_POINTS && round.workers > round.blocks)
            round.workers = round.blocks;
        bool kill_while_closing = round.blocks >= round.workers;
        run_round(&pool, feeder, round, options.seconds * NS_PER_S / STRESS_ROUNDS,
                  kill_while_closing);
        blocks += feeder->blocks;
        numbers += feeder->numbers;
    }
    printf("ring_processes: ok, %" PRIu64 " blocks, %" PRIu64 " numbers, %u kills (%u asleep, %u "
           "with a block), %d rounds, seed %" PRIu64 "\n",
           blocks, numbers, pool.kills, pool.sleepers, pool.claimants, STRESS_ROUNDS, options.seed);
    return 0;
}
