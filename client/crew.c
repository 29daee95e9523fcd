/* crew - see crew.h. */
#include "client/crew.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/child.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "worker/sandbox.h"
#include "worker/worker.h"

enum {
    BLOCKS_PER_WORKER = 4, /* one running, others so that nobody waits for the dispatcher */
    ATTEMPTS_MAX = 3,
};

unsigned crew_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* --- workers ---------------------------------------------------------------------------------- */

static int start_worker(struct crew *crew, unsigned slot)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        if (!crew->work)
            worker_run(&crew->arena, slot, parent, crew->filtered);
        child_settle(parent, "prime-worker");
        crew->work(&crew->arena, slot, crew->context);
        _exit(0);
    }
    crew->pids[slot] = pid > 0 ? pid : 0;
    return pid > 0 ? 0 : -errno;
}

/* Hand on what dead workers held, and replace them; without successors while the crew closes. */
static unsigned reap(struct crew *crew, bool replace, int flags)
{
    unsigned ended = 0;
    int status;
    for (unsigned slot = 0; slot < crew->arena.slot_count; slot++) {
        if (crew->pids[slot] == 0 || waitpid(crew->pids[slot], &status, flags) != crew->pids[slot])
            continue;
        crew->pids[slot] = 0;
        arena_reap(&crew->arena, slot);
        ended++;
        if (replace) {
            crew->deaths++;
            start_worker(crew, slot);
        }
    }
    return ended;
}

int crew_open(struct crew *crew, unsigned workers, crew_work *work, void *context)
{
    *crew =
        (struct crew){.work = work, .context = context, .filtered = !work && sandbox_probe() == 0};
    unsigned blocks = workers * BLOCKS_PER_WORKER;
    int error = arena_create(&crew->arena, workers, blocks);
    if (error)
        return error;
    crew->pids = calloc(workers, sizeof *crew->pids);
    crew->free_blocks = calloc(blocks, sizeof *crew->free_blocks);
    if (!crew->pids || !crew->free_blocks)
        error = -ENOMEM;
    for (uint32_t i = 0; i < blocks && !error; i++)
        crew->free_blocks[crew->free_count++] = blocks - 1 - i;
    for (unsigned slot = 0; slot < workers && !error; slot++)
        error = start_worker(crew, slot);
    if (error)
        crew_kill(crew);
    return error;
}

/* --- blocks ----------------------------------------------------------------------------------- */

bool crew_has_room(const struct crew *crew)
{
    return crew->free_count > 0;
}

void crew_push(struct crew *crew, const struct chunk *chunk)
{
    uint32_t index = crew->free_blocks[--crew->free_count];
    block_fill(arena_block(&crew->arena, index), arena_results(&crew->arena, index), chunk);
    crew->in_flight++;
    ring_push(&crew->arena, index, 0);
    ring_wake(&crew->arena, 1);
}

void crew_release(struct crew *crew, uint32_t index)
{
    atomic_store_explicit(arena_claim(&crew->arena, index), 0, memory_order_relaxed);
    crew->free_blocks[crew->free_count++] = index;
    crew->in_flight--;
}

/* A worker has died with that block: send it round again, unless nothing of it is left. */
static bool send_again(struct crew *crew, uint32_t index, unsigned attempts)
{
    struct block *block = arena_block(&crew->arena, index);
    struct results *results = arena_results(&crew->arena, index);
    uint32_t count = block_chunk(block).count;
    uint32_t done = atomic_load_explicit(&results->done, memory_order_acquire);
    block->singly = 1;
    if (done < count && attempts >= ATTEMPTS_MAX) {
        results->verdicts[done] = VERDICT_FAILED;
        results->seconds[done] = 0;
        atomic_store_explicit(&results->done, ++done, memory_order_release);
        attempts = 0;
    }
    if (done == count)
        return false;
    ring_push(&crew->arena, index, attempts);
    ring_wake(&crew->arena, 1);
    return true;
}

int32_t crew_take(struct crew *crew)
{
    reap(crew, true, WNOHANG);
    for (int32_t posted; (posted = board_take(&crew->arena)) != BOARD_EMPTY;) {
        const _Atomic uint64_t *word = arena_claim(&crew->arena, (uint32_t)posted);
        struct claim claim = claim_unpack(atomic_load_explicit(word, memory_order_acquire));
        bool orphaned = claim.state == CLAIM_ORPHANED;
        if (claim.state != CLAIM_DONE && !orphaned)
            continue; /* posted twice */
        if (!orphaned || !send_again(crew, (uint32_t)posted, claim.attempts))
            return posted;
    }
    return BOARD_EMPTY;
}

void crew_wait(struct crew *crew, int64_t timeout_ns)
{
    board_prepare_wait(&crew->arena);
    board_wait(&crew->arena, timeout_ns);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void let_go(struct crew *crew)
{
    free(crew->pids);
    free(crew->free_blocks);
    arena_destroy(&crew->arena);
}

void crew_close(struct crew *crew)
{
    static const uint64_t no_word;
    const struct chunk nothing = {.kind = CHUNK_NARROW, .data = &no_word};
    unsigned left = 0;
    for (unsigned slot = 0; slot < crew->arena.slot_count; slot++) {
        if (crew->pids[slot] == 0)
            continue;
        uint32_t index = crew->free_blocks[--crew->free_count];
        block_fill(arena_block(&crew->arena, index), arena_results(&crew->arena, index), &nothing);
        arena_block(&crew->arena, index)->kind = BLOCK_SENTINEL;
        ring_push(&crew->arena, index, 0);
        left++;
    }
    ring_wake(&crew->arena, left);
    while (left > 0)
        left -= reap(crew, false, 0);
    let_go(crew);
}

void crew_kill(struct crew *crew)
{
    for (unsigned slot = 0; crew->pids && slot < crew->arena.slot_count; slot++)
        if (crew->pids[slot] != 0)
            kill(crew->pids[slot], SIGKILL);
    if (crew->pids)
        reap(crew, false, 0);
    let_go(crew);
}
