/* Who the processes of a service are, what they may do, and whose its data are. */
#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/client.h"
#include "tests/support/place.h"
#include "tests/support/primed.h"
#include "tests/support/work.h"

TestSuite(privileges, .timeout = 120);

/* The value of a line of /proc/PID/status. */
static unsigned long long status_of(struct primed *service, pid_t pid, const char *name, int base)
{
    char line[256];
    snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
    FILE *file = fopen(line, "r");
    cr_assert_not_null(file);
    size_t length = strlen(name);
    unsigned long long value = 0;
    bool found = false;
    while (!found && fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            value = strtoull(line + length + 1, NULL, base);
            found = true;
        }
    fclose(file);
    if (!found)
        primed_fail(service, "no %s of process %d", name, (int)pid);
    return value;
}

static void expect_powerless(struct primed *service, pid_t pid, uid_t user)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        cr_expect_eq(status_of(service, pid, sets[i], 16), 0, "%s of %d", sets[i], (int)pid);
    cr_expect_eq(status_of(service, pid, "NoNewPrivs", 10), 1);
    cr_expect_eq(status_of(service, pid, "Uid", 10), user);
    if (geteuid() == 0)
        cr_expect_eq(status_of(service, pid, "CapBnd", 16), 0);
}

static void expect_all_powerless(struct primed *service, uid_t user)
{
    struct primed_workers workers = primed_await_workers(service, 2);
    expect_powerless(service, service->pid, user);
    expect_powerless(service, primed_front(service), user);
    for (size_t i = 0; i < workers.count; i++) {
        expect_powerless(service, workers.pids[i], user);
        /* It takes its name before it shuts itself in. */
        soon(service, status_of(service, workers.pids[i], "Seccomp", 10) == 2);
    }
    cr_expect_eq(status_of(service, primed_front(service), "Seccomp", 10), 2);
}

Test(privileges, nobody_keeps_a_capability)
{
    struct primed service = primed_start("--workers=2", "--sandbox=required");
    expect_all_powerless(&service, geteuid());
    primed_stop(&service);
}

/* Another user can start anew what it was given, after a death and after a stop. */
Test(privileges, root_becomes_whom_it_is_told_and_the_data_go_along)
{
    const struct passwd *nobody = getpwnam("nobody");
    if (geteuid() != 0 || !nobody)
        cr_skip("only root can become nobody");
    uid_t user = nobody->pw_uid;
    struct place place = place_make();
    cr_assert_eq(chmod(place.path, 0711), 0);
    char data[sizeof place.path + 32], file[sizeof data + 32];
    snprintf(data, sizeof data, "%s/data", place.path);
    snprintf(file, sizeof file, "%s/primed.sqlite", data);
    char data_flag[sizeof data + 16];
    snprintf(data_flag, sizeof data_flag, "--data-dir=%s", data);

    struct primed service = primed_start("--workers=2", "--user=root", data_flag);
    primed_stop(&service);
    for (int start = 0; start < 2; start++) {
        service = primed_start("--workers=2", "--user=nobody", data_flag);
        expect_all_powerless(&service, user);
        kill(primed_front(&service), SIGKILL);
        soon(&service, client_metric(&service, "primed_front_restarts_total") == 1);
        primed_stop(&service);
        struct stat status;
        cr_expect(stat(data, &status) == 0 && status.st_uid == user);
        cr_expect_eq(status.st_mode & 07777, 0700);
        cr_expect(stat(file, &status) == 0 && status.st_uid == user);
        cr_expect_eq(status.st_mode & 07777, 0600);
    }
    primed_remove_directory(place.path);
}

Test(privileges, root_joins_the_group_it_is_told)
{
    const struct group *group = getgrnam("daemon");
    if (geteuid() != 0 || !getpwnam("nobody") || !group)
        cr_skip("only root can become nobody");
    gid_t wanted = group->gr_gid;
    struct primed service = primed_start("--workers=2", "--store=memory", "--user=nobody:daemon");
    struct primed_workers workers = primed_await_workers(&service, 2);
    cr_expect_eq(status_of(&service, service.pid, "Gid", 10), wanted);
    cr_expect_eq(status_of(&service, primed_front(&service), "Gid", 10), wanted);
    for (size_t i = 0; i < workers.count; i++)
        cr_expect_eq(status_of(&service, workers.pids[i], "Gid", 10), wanted);
    primed_stop(&service);
}

static void expect_refused(const char *user_flag, const char *why)
{
    struct command command;
    command_run(&command,
                (const char *[]){"--listen=127.0.0.1:0", "--store=memory", user_flag, NULL}, NULL);
    cr_expect_eq(command.status, 1);
    cr_expect(strstr(command.err, why), "%s", command.err);
}

Test(privileges, a_user_or_a_group_there_is_not_is_refused)
{
    expect_refused("--user=no-such-user", "no such user");
    if (getpwnam("nobody"))
        expect_refused("--user=nobody:no-such-group", "no such group");
}

/* --- a kernel without filters ----------------------------------------------------------------- */

/* From here on this process and its children find that the kernel takes no filter. */
static void refuse_filters(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    cr_assert_not_null(filter);
    cr_assert_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0), 0);
    struct scmp_arg_cmp of_filters = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP};
    cr_assert_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, of_filters),
                 0);
    cr_assert_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

Test(privileges, where_filters_are_required_there_must_be_some)
{
    refuse_filters();
    struct command command;
    command_run(
        &command,
        (const char *[]){"--listen=127.0.0.1:0", "--store=memory", "--sandbox=required", NULL},
        NULL);
    cr_expect_eq(command.status, 1);
    cr_expect(strstr(command.err, "cannot filter the workers' system calls"), "%s", command.err);
    cr_expect_null(strstr(command.err, " ready "));
}

Test(privileges, without_filters_it_warns_and_gives_up_the_rest)
{
    refuse_filters();
    struct primed service = primed_start("--workers=2", "--store=memory");
    primed_await_log(&service, "the workers' system calls are not filtered");
    primed_await_log(&service, "the front's system calls are not filtered");
    struct primed_workers workers = primed_await_workers(&service, 2);
    for (size_t i = 0; i < workers.count; i++)
        expect_powerless(&service, workers.pids[i], geteuid());
    struct client_answer answer =
        client_send(&service, .method = "POST", .path = "/v1/batches?wait=60", .type = "text/plain",
                    .body = "7\n9\n");
    work_expect(&service, client_json(&service, &answer), "completed",
                (struct work_counts){.prime = 1, .composite = 1});
    primed_stop(&service);
}

/* As whom to serve root is asked, not where the configuration is only looked at. */
Test(privileges, root_has_to_be_told_whom_to_be)
{
    if (geteuid() != 0)
        cr_skip("only root is asked");
    unsetenv("PRIMED_USER");
    struct command command;
    command_run(&command, (const char *[]){"--listen=127.0.0.1:0", "--store=memory", NULL}, NULL);
    cr_expect_eq(command.status, 2);
    cr_expect(strstr(command.err, "--user root"), "%s", command.err);
    command_run(&command, (const char *[]){"--check", NULL}, NULL);
    cr_expect_eq(command.status, 0, "%s", command.err);
    cr_expect(strstr(command.out, "root has to say --user"), "%s", command.out);
}

/* What root has had it goes on having, where it says that it means to be root. */
Test(privileges, root_may_stay_root)
{
    if (geteuid() != 0)
        cr_skip("only root can");
    unsetenv("PRIMED_USER");
    struct place place = place_make();
    for (int start = 0; start < 2; start++) {
        struct primed service = primed_start("--workers=2", "--user=root", place.flag);
        expect_all_powerless(&service, 0);
        primed_await_log(&service, "running as root");
        primed_stop(&service);
    }
    primed_remove_directory(place.path);
}
