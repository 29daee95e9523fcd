/* feeder - filling, pushing, harvesting and checking. See feeder.h. */
#include "tests/stress/feeder.h"

#include <string.h>

#include "common/arena_check.h"
#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "tests/stress/stress.h"

enum { NUMBER_LIMIT = 1 << 16, NO_VERDICT = 0xee, CHECK_EVERY = 16 };

static uint8_t verdict_of[NUMBER_LIMIT]; /* VERDICT_PRIME or VERDICT_COMPOSITE */

static void sieve(void)
{
    memset(verdict_of + 2, VERDICT_PRIME, NUMBER_LIMIT - 2);
    for (unsigned factor = 2; factor * factor < NUMBER_LIMIT; factor++)
        for (unsigned n = factor * factor; n < NUMBER_LIMIT; n += factor)
            verdict_of[n] = VERDICT_COMPOSITE;
}

void feeder_init(struct feeder *feeder, struct arena *arena, uint64_t position, uint64_t seed)
{
    if (arena->block_count > FEEDER_MAX_BLOCKS)
        stress_fail("%u blocks are too many", arena->block_count);
    memset(feeder, 0, sizeof *feeder);
    feeder->arena = arena;
    feeder->random = seed;
    atomic_store(&arena->ring->head, position);
    atomic_store(&arena->ring->tail, position);
    sieve();
}

/* --- out -------------------------------------------------------------------------------------- */

static void push(struct feeder *feeder, uint32_t index, unsigned attempts)
{
    feeder->jobs[index].ticket = atomic_load(&feeder->arena->ring->head) & CLAIM_TICKET_MASK;
    ring_push(feeder->arena, index, attempts);
}

/* Most blocks are tiny, to have many claims; some are large, to be in the middle of for long. */
static uint32_t random_count(struct feeder *feeder)
{
    static const uint32_t limits[] = {1, 2, 3, 3, 40, 600, CHUNK_MAX_NUMBERS / 2};
    uint64_t limit = limits[stress_random(&feeder->random, sizeof limits / sizeof *limits)];
    return 1 + (uint32_t)stress_random(&feeder->random, limit);
}

/* Put numbers and their signs (wide) or numbers alone (narrow) into words; returns words used. */
static uint32_t fill_words(struct feeder *feeder, struct feeder_job *job, bool wide,
                           uint64_t *words)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < job->count; i++) {
        uint64_t number = stress_random(&feeder->random, NUMBER_LIMIT);
        bool negative = wide && number != 0 && stress_random(&feeder->random, 4) == 0;
        job->expected[i] = negative ? VERDICT_COMPOSITE : verdict_of[number];
        if (wide)
            words[used++] = (uint64_t)(number != 0) << 1 | negative;
        if (!wide || number != 0)
            words[used++] = number;
    }
    return used;
}

static void push_numbers(struct feeder *feeder, uint32_t index)
{
    uint64_t words[CHUNK_MAX_NUMBERS];
    struct feeder_job *job = &feeder->jobs[index];
    *job = (struct feeder_job){.out = true, .count = random_count(feeder)};
    bool wide = stress_random(&feeder->random, 4) == 0;
    uint32_t used = fill_words(feeder, job, wide, words);
    struct chunk chunk = {.kind = wide ? CHUNK_WIDE : CHUNK_NARROW,
                          .count = job->count,
                          .words = used,
                          .data = words};
    struct results *results = arena_results(feeder->arena, index);
    block_fill(arena_block(feeder->arena, index), results, &chunk);
    memset(results->verdicts, NO_VERDICT, job->count);
    feeder->out++;
    push(feeder, index, 0);
}

static void push_sentinel(struct feeder *feeder, uint32_t index)
{
    feeder->jobs[index] = (struct feeder_job){.out = true, .sentinel = true};
    arena_block(feeder->arena, index)->kind = BLOCK_SENTINEL;
    feeder->out++;
    push(feeder, index, 0);
}

/* Push up to `count` blocks that are not out, of the one kind or the other; returns how many. */
static unsigned push_free(struct feeder *feeder, unsigned count,
                          void push_one(struct feeder *feeder, uint32_t index))
{
    unsigned pushed = 0;
    for (uint32_t i = 0; i < feeder->arena->block_count && pushed < count; i++)
        if (!feeder->jobs[i].out) {
            push_one(feeder, i);
            pushed++;
        }
    ring_wake(feeder->arena, pushed);
    return pushed;
}

/* --- back ------------------------------------------------------------------------------------- */

/* Check what a worker did since the last look: it only ever adds right verdicts. */
static void check_progress(struct feeder_job *job, const struct results *results, uint32_t index)
{
    uint32_t done = atomic_load_explicit(&results->done, memory_order_acquire);
    if (done < job->done || done > job->count)
        stress_fail("block %u: %u of %u numbers done after %u", index, done, job->count, job->done);
    for (; job->done < done; job->done++)
        if (results->verdicts[job->done] != job->expected[job->done])
            stress_fail("block %u: number %u got verdict %u, not %u", index, job->done,
                        results->verdicts[job->done], job->expected[job->done]);
}

/* Every claim raised attempts by one, and none but the orphaned ones came to nothing. */
static void check_claim(const struct feeder_job *job, struct claim claim, uint32_t index)
{
    unsigned attempts =
        job->orphanings < CLAIM_MAX_ATTEMPTS ? job->orphanings + 1 : CLAIM_MAX_ATTEMPTS;
    if (!job->out)
        stress_fail("block %u came back twice", index);
    if (claim.ticket != job->ticket)
        stress_fail("block %u came back with an old ticket", index);
    if (claim.attempts != attempts)
        stress_fail("block %u was claimed %u times, not %u", index, claim.attempts, attempts);
}

static void take_back(struct feeder *feeder, uint32_t index)
{
    feeder->jobs[index].out = false;
    feeder->out--;
    atomic_store_explicit(arena_claim(feeder->arena, index), 0, memory_order_relaxed);
}

static void look_at(struct feeder *feeder, uint32_t index)
{
    struct feeder_job *job = &feeder->jobs[index];
    struct claim claim =
        claim_unpack(atomic_load_explicit(arena_claim(feeder->arena, index), memory_order_acquire));
    if (claim.state != CLAIM_DONE && claim.state != CLAIM_ORPHANED)
        return; /* posted twice */
    check_claim(job, claim, index);

    if (job->sentinel) {
        feeder->sentinels_done += claim.state == CLAIM_DONE;
        feeder->sentinels_orphaned += claim.state == CLAIM_ORPHANED;
        take_back(feeder, index);
        return;
    }
    check_progress(job, arena_results(feeder->arena, index), index);
    if (claim.state == CLAIM_ORPHANED) {
        job->orphanings++;
        feeder->orphans++;
        arena_block(feeder->arena, index)->singly = 1;
        push(feeder, index, claim.attempts);
        ring_wake(feeder->arena, 1);
        return;
    }
    if (job->done != job->count)
        stress_fail("block %u: finished after %u of %u numbers", index, job->done, job->count);
    feeder->blocks++;
    feeder->numbers += job->count;
    take_back(feeder, index);
}

static void harvest(struct feeder *feeder)
{
    int32_t index;
    while ((index = board_take(feeder->arena)) != BOARD_EMPTY)
        look_at(feeder, (uint32_t)index);
}

static void fail_for(void *context, const char *violation)
{
    (void)context;
    stress_fail("%s", violation);
}

/* Sleep until something comes back. Without a timeout: whoever owes a wake has to keep his word. */
static void await_board(struct feeder *feeder)
{
    board_prepare_wait(feeder->arena);
    board_wait(feeder->arena, -1);
    harvest(feeder);
    if (stress_random(&feeder->random, CHECK_EVERY) == 0)
        arena_check(feeder->arena, ARENA_IN_USE, fail_for, NULL);
}

void feeder_run(struct feeder *feeder, int64_t deadline_ns)
{
    while (clock_monotonic_ns() < deadline_ns) {
        push_free(feeder, feeder->arena->block_count, push_numbers);
        await_board(feeder);
    }
    while (feeder->out > 0)
        await_board(feeder);
}

void feeder_send_sentinels(struct feeder *feeder, unsigned count)
{
    count -= push_free(feeder, count, push_sentinel);
    while (count > 0) {
        await_board(feeder);
        count -= push_free(feeder, count, push_sentinel);
    }
}

void feeder_settle(struct feeder *feeder)
{
    arena_check(feeder->arena, ARENA_DRAINED, fail_for, NULL);
    harvest(feeder);
    for (uint32_t i = 0; i < feeder->arena->block_count; i++) {
        if (!feeder->jobs[i].out)
            continue;
        uint64_t word = atomic_load(arena_claim(feeder->arena, i));
        if (!feeder->jobs[i].sentinel || claim_unpack(word).state != CLAIM_QUEUED)
            stress_fail("block %u was lost", i);
        feeder->sentinels_unclaimed++;
        take_back(feeder, i);
    }
    unsigned counts[CLAIM_STATES];
    arena_census(feeder->arena, counts);
    if (counts[CLAIM_FREE] != feeder->arena->block_count)
        stress_fail("%u of %u blocks are free", counts[CLAIM_FREE], feeder->arena->block_count);
}
