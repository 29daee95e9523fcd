/* Coroutines: turns, sleep, and cancellation that lets them tidy up. */
#include "client/models/coroutine.h"

#include <criterion/criterion.h>
#include <string.h>

#include "common/clock.h"

TestSuite(coroutine, .timeout = 20);

static char trace[64];

static void note(char letter)
{
    trace[strlen(trace)] = letter;
}

static void twice(struct loop *loop, void *argument)
{
    note(*(char *)argument);
    cr_expect(coroutine_yield(loop));
    note(*(char *)argument);
}

Test(coroutine, they_take_turns)
{
    struct loop loop;
    char a = 'a', b = 'b', c = 'c';
    loop_init(&loop);
    cr_assert_not_null(loop_spawn(&loop, twice, &a));
    cr_assert_not_null(loop_spawn(&loop, twice, &b));
    cr_assert_not_null(loop_spawn(&loop, twice, &c));
    loop_run(&loop);
    cr_expect_str_eq(trace, "abcabc");
}

static void sleeper(struct loop *loop, void *argument)
{
    cr_expect(coroutine_sleep(loop, *(int64_t *)argument * NS_PER_MS));
    note((char)('0' + *(int64_t *)argument));
}

Test(coroutine, sleepers_wake_in_the_order_of_their_times)
{
    struct loop loop;
    int64_t times[] = {9, 1, 5};
    loop_init(&loop);
    for (int i = 0; i < 3; i++)
        cr_assert_not_null(loop_spawn(&loop, sleeper, &times[i]));
    loop_run(&loop);
    cr_expect_str_eq(trace, "159");
}

static void for_ever(struct loop *loop, void *argument)
{
    (void)argument;
    while (coroutine_sleep(loop, 3600 * NS_PER_S))
        ;
    cr_expect_not(coroutine_sleep(loop, 3600 * NS_PER_S)); /* at once */
    note('x');
}

static void canceler(struct loop *loop, void *argument)
{
    note('c');
    coroutine_cancel(loop, argument);
}

Test(coroutine, a_canceled_one_tidies_up)
{
    struct loop loop;
    loop_init(&loop);
    struct coroutine *sleeping = loop_spawn(&loop, for_ever, NULL);
    cr_assert_not_null(sleeping);
    cr_assert_not_null(loop_spawn(&loop, canceler, sleeping));
    loop_run(&loop);
    cr_expect_str_eq(trace, "cx");
}
