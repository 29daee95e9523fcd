/* futex_test - when futex_wait() returns. */
#include "common/futex.h"

#include <criterion/criterion.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "tests/support/forked.h"

Test(futex, a_word_that_differs_returns_at_once, .timeout = 10)
{
    _Atomic uint32_t word = 1;
    futex_wait(&word, 0, -1);
}

Test(futex, a_timeout_ends_the_wait, .timeout = 10)
{
    _Atomic uint32_t word = 1;
    int64_t before = clock_monotonic_ns();
    futex_wait(&word, 1, 20 * NS_PER_MS);
    cr_assert_geq(clock_monotonic_ns() - before, 20 * NS_PER_MS);
    futex_wait(&word, 1, 0);
}

Test(futex, waking_nobody_is_harmless)
{
    _Atomic uint32_t word = 0;
    futex_wake(&word, 1);
}

static int wait_on(void *word)
{
    _Atomic uint32_t *flag = word;
    atomic_store(flag, 1);
    futex_wait(flag, 1, -1);
    return 0;
}

Test(futex, a_wake_reaches_another_process, .timeout = 10)
{
    _Atomic uint32_t *word =
        mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)word, MAP_FAILED);

    pid_t child = forked_start(wait_on, word);
    forked_await_sleep(child, word);
    futex_wake(word, 1);
    cr_assert_eq(forked_wait(child), 0);
}
