/*
 * crash_test - a real process dies in each named gap of the protocol, and nothing is lost. The gaps
 * exist in builds with MODE=fault only. See docs/crash.md, which names the test of each gap.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

#include "common/board.h"
#include "common/fault.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "tests/support/forked.h"
#include "tests/support/peek.h"
#include "worker/worker.h"

enum { SLOTS = 2, BLOCKS = 4 };
static struct arena arena;

static void create(void)
{
    cr_assert_eq(arena_create(&arena, SLOTS, BLOCKS), 0);
}

static void destroy(void)
{
    arena_destroy(&arena);
}

TestSuite(crash, .init = create, .fini = destroy, .timeout = 20, .disabled = !FAULT_POINTS);

/* --- sleep and wake -----------------------------------------------------------------------------
 */

static int wait_then_pop(void *unused)
{
    (void)unused;
    setenv("PRIMED_FAULT", "ring_wait.looked:stop", 1);
    ring_wait(&arena, 1);
    unsetenv("PRIMED_FAULT");
    return ring_pop(&arena, 1);
}

Test(crash, a_look_at_the_ring_that_takes_long_misses_no_push)
{
    enum { FIRST = 2, SECOND = 3 };
    ring_push(&arena, FIRST, 0);
    pid_t slow = forked_start(wait_then_pop, NULL);
    forked_await_stop(slow);

    /* The other worker is awake, but its flag is still set: it takes the wake for the second block
     * and then claims the first. */
    atomic_store(&arena.slots[0].sleeping, 1);
    ring_push(&arena, SECOND, 0);
    ring_wake(&arena, 1);
    cr_assert_eq(ring_pop(&arena, 0), FIRST);

    forked_continue(slow);
    cr_assert_eq(forked_wait(slow), SECOND);
}
