/* Who has nothing to do sleeps. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <time.h>

#include "tests/support/client.h"
#include "tests/support/work.h"

TestSuite(idle, .timeout = 120);

/* How often the threads of the process went to sleep, all together. */
static long sleeps_of(pid_t pid)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    cr_assert_not_null(tasks);
    long total = 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        char line[256];
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)pid, task->d_name);
        FILE *status = *task->d_name == '.' ? NULL : fopen(path, "re");
        long count;
        while (status && fgets(line, sizeof line, status))
            if (sscanf(line, "voluntary_ctxt_switches: %ld", &count) == 1)
                total += count;
        if (status)
            fclose(status);
    }
    closedir(tasks);
    return total;
}

static long sleeps_of_all(struct primed *service)
{
    long total = sleeps_of(service->pid) + sleeps_of(primed_front(service));
    struct primed_workers workers = primed_workers(service);
    for (size_t i = 0; i < workers.count; i++)
        total += sleeps_of(workers.pids[i]);
    return total;
}

/*
 * Nobody wakes up for three seconds on end. Each look at the clock is itself an event, so this is
 * tried again until a quiet stretch has come, or never does.
 */
static void expect_silence(struct primed *service)
{
    enum { TRIES = 20 };
    const struct timespec stretch = {.tv_sec = 3};
    for (int i = 0; i < TRIES; i++) {
        long before = sleeps_of_all(service);
        nanosleep(&stretch, NULL);
        if (sleeps_of_all(service) == before)
            return;
    }
    primed_fail(service, "somebody wakes up again and again");
}

Test(idle, nobody_wakes_up)
{
    struct primed service = primed_start("--workers=2");
    primed_await_workers(&service, 2);
    expect_silence(&service);
    work_post_lines(&service, "?wait=60", "7", 200);
    expect_silence(&service);
    primed_stop(&service);
}
