/* notify_test - what a service manager is told, when, and that the watchdog means something. */
#include "server/notify.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/manager.h"

static struct arena arena;
static struct notify told;

static void set_up(void)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    cr_redirect_stderr();
    cr_assert_eq(arena_create(&arena, 2, 4), 0);
}

static void tear_down(void)
{
    arena_destroy(&arena);
}

TestSuite(notify, .init = set_up, .fini = tear_down, .timeout = 120);

static void expect_message(struct manager *manager, const char *message)
{
    cr_assert(manager_read(manager, 0), "no message, expected %s", message);
    cr_expect_str_eq(manager->message, message);
}

static void expect_none(struct manager *manager)
{
    cr_expect_not(manager_read(manager, 0), "%s", manager->message);
}

Test(notify, nobody_is_told_anything_unasked)
{
    notify_init(&told, &arena);
    cr_expect_eq(notify_update(&told, NOTIFY_SERVING, 2, 0), -1);
    setenv("NOTIFY_SOCKET", "", 1);
    setenv("WATCHDOG_USEC", "1000000", 1);
    notify_init(&told, &arena);
    cr_expect_eq(notify_update(&told, NOTIFY_SERVING, 2, 0), -1);
    cr_expect_eq(atomic_load(&arena.control->alive_asked), 0);
}

Test(notify, each_state_is_told_once)
{
    for (int is_abstract = 0; is_abstract < 2; is_abstract++) {
        struct manager manager = manager_open(is_abstract);
        notify_init(&told, &arena);
        for (int i = 0; i < 2; i++)
            cr_expect_eq(notify_update(&told, NOTIFY_STARTING, 2, 0), -1);
        expect_message(&manager, "STATUS=Starting");
        for (int i = 0; i < 2; i++)
            notify_update(&told, NOTIFY_SERVING, 2, 0);
        expect_message(&manager, "READY=1\nSTATUS=Serving with 2 workers");
        notify_update(&told, NOTIFY_SERVING, 1, 0);
        expect_message(&manager, "READY=1\nSTATUS=Serving with 1 worker");
        for (unsigned workers = 1; workers < 3; workers++)
            notify_update(&told, NOTIFY_RELOADING, workers, 1234567);
        expect_message(&manager, "RELOADING=1\nMONOTONIC_USEC=1234\n"
                                 "STATUS=Replacing the workers one by one");
        notify_update(&told, NOTIFY_RECOVERING, 2, 0);
        expect_message(&manager, "STATUS=Not ready: replacing processes that have died");
        notify_update(&told, NOTIFY_SERVING, 1, 0);
        expect_message(&manager, "READY=1\nSTATUS=Serving with 1 worker");
        notify_update(&told, NOTIFY_STOPPING, 1, 0);
        expect_message(&manager, "STOPPING=1\nSTATUS=Draining");
        expect_none(&manager);
        manager_close(&manager);
    }
}

Test(notify, names_that_are_none)
{
    char too_long[sizeof told.address.sun_path + 1];
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[0] = '/';
    too_long[sizeof too_long - 1] = '\0';
    const char *const names[] = {"socket", "vsock:2:1234", "@", "/", too_long};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_init(&told, &arena);
        cr_expect_eq(notify_update(&told, NOTIFY_SERVING, 2, 0), -1, "%s", names[i]);
    }
}

/* A manager that comes late, or whose socket is full, is told how it stands then. */
Test(notify, what_could_not_be_told_is_told_later)
{
    struct manager manager = manager_open(false);
    notify_init(&told, &arena);
    int64_t now_ns = NS_PER_S;
    int64_t wait_ns = -1;
    for (unsigned workers = 0; wait_ns < 0 && workers < 100000; workers++)
        wait_ns = notify_update(&told, NOTIFY_SERVING, workers, now_ns);
    cr_assert_gt(wait_ns, 0, "a socket nobody reads from fills up");
    cr_expect_gt(notify_update(&told, NOTIFY_STOPPING, 2, now_ns + 1), 0);
    while (manager_read(&manager, 0))
        cr_expect_not(manager_has(&manager, "STOPPING=1"));
    now_ns += wait_ns;
    cr_expect_eq(notify_update(&told, NOTIFY_STOPPING, 2, now_ns), -1);
    expect_message(&manager, "STOPPING=1\nSTATUS=Draining");
    manager_close(&manager);
    cr_expect_gt(notify_update(&told, NOTIFY_SERVING, 2, now_ns), 0, "there is no manager now");
}

/* --- the watchdog ----------------------------------------------------------------------------- */

enum { WATCHDOG_MS = 1000, HALF_MS = WATCHDOG_MS / 2 };

static struct manager begin_watch(void)
{
    struct manager manager = manager_open(true);
    setenv("WATCHDOG_USEC", "1000000", 1);
    notify_init(&told, &arena);
    notify_update(&told, NOTIFY_STARTING, 2, 0);
    expect_message(&manager, "STATUS=Starting");
    cr_expect_eq(atomic_load(&arena.control->alive_asked), 0, "not before it is ready");
    cr_expect_eq(notify_update(&told, NOTIFY_SERVING, 2, 0), HALF_MS * NS_PER_MS);
    cr_assert(manager_read(&manager, 0));
    expect_none(&manager);
    return manager;
}

static int64_t serve_until(int64_t ms)
{
    return notify_update(&told, NOTIFY_SERVING, 2, ms * NS_PER_MS) / NS_PER_MS;
}

/* As the dispatcher does. */
static void answer(void)
{
    atomic_store(&arena.control->alive_answered, atomic_load(&arena.control->alive_asked));
}

Test(notify, the_watchdog_passes_on_what_the_front_answers)
{
    struct manager manager = begin_watch();
    for (uint32_t round = 0; round < 3; round++) {
        cr_expect_eq(serve_until(HALF_MS * round), HALF_MS);
        cr_expect_eq(atomic_load(&arena.control->alive_asked), round + 1);
        expect_none(&manager);
        answer();
        cr_expect_eq(serve_until(HALF_MS * round + 100), HALF_MS - 100);
        expect_message(&manager, "WATCHDOG=1");
        cr_expect_eq(serve_until(HALF_MS * round + 200), HALF_MS - 200);
        expect_none(&manager);
    }
    manager_close(&manager);
}

Test(notify, a_front_that_does_not_answer_leaves_the_watchdog_alone)
{
    struct manager manager = begin_watch();
    for (int round = 1; round < 5; round++)
        cr_expect_eq(serve_until(HALF_MS * round), HALF_MS);
    expect_none(&manager);
    answer();
    serve_until(HALF_MS * 4 + 1);
    expect_message(&manager, "WATCHDOG=1");
    expect_none(&manager);
    manager_close(&manager);
}

Test(notify, a_new_front_is_asked_what_the_dead_one_was)
{
    struct manager manager = begin_watch();
    answer();
    serve_until(1);
    expect_message(&manager, "WATCHDOG=1");
    serve_until(HALF_MS);
    arena_reset(&arena);
    serve_until(HALF_MS + 1);
    cr_expect_eq(atomic_load(&arena.control->alive_asked), 2);
    expect_none(&manager);
    answer();
    serve_until(HALF_MS + 2);
    expect_message(&manager, "WATCHDOG=1");
    manager_close(&manager);
}

Test(notify, a_drain_needs_no_answer)
{
    struct manager manager = begin_watch();
    for (int round = 1; round < 4; round++) {
        notify_update(&told, NOTIFY_STOPPING, 2, HALF_MS * round * NS_PER_MS);
        if (round == 1)
            expect_message(&manager, "STOPPING=1\nSTATUS=Draining");
        expect_message(&manager, "WATCHDOG=1");
    }
    expect_none(&manager);
    manager_close(&manager);
}

Test(notify, a_watchdog_that_is_not_meant_for_us)
{
    struct manager manager = manager_open(true);
    static const char *const variables[][2] = {
        {"1000000", "1"}, {"0", NULL}, {"soon", NULL}, {"", NULL}, {"99999999999999999999", NULL}};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        setenv("WATCHDOG_USEC", variables[i][0], 1);
        if (variables[i][1])
            setenv("WATCHDOG_PID", variables[i][1], 1);
        else
            unsetenv("WATCHDOG_PID");
        notify_init(&told, &arena);
        cr_expect_eq(notify_update(&told, NOTIFY_SERVING, 2, 0), -1, "%s", variables[i][0]);
    }
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "1000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    notify_init(&told, &arena);
    cr_expect_eq(notify_update(&told, NOTIFY_SERVING, 2, 0), HALF_MS * NS_PER_MS);
    manager_close(&manager);
}
