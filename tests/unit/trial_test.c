/* trial_test - numbers that drive their workers mad, each time, without killing them: they fail, and no other. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <time.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "server/dispatcher/dispatcher.h"
#include "server/store/memory.h"
#include "tests/support/store_checks.h"

TestSuite(trial, .timeout = 60);

enum { WORKERS = 2, BLOCKS = 32, CHUNKS = 8, NUMBERS = 100 };

/* --- workers that go mad ---------------------------------------------------------------------- */

/* What a worker does after it has tested number i of block `index`. */
typedef void strike(struct arena *arena, uint32_t index, uint32_t i);

static strike *striking;
static bool (*is_mad)(uint64_t number);

static void spoil_its_verdict(struct arena *arena, uint32_t index, uint32_t i)
{
    arena_results(arena, index)->verdicts[i] = UINT8_MAX;
}

static void spoil_all_verdicts(struct arena *arena, uint32_t index, uint32_t i)
{
    (void)i;
    memset(arena_results(arena, index)->verdicts, UINT8_MAX, CHUNK_MAX_NUMBERS);
}

static void spoil_all_claim_words(struct arena *arena, uint32_t index, uint32_t i)
{
    (void)index;
    for (uint32_t block = 0; block < BLOCKS; block++)
        atomic_store(arena_claim(arena, block), UINT64_C(0x9e3779b97f4a7c15) * (i + 1));
}

/* Test the numbers as store_post_chunk() would: what is odd is prime. */
static void run(struct arena *arena, uint32_t index)
{
    const struct block *block = arena_block(arena, index);
    struct results *results = arena_results(arena, index);
    for (uint32_t i = atomic_load(&results->done); i < block_end(block); i++) {
        results->verdicts[i] = block->words[i] % 2 ? VERDICT_PRIME : VERDICT_COMPOSITE;
        results->seconds[i] = 0;
        atomic_store(&results->done, i + 1);
        if (is_mad(block->words[i]))
            striking(arena, index, i);
    }
}

struct worker {
    struct arena *arena;
    unsigned slot;
    pthread_t thread;
};

static void *work(void *data)
{
    const struct worker *worker = data;
    for (;;) {
        int32_t index = ring_pop(worker->arena, worker->slot);
        if (index == RING_EMPTY) {
            ring_wait(worker->arena, worker->slot);
            continue;
        }
        bool is_sentinel = arena_block(worker->arena, (uint32_t)index)->kind == BLOCK_SENTINEL;
        if (!is_sentinel)
            run(worker->arena, (uint32_t)index);
        board_finish(worker->arena, (uint32_t)index);
        if (is_sentinel)
            return NULL;
    }
}

static void no_listener(void *context, const struct store *store, const struct batch *batch)
{
    (void)context;
    (void)store;
    (void)batch;
}

/* --- a service without HTTP --------------------------------------------------------------------- */

struct service {
    struct arena arena;
    struct worker workers[WORKERS];
    struct store *store;
    struct dispatcher *dispatcher;
};

static void start(struct service *service, bool (*mad)(uint64_t number), strike *what)
{
    is_mad = mad;
    striking = what;
    service->store = store_memory_open(1 << 24);
    cr_assert_eq(arena_create(&service->arena, WORKERS, BLOCKS), 0);
    struct dispatcher_options options = {
        .arena = &service->arena, .finish_all = true, .listener = no_listener};
    service->dispatcher = dispatcher_start(&options);
    for (unsigned slot = 0; slot < WORKERS; slot++) {
        struct worker *worker = &service->workers[slot];
        *worker = (struct worker){.arena = &service->arena, .slot = slot};
        atomic_store(&service->arena.slots[slot].pid, 1);
        cr_assert_eq(pthread_create(&worker->thread, NULL, work, worker), 0);
    }
}

static void stop(struct service *service)
{
    arena_set_state(&service->arena, CONTROL_DRAIN);
    dispatcher_drain(service->dispatcher);
    for (unsigned slot = 0; slot < WORKERS; slot++)
        pthread_join(service->workers[slot].thread, NULL);
    dispatcher_free(service->dispatcher);
    store_close(service->store);
    arena_destroy(&service->arena);
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
}

static void expect_verdicts(struct store *store, const struct batch_id *id, uint32_t chunks,
                            uint32_t numbers)
{
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    for (uint32_t index = 0; index < chunks; index++) {
        cr_assert_eq(store_verdicts(store, id, index, verdicts, seconds), STORE_OK);
        for (uint32_t i = 0; i < numbers; i++) {
            uint64_t number = (uint64_t)index * numbers + i;
            enum verdict expected = is_mad(number) ? VERDICT_FAILED : number % 2;
            cr_expect_eq(verdicts[i], expected, "%u: %u", (unsigned)number, verdicts[i]);
        }
    }
}

static void expect_done(struct service *service, const struct batch *batch, uint32_t chunks,
                        uint32_t numbers)
{
    cr_assert_eq(dispatcher_resume(service->dispatcher, service->store, batch), 0);
    while (store_batch(service->store, &batch->id).status != BATCH_COMPLETED)
        rest();
    expect_verdicts(service->store, &batch->id, chunks, numbers);
}

/* The numbers from 0 on, of which some drive each worker mad: those fail, and the others do not. */
static void expect_to_fail(bool (*mad)(uint64_t number), strike *what)
{
    struct service service;
    start(&service, mad, what);
    struct batch batch = store_add(service.store, CHUNKS, NUMBERS);
    expect_done(&service, &batch, CHUNKS, NUMBERS);
    stop(&service);
}

static bool one(uint64_t number)
{
    return number == 342;
}

static bool first_and_last_of_a_chunk(uint64_t number)
{
    return number == 500 || number == 599;
}

static bool two_chunks(uint64_t number)
{
    return number == 101 || number == 777;
}

static bool every_number(uint64_t number)
{
    (void)number;
    return true;
}

Test(trial, a_number_whose_verdict_is_spoiled_each_time_fails_alone)
{
    expect_to_fail(one, spoil_its_verdict);
    expect_to_fail(first_and_last_of_a_chunk, spoil_its_verdict);
    expect_to_fail(two_chunks, spoil_its_verdict);
    expect_to_fail(every_number, spoil_its_verdict);
}

Test(trial, a_number_that_spoils_its_whole_block_each_time_fails_alone)
{
    expect_to_fail(one, spoil_all_verdicts);
    expect_to_fail(first_and_last_of_a_chunk, spoil_all_verdicts);
    expect_to_fail(two_chunks, spoil_all_verdicts);
    expect_to_fail(every_number, spoil_all_verdicts);
}

/* Blocks of others are lost as well, and their numbers are tested elsewhere. */
Test(trial, a_number_that_spoils_all_claim_words_each_time_fails_alone)
{
    expect_to_fail(one, spoil_all_claim_words);
    expect_to_fail(first_and_last_of_a_chunk, spoil_all_claim_words);
}

/* Numbers that are a chunk each, and keep a worker for long, as far as anybody knows. */
static struct batch add_huge(struct store *store, uint32_t numbers)
{
    struct store_draft *draft;
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    for (uint64_t number = 0; number < numbers; number++) {
        struct chunk chunk = {
            .kind = CHUNK_NARROW, .count = 1, .words = 1, .cost_ns = NS_PER_S, .data = &number};
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
    }
    return store_accept(store, draft, &(struct batch_spec){.priority = 5, .ttl_s = 3600});
}

static bool the_fifth(uint64_t number)
{
    return number == 4;
}

Test(trial, a_huge_number_that_spoils_its_block_each_time_fails_alone)
{
    enum { HUGE = 9 };
    struct service service;
    start(&service, the_fifth, spoil_all_verdicts);
    struct batch batch = add_huge(service.store, HUGE);
    expect_done(&service, &batch, HUGE, 1);
    stop(&service);
}

Test(trial, a_chunk_on_trial_can_be_canceled)
{
    struct service service;
    start(&service, every_number, spoil_its_verdict);
    struct batch batch = store_add(service.store, 1, NUMBERS);
    cr_assert_eq(dispatcher_resume(service.dispatcher, service.store, &batch), 0);
    dispatcher_cancel(service.dispatcher, &batch.id);
    while (!batch_has_ended(&batch)) {
        rest();
        batch = store_batch(service.store, &batch.id);
    }
    cr_expect_eq(batch.counts[VERDICT_FAILED] + batch.counts[VERDICT_CANCELED], NUMBERS);
    stop(&service);
}
