/*
 * arena_test - creating, resetting and reaping the shared memory, and waking all who sleep in it.
 */
#include "common/arena.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/board.h"
#include "common/futex.h"
#include "common/ring.h"
#include "tests/support/forked.h"
#include "tests/support/peek.h"

enum { SLOTS = 3, BLOCKS = 6 };
static struct arena arena;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, SLOTS, BLOCKS), 0);
}

static void destroy(void)
{
    arena_destroy(&arena);
}

/* --- create, destroy -------------------------------------------------------------------------- */

Test(arena_create, takes_no_sizes_out_of_range)
{
    cr_assert_eq(arena_create(&arena, 0, 1), -EINVAL);
    cr_assert_eq(arena_create(&arena, CLAIM_MAX_OWNERS + 1, 1), -EINVAL);
    cr_assert_eq(arena_create(&arena, 1, 0), -EINVAL);
    cr_assert_eq(arena_create(&arena, 1, ARENA_MAX_BLOCKS + 1), -EINVAL);
}

Test(arena_create, lays_its_parts_out_apart_and_aligned)
{
    static const struct {
        unsigned slots, blocks;
    } sizes[] = {{1, 1}, {1, 2}, {3, 63}, {4, 64}, {5, 65}, {CLAIM_MAX_OWNERS, 100}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(arena_create(&arena, sizes[i].slots, sizes[i].blocks), 0);
        unsigned cells = arena.ring_mask + 1;
        cr_assert_geq(cells, sizes[i].blocks);
        cr_assert_eq(cells & arena.ring_mask, 0, "a power of two");

        const void *const parts[] = {
            arena.base,
            arena.control,
            arena.control + 1,
            arena.slots,
            arena.slots + sizes[i].slots,
            arena.desks,
            arena.desks + sizes[i].slots,
            arena.claims,
            arena.claims + sizes[i].blocks,
            arena.board,
            &arena.board->bits[(sizes[i].blocks + 63) / 64],
            arena.ring,
            &arena.ring->cells[cells],
            arena.blocks,
            arena_block(&arena, sizes[i].blocks),
            arena.results,
            arena_results(&arena, sizes[i].blocks),
            (uint8_t *)arena.base + arena.size,
        };
        for (size_t k = 1; k < sizeof parts / sizeof *parts; k++)
            cr_assert_geq((uintptr_t)parts[k], (uintptr_t)parts[k - 1], "part %zu", k);
        cr_assert_eq((uintptr_t)arena.control % CACHE_LINE, 0);
        cr_assert_eq((uintptr_t)arena.slots % CACHE_LINE, 0);
        cr_assert_eq((uintptr_t)arena.board % CACHE_LINE, 0);
        cr_assert_eq((uintptr_t)arena_claim(&arena, sizes[i].blocks - 1) % CACHE_LINE, 0);

        /* What differs in who may write to it shares no page. */
        cr_assert_eq((uintptr_t)arena.desks % ARENA_PAGE, 0);
        cr_assert_eq((uintptr_t)arena.claims % ARENA_PAGE, 0);
        cr_assert_eq((uintptr_t)&arena.ring->head % ARENA_PAGE, 0);
        cr_assert_eq(sizeof *arena.desks, ARENA_PAGE);
        cr_assert_eq((uintptr_t)arena.results % arena.results_span, 0);
        cr_assert_leq((size_t)sizes[i].blocks * ARENA_PLACE, arena.results_span);

        unsigned counts[CLAIM_STATES];
        arena_census(&arena, counts);
        cr_assert_eq(counts[CLAIM_FREE], sizes[i].blocks);
        arena_destroy(&arena);
    }
}

Test(arena_create, names_itself_in_its_first_bytes)
{
    create();
    cr_assert_eq(memcmp(arena.base, "primed\0", 8), 0);
    destroy();
}

static int lowest_free_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    return fd;
}

/* What arena_create() answers under a limit that leaves it nothing of the resource. */
static int create_without(__rlimit_resource_t resource)
{
    struct rlimit before;
    cr_assert_eq(getrlimit(resource, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    cr_assert_eq(setrlimit(resource, &none), 0);
    int error = arena_create(&arena, SLOTS, BLOCKS);
    cr_assert_eq(setrlimit(resource, &before), 0);
    return error;
}

Test(arena_create, says_what_was_missing_and_leaves_nothing_open)
{
    int lowest = lowest_free_descriptor();
    cr_assert_eq(create_without(RLIMIT_NOFILE), -EMFILE);
    cr_assert_eq(create_without(RLIMIT_AS), -ENOMEM);
    cr_assert_eq(lowest_free_descriptor(), lowest);
    create();
    cr_assert_eq(lowest_free_descriptor(), lowest, "the memory needs no descriptor");
    destroy();
}

/* --- reset ------------------------------------------------------------------------------------ */

TestSuite(arena, .init = create, .fini = destroy, .timeout = 20);

Test(arena, reset_brings_back_the_first_state_but_keeps_the_figures)
{
    for (uint32_t i = 0; i < BLOCKS; i++)
        ring_push(&arena, i, 1);
    for (uint32_t i = 0; i < BLOCKS / 2; i++)
        ring_pop(&arena, 1);
    board_finish(&arena, 0);
    atomic_store(&arena.board->sleeping, 1);
    atomic_store(&arena.desks[2].sleeping, 1);
    atomic_store(&arena.slots[2].pid, 4711);
    atomic_store(&arena.slots[2].restarts, 5);
    atomic_store(&arena.control->front_ready, 1);
    for (int i = 0; i < RESTART_CAUSES; i++)
        atomic_store(&arena.control->worker_restarts[i], 7 + (uint32_t)i);
    atomic_store(&arena.control->workers_wanted, 3);
    atomic_store(&arena.control->front_restarts, 2);
    arena_want_sentinel(&arena);
    arena_set_state(&arena, CONTROL_DRAIN);

    arena_reset(&arena);
    unsigned counts[CLAIM_STATES];
    arena_census(&arena, counts);
    cr_assert_eq(counts[CLAIM_FREE], BLOCKS);
    cr_assert_eq(ring_pop(&arena, 0), RING_EMPTY);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
    cr_assert_eq(atomic_load(&arena.board->sleeping), 0);
    cr_assert_eq(atomic_load(&arena.desks[2].sleeping), 0);
    cr_assert_eq(atomic_load(&arena.slots[2].pid), 0);
    cr_assert_eq(atomic_load(&arena.slots[2].restarts), 5);
    cr_assert_eq(atomic_load(&arena.control->state), CONTROL_RUN);
    cr_assert_eq(atomic_load(&arena.control->front_ready), 0);
    cr_assert_eq(atomic_load(&arena.control->sentinels_wanted), 0);
    for (int i = 0; i < RESTART_CAUSES; i++)
        cr_assert_eq(atomic_load(&arena.control->worker_restarts[i]), 7 + (uint32_t)i);
    cr_assert_eq(atomic_load(&arena.control->workers_wanted), 3);
    cr_assert_eq(atomic_load(&arena.control->front_restarts), 2);

    ring_push(&arena, 4, 0);
    cr_assert_eq(ring_pop(&arena, 0), 4);
}

/* --- confinement ------------------------------------------------------------------------------ */

/* A worker of slot 1 that has block 2, and writes to one octet. */
enum { SLOT = 1, BLOCK = 2 };

static void become_worker(void)
{
    signal(SIGSEGV, SIG_DFL); /* a sanitizer would handle it */
    arena_confine(&arena, SLOT);
    arena_open_results(&arena, BLOCK);
}

static int write_confined(void *at)
{
    become_worker();
    *(volatile char *)at = 1;
    return 0;
}

static int write_after_closing(void *at)
{
    become_worker();
    arena_close_results(&arena, BLOCK);
    *(volatile char *)at = 1;
    return 0;
}

Test(arena, a_worker_writes_to_what_is_its_own_and_to_what_is_everybodys)
{
    struct results *results = arena_results(&arena, BLOCK);
    void *const parts[] = {
        &arena.desks[SLOT],
        (char *)(&arena.desks[SLOT] + 1) - 1,
        arena_claim(&arena, 0),
        arena_claim(&arena, BLOCKS - 1),
        arena.board,
        &arena.ring->tail,
        results,
        (char *)(results + 1) - 1,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_eq(forked_wait(forked_start(write_confined, parts[i])), 0, "part %zu", i);
}

Test(arena, a_worker_that_writes_elsewhere_dies_of_it)
{
    cr_assert_eq(sysconf(_SC_PAGESIZE), ARENA_PAGE);
    void *const parts[] = {
        arena.base,
        arena.control,
        &arena.slots[0],
        &arena.slots[SLOT],
        &arena.desks[SLOT - 1],
        &arena.desks[SLOT + 1],
        &arena.ring->head,
        &arena.ring->cells[0],
        arena_block(&arena, 0),
        arena_block(&arena, BLOCK),
        arena_block(&arena, BLOCK)->words,
        (char *)arena_results(&arena, BLOCK) - 1,
        arena_results(&arena, BLOCK + 1),
        arena_results(&arena, 0),
        arena_results(&arena, BLOCK) + 1, /* what it leaves of its place */
        arena_results(&arena, BLOCKS - 1),
        (char *)arena.base + arena.size - 1,
        arena.results + arena.results_span - 1, /* reserved */
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_eq(forked_wait(forked_start(write_confined, parts[i])), -SIGSEGV, "part %zu", i);
    void *results = arena_results(&arena, BLOCK);
    cr_expect_eq(forked_wait(forked_start(write_after_closing, results)), -SIGSEGV);
}

/* --- reap ------------------------------------------------------------------------------------- */

Test(arena, reap_orphans_what_was_running_there)
{
    ring_push(&arena, 2, 1);
    cr_assert_eq(ring_pop(&arena, 1), 2);
    atomic_store(&arena.desks[1].began_ns, 123);
    atomic_store(&arena.desks[1].block_began_ns, 122);

    cr_assert_eq(arena_reap(&arena, 1), 1);
    struct claim claim = peek_claim(&arena, 2);
    cr_assert_eq(claim.state, CLAIM_ORPHANED);
    cr_assert_eq(claim.owner, 1);
    cr_assert_eq(claim.attempts, 2);
    cr_assert_eq(atomic_load(&arena.desks[1].began_ns), 0);
    cr_assert_eq(atomic_load(&arena.desks[1].block_began_ns), 0);
    cr_assert_eq(board_take(&arena), 2);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
}

Test(arena, reap_posts_what_was_done_there_and_touches_nothing_else)
{
    static const struct {
        struct claim claim;
        bool posted;
    } blocks[BLOCKS] = {
        {{.state = CLAIM_FREE}, false},
        {{.ticket = 1, .state = CLAIM_QUEUED}, false},
        {{.ticket = 2, .owner = 1, .attempts = 1, .state = CLAIM_RUNNING}, false},
        {{.ticket = 3, .owner = 0, .attempts = 1, .state = CLAIM_DONE}, true},
        {{.ticket = 4, .owner = 1, .attempts = 1, .state = CLAIM_DONE}, false},
        {{.ticket = 5, .owner = 0, .attempts = 1, .state = CLAIM_ORPHANED}, false},
    };

    for (uint32_t i = 0; i < BLOCKS; i++)
        poke_claim(&arena, i, blocks[i].claim);
    cr_assert_eq(arena_reap(&arena, 0), 0, "nothing was running there");
    for (uint32_t i = 0; i < BLOCKS; i++)
        cr_assert_eq(claim_pack(peek_claim(&arena, i)), claim_pack(blocks[i].claim));
    for (int32_t i = 0; i < BLOCKS; i++)
        if (blocks[i].posted)
            cr_assert_eq(board_take(&arena), i);
    cr_assert_eq(board_take(&arena), BOARD_EMPTY);
}

Test(arena, reap_a_second_time_changes_nothing)
{
    ring_push(&arena, 0, 0);
    ring_pop(&arena, 2);
    cr_assert_eq(arena_reap(&arena, 2), 1);
    struct claim orphaned = peek_claim(&arena, 0);
    cr_assert_eq(arena_reap(&arena, 2), 0);
    cr_assert_eq(claim_pack(peek_claim(&arena, 0)), claim_pack(orphaned));
}

/* --- waking, control, census ------------------------------------------------------------------ */

static int sleep_in_slot(void *slot)
{
    ring_wait(&arena, *(unsigned *)slot);
    return 0;
}

static int sleep_on_board(void *unused)
{
    (void)unused;
    board_prepare_wait(&arena);
    board_wait(&arena, -1);
    return 0;
}

static pid_t start_dispatcher(void)
{
    pid_t child = forked_start(sleep_on_board, NULL);
    forked_await_sleep(child, &arena.board->sleeping);
    return child;
}

Test(arena, wake_all_wakes_every_worker_and_the_dispatcher)
{
    pid_t workers[SLOTS];
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        workers[slot] = forked_start(sleep_in_slot, &slot);
        forked_await_sleep(workers[slot], &arena.desks[slot].sleeping);
    }
    pid_t dispatcher = start_dispatcher();

    arena_wake_all(&arena);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        cr_assert_eq(forked_wait(workers[slot]), 0);
    cr_assert_eq(forked_wait(dispatcher), 0);
}

Test(arena, reap_completes_a_wake_its_dead_waker_began)
{
    pid_t dispatcher = start_dispatcher();
    atomic_store(&arena.board->sleeping, 0); /* what board_ring_bell() does before it wakes */
    arena_reap(&arena, 0);
    cr_assert_eq(forked_wait(dispatcher), 0);
}

static int sleep_on_state(void *flag)
{
    atomic_store((_Atomic uint32_t *)flag, 1);
    futex_wait(&arena.control->state, CONTROL_RUN, -1);
    return 0;
}

Test(arena, a_new_state_wakes_who_waits_for_it_and_the_dispatcher)
{
    pid_t waiter = forked_start(sleep_on_state, &arena.control->front_ready);
    forked_await_sleep(waiter, &arena.control->front_ready);
    pid_t dispatcher = start_dispatcher();

    arena_set_state(&arena, CONTROL_DRAIN);
    cr_assert_eq(forked_wait(waiter), 0);
    cr_assert_eq(forked_wait(dispatcher), 0);
    cr_assert_eq(atomic_load(&arena.control->state), CONTROL_DRAIN);
}

Test(arena, a_wanted_sentinel_is_counted_and_rings)
{
    pid_t dispatcher = start_dispatcher();
    arena_want_sentinel(&arena);
    cr_assert_eq(forked_wait(dispatcher), 0);
    arena_want_sentinel(&arena);
    cr_assert_eq(atomic_load(&arena.control->sentinels_wanted), 2);
}

Test(arena, census_counts_every_state_and_no_damaged_word)
{
    for (uint32_t state = 0; state < CLAIM_STATES; state++)
        poke_claim(&arena, state, (struct claim){.state = (enum claim_state)state});
    atomic_store(arena_claim(&arena, CLAIM_STATES), UINT64_MAX);

    unsigned counts[CLAIM_STATES];
    arena_census(&arena, counts);
    for (unsigned state = 0; state < CLAIM_STATES; state++)
        cr_assert_eq(counts[state], 1);
}
