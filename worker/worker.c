/* worker - the loop of a worker process. See worker.h. */
#include "worker/worker.h"

#include <sys/resource.h>
#include <unistd.h>

#include "common/board.h"
#include "common/busy.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "worker/madness.h"
#include "worker/primality/primality.h"
#include "worker/sandbox.h"

enum { WORKER_NICENESS = 19 }; /* a seventieth of the weight of the processes that answer clients */

static_assert((int)VERDICT_COMPOSITE == (int)PRIMALITY_COMPOSITE &&
                  (int)VERDICT_PRIME == (int)PRIMALITY_PRIME &&
                  (int)VERDICT_PROBABLE_PRIME == (int)PRIMALITY_PROBABLE_PRIME,
              "the core's verdicts are the service's");

/* A claimed block, and what there is to know of it. */
struct task {
    struct arena *arena;
    unsigned slot;
    uint32_t index;
    const struct block *block;
    struct results *results;
};

/* Test numbers first .. end-1 of a narrow chunk. */
static void test_narrow(const struct task *task, uint32_t first, uint32_t end)
{
    const uint64_t *numbers = task->block->words + first;
    FAULT_NUMBERS(numbers, end - first);
    primality_test_u64(numbers, end - first, task->results->verdicts + first,
                       task->results->seconds + first);
    MADNESS(task->arena, task->slot, task->index, numbers, end - first);
}

/*
 * Test numbers first .. end-1 of a wide chunk, at most BLOCK_WIDE_GROUP_MAX. From where the chunk is
 * damaged the reader gets no further, and the numbers come out failed.
 */
static void test_wide(struct results *results, uint32_t first, uint32_t end,
                      struct chunk_reader *reader)
{
    struct primality_integer integers[BLOCK_WIDE_GROUP_MAX];
    uint32_t index[BLOCK_WIDE_GROUP_MAX];
    uint8_t verdicts[BLOCK_WIDE_GROUP_MAX];
    float seconds[BLOCK_WIDE_GROUP_MAX];
    size_t count = 0;
    for (uint32_t i = first; i < end; i++) {
        struct number number;
        bool readable = chunk_next(reader, &number);
        results->seconds[i] = 0;
        results->verdicts[i] = readable ? VERDICT_COMPOSITE : VERDICT_FAILED;
        if (!readable || number.negative)
            continue;
        integers[count] = (struct primality_integer){number.limbs, number.limb_count};
        index[count++] = i;
    }
    if (count > 0)
        primality_test_limbs_batch(integers, count, verdicts, seconds);
    for (size_t i = 0; i < count; i++) {
        results->verdicts[index[i]] = verdicts[i];
        results->seconds[index[i]] = seconds[i];
    }
}

/* Run a claimed block of numbers from where it stands, until it is finished or canceled. */
static void run_block(const struct task *task)
{
    struct worker_desk *desk = &task->arena->desks[task->slot];
    const struct block *block = task->block;
    struct results *results = task->results;
    struct chunk chunk = block_chunk(block);
    uint32_t done = atomic_load_explicit(&results->done, memory_order_relaxed);
    uint32_t last = block_end(block);
    struct chunk_reader reader;
    chunk_read(&reader, &chunk);
    if (chunk.kind == CHUNK_WIDE)
        chunk_seek(&reader, done);

    int64_t began_ns = clock_monotonic_ns();
    atomic_store_explicit(&desk->block_began_ns, began_ns, memory_order_relaxed);
    busy_begin(&desk->busy, began_ns);
    while (done < last) {
        if (atomic_load_explicit(&block->canceled, memory_order_relaxed))
            break;
        atomic_store_explicit(&desk->began_ns, clock_monotonic_ns(), memory_order_relaxed);
        uint32_t end = block_group_end(block, done, primality_cost_ns);
        if (chunk.kind == CHUNK_NARROW)
            test_narrow(task, done, end);
        else
            test_wide(results, done, end, &reader);
        FAULT_POINT("worker.tested");
        uint32_t group = end - done;
        done = end;
        /* Publishes the verdicts; pairs with the dispatcher's load of done. */
        atomic_store_explicit(&results->done, done, memory_order_release);
        FAULT_POINT("worker.done_stored");
        atomic_fetch_add_explicit(&desk->numbers_done, group, memory_order_relaxed);
    }
    atomic_store_explicit(&desk->began_ns, 0, memory_order_relaxed);
    atomic_store_explicit(&desk->block_began_ns, 0, memory_order_relaxed);
    busy_end(&desk->busy, clock_monotonic_ns());
    atomic_fetch_add_explicit(&desk->blocks_done, 1, memory_order_relaxed);
}

/* The same with the window open. A worker that cannot move it is of no use, and ends as if it had died. */
static void run_in_window(const struct task *task)
{
    if (!arena_open_results(task->arena, task->index))
        _exit(WORKER_NO_WINDOW);
    run_block(task);
    if (!arena_close_results(task->arena, task->index))
        _exit(WORKER_NO_WINDOW);
}

void worker_loop(struct arena *arena, unsigned slot)
{
    _Atomic uint32_t *dismissed = &arena->slots[slot].dismissed;
    while (!atomic_load_explicit(dismissed, memory_order_relaxed)) {
        int32_t index = ring_pop(arena, slot);
        if (index == RING_EMPTY) {
            ring_wait(arena, slot);
            continue;
        }
        struct task task = {
            .arena = arena,
            .slot = slot,
            .index = (uint32_t)index,
            .block = arena_block(arena, (uint32_t)index),
            .results = arena_results(arena, (uint32_t)index),
        };
        bool is_sentinel = task.block->kind == BLOCK_SENTINEL;
        if (!is_sentinel)
            run_in_window(&task);
        else
            FAULT_POINT("worker_loop.sentinel_claimed");
        board_finish(arena, (uint32_t)index);
        if (is_sentinel)
            return;
    }
    FAULT_POINT("worker_loop.dismissed");
}

void worker_warm_up(void)
{
    uint64_t number = UINT64_MAX;
    uint8_t verdict;
    float seconds;
    primality_test_u64(&number, 1, &verdict, &seconds);
    static const uint64_t mersenne_127[] = {UINT64_MAX, UINT64_MAX >> 1};
    primality_test_limbs(mersenne_127, 2, NULL);
}

/* Let the front answer while all processors test numbers. Who is refused that runs on as it is. */
static void give_way(void)
{
    int niceness = getpriority(PRIO_PROCESS, 0);
    setpriority(PRIO_PROCESS, 0, niceness + WORKER_NICENESS);
}

_Noreturn void worker_run(struct arena *arena, unsigned slot, pid_t supervisor, bool filtered)
{
    child_settle(supervisor, "primed-worker");
    worker_warm_up();
    give_way();
    arena_confine(arena, slot);
    if (sandbox_enter(arena, filtered) < 0)
        _exit(WORKER_NO_SANDBOX);
    worker_loop(arena, slot);
    _exit(0);
}
