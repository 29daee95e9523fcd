/* worker - the loop of a worker process. See worker.h. */
#include "worker/worker.h"

#include <stdbool.h>
#include <unistd.h>

#include "common/board.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "worker/primality/primality.h"

static_assert((int)VERDICT_COMPOSITE == (int)PRIMALITY_COMPOSITE &&
                  (int)VERDICT_PRIME == (int)PRIMALITY_PRIME &&
                  (int)VERDICT_PROBABLE_PRIME == (int)PRIMALITY_PROBABLE_PRIME,
              "the core's verdicts are the service's");

/* Test numbers first .. first+count-1 of a narrow chunk. */
static void test_group(struct block *block, uint32_t first, uint32_t count)
{
    primality_test_u64(block->words + first, count, block->verdicts + first,
                       block->seconds + first);
}

/* Test number `index` of a wide chunk. From where the chunk is damaged the reader gets no further,
 * and the numbers come out failed. */
static void test_one(struct block *block, uint32_t index, struct chunk_reader *reader)
{
    struct number number;
    block->seconds[index] = 0;
    if (!chunk_next(reader, &number)) {
        block->verdicts[index] = VERDICT_FAILED;
    } else if (number.negative) {
        block->verdicts[index] = VERDICT_COMPOSITE;
    } else {
        block->verdicts[index] =
            (uint8_t)primality_test_limbs(number.limbs, number.limb_count, &block->seconds[index]);
    }
}

/* Run a claimed block of numbers from where it stands, until it is finished or canceled. */
static void run_block(struct worker_slot *slot, struct block *block)
{
    struct chunk chunk = block_chunk(block);
    uint32_t done = atomic_load_explicit(&block->done, memory_order_relaxed);
    uint32_t group_max = chunk.kind == CHUNK_NARROW && !block->singly ? BLOCK_GROUP_MAX : 1;
    struct chunk_reader reader;
    chunk_read(&reader, &chunk);
    if (chunk.kind == CHUNK_WIDE)
        chunk_seek(&reader, done);

    while (done < chunk.count) {
        if (atomic_load_explicit(&block->canceled, memory_order_relaxed))
            break;
        atomic_store_explicit(&slot->began_ns, clock_monotonic_ns(), memory_order_relaxed);
        uint32_t group = chunk.count - done < group_max ? chunk.count - done : group_max;
        if (chunk.kind == CHUNK_NARROW)
            test_group(block, done, group);
        else
            test_one(block, done, &reader);
        FAULT_POINT("worker.tested");
        done += group;
        /* Publishes the verdicts; pairs with the dispatcher's load of done. */
        atomic_store_explicit(&block->done, done, memory_order_release);
        FAULT_POINT("worker.done_stored");
        atomic_fetch_add_explicit(&slot->numbers_done, group, memory_order_relaxed);
    }
    atomic_store_explicit(&slot->began_ns, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->blocks_done, 1, memory_order_relaxed);
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
        struct block *block = arena_block(arena, (uint32_t)index);
        bool is_sentinel = block->kind == BLOCK_SENTINEL;
        if (!is_sentinel)
            run_block(&arena->slots[slot], block);
        board_finish(arena, (uint32_t)index);
        if (is_sentinel)
            return;
    }
}

void worker_warm_up(void)
{
    uint64_t number = UINT64_MAX;
    uint8_t verdict;
    float seconds;
    primality_test_u64(&number, 1, &verdict, &seconds);
}

_Noreturn void worker_run(struct arena *arena, unsigned slot, pid_t supervisor)
{
    child_settle(supervisor, "primed-worker");
    close_range(STDERR_FILENO + 1, ~0U, 0);
    worker_warm_up();
    worker_loop(arena, slot);
    _exit(0);
}
