/* What a service manager is told by a service that starts, reloads, loses processes and stops. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/client.h"
#include "tests/support/manager.h"
#include "tests/support/primed.h"

TestSuite(notify, .timeout = 120);

static void expect_ready(struct primed *service, struct manager *manager, const char *status)
{
    manager_await(manager, "READY=1");
    cr_expect(manager_has(manager, status), "%s", manager->message);
    cr_expect_eq(client_get(service, "/readyz").status, 200);
}

Test(notify, a_life)
{
    struct manager manager = manager_open(true);
    struct primed service = primed_start("--workers=2");
    expect_ready(&service, &manager, "STATUS=Serving with 2 workers");

    struct primed_workers before = primed_await_workers(&service, 2);
    primed_signal(&service, SIGHUP);
    manager_await(&manager, "RELOADING=1");
    cr_expect_not_null(strstr(manager.message, "\nMONOTONIC_USEC="));
    expect_ready(&service, &manager, "STATUS=Serving with 2 workers");
    struct primed_workers after = primed_await_workers(&service, 2);
    for (size_t i = 0; i < 4; i++)
        cr_expect_neq(before.pids[i / 2], after.pids[i % 2]);

    primed_signal(&service, SIGTTIN);
    expect_ready(&service, &manager, "STATUS=Serving with 3 workers");

    kill(primed_front(&service), SIGKILL);
    manager_await(&manager, "STATUS=Not ready: replacing processes that have died");
    expect_ready(&service, &manager, "STATUS=Serving with 3 workers");

    primed_signal(&service, SIGTERM);
    manager_await(&manager, "STOPPING=1");
    primed_expect_end(&service, 0);
    cr_expect_not(manager_read(&manager, 0), "%s", manager.message);
    manager_close(&manager);
}

Test(notify, the_watchdog_means_the_front_too)
{
    struct manager manager = manager_open(false);
    setenv("WATCHDOG_USEC", "300000", 1);
    struct primed service = primed_start("--workers=1");
    for (int i = 0; i < 3; i++)
        manager_await(&manager, "WATCHDOG=1");

    pid_t front = primed_front(&service);
    kill(front, SIGSTOP);
    for (int i = 0; i < 2; i++) { /* the first may be of a time before it was stopped */
        size_t length = strlen(primed_log(&service));
        soon(&service, strstr(primed_log(&service) + length, "no answer for the watchdog"));
    }
    while (manager_read(&manager, 0))
        ;
    cr_expect_not(manager_read(&manager, 1000), "nobody vouches for a front that is stopped: %s",
                  manager.message);
    kill(front, SIGCONT);
    manager_await(&manager, "WATCHDOG=1");

    kill(front, SIGKILL);
    manager_await(&manager, "READY=1");
    manager_await(&manager, "WATCHDOG=1");
    primed_stop(&service);
    manager_close(&manager);
}

Test(notify, a_service_that_cannot_start_is_never_ready)
{
    struct manager manager = manager_open(false);
    struct command command;
    command_run(&command,
                (const char *[]){"--listen=127.0.0.1:0", "--data-dir=/dev/null/data", NULL}, NULL);
    cr_expect_eq(command.status, 1);
    while (manager_read(&manager, 0))
        cr_expect_not(manager_has(&manager, "READY=1"));
    manager_close(&manager);
}
