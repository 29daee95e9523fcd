/*
 * processes - forked workers over the service's own ring, and a sentinel for each in the end.
 *
 * A worker shares nothing with its parent but the blocks: a number goes there in one and comes back
 * in it with its answer. The parent has nothing to do between two answers, so it turns the spinner
 * itself. A worker may be killed without harm; see client/crew.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/crew.h"
#include "client/models/model.h"
#include "common/clock.h"
#include "common/ring.h"
#include "common/verdict.h"

static bool breathe(void *context)
{
    (void)context;
    return true; /* whoever wants to stop a process kills it */
}

/* The loop of a worker: worker/worker.c with the slow job in place of the core. */
static void work(struct arena *arena, unsigned slot, void *context)
{
    const struct probe *probe = context;
    run_leave_mark(probe);
    for (;;) {
        int32_t index = ring_pop(arena, slot);
        if (index == RING_EMPTY) {
            ring_wait(arena, slot);
            continue;
        }
        const struct block *block = arena_block(arena, (uint32_t)index);
        bool is_sentinel = block->kind == BLOCK_SENTINEL;
        if (!is_sentinel) {
            struct results *results = arena_results(arena, (uint32_t)index);
            bool prime = job_is_prime(block->words[0], breathe, NULL);
            results->verdicts[0] = prime ? VERDICT_PRIME : VERDICT_COMPOSITE;
            atomic_store_explicit(&results->done, 1, memory_order_release);
        }
        board_finish(arena, (uint32_t)index);
        if (is_sentinel)
            return;
    }
}

/* The verdict of a block belongs to the first number of that value that has none yet. */
static void take_verdict(struct run *run, const struct arena *arena, uint32_t index, bool *known)
{
    uint64_t number = arena_block(arena, index)->words[0];
    size_t i = 0;
    while (i < run->count && (known[i] || run->numbers[i] != number))
        i++;
    if (i == run->count)
        return;
    run->primes[i] = arena_results(arena, index)->verdicts[0] == VERDICT_PRIME;
    known[i] = true;
}

static void push_number(struct run *run, struct crew *crew, size_t i)
{
    crew_push(crew, &(struct chunk){
                        .kind = CHUNK_NARROW, .count = 1, .words = 1, .data = &run->numbers[i]});
}

/* The parent may sleep so long; without a spinner, it need only look for signals. */
static int64_t until_next_frame_ns(const struct run *run)
{
    int64_t period = SPINNER_PERIOD_MS * NS_PER_MS;
    int64_t left = run->spins ? run->drawn_ns + period - clock_monotonic_ns() : period;
    return left > 0 ? left : 0;
}

int processes_run(struct run *run)
{
    struct crew crew;
    bool *known = calloc(run->count, sizeof *known);
    if (!known)
        return -ENOMEM;
    int error = crew_open(&crew, run->workers, work, &run->probe);
    if (error) {
        free(known);
        return error;
    }
    size_t pushed = 0, taken = 0;
    if (run->spins)
        run_turn_spinner(run);
    while (taken < run->count && !atomic_load(&run->stop)) {
        while (pushed < run->count && crew_has_room(&crew))
            push_number(run, &crew, pushed++);
        int32_t index = crew_take(&crew);
        if (index != BOARD_EMPTY) {
            take_verdict(run, &crew.arena, (uint32_t)index, known);
            crew_release(&crew, (uint32_t)index);
            taken++;
        } else {
            crew_wait(&crew, until_next_frame_ns(run));
        }
        if (run->spins && until_next_frame_ns(run) == 0)
            run_turn_spinner(run);
    }
    run_measure_memory(run, crew.pids, run->workers);
    if (run->spins)
        run_turn_spinner(run);
    if (atomic_load(&run->stop))
        crew_kill(&crew);
    else
        crew_close(&crew);
    free(known);
    return 0;
}
