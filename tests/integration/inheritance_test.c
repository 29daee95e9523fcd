/* What a service inherits: streams that are closed, full or left, and signals that are ignored. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/client.h"
#include "tests/support/forked.h"

TestSuite(inheritance, .timeout = 60);

/* A service whose standard error is that, or closed where it is negative. */
struct bare {
    pid_t pid;
    int err;
    char listen[64];
};

static int exec_bare(void *data)
{
    const struct bare *bare = data;
    if (bare->err >= 0)
        dup2(bare->err, STDERR_FILENO);
    else
        close(STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    return command_exec((const char *[]){bare->listen, "--log-requests=all", NULL});
}

/* On a port that was free a moment ago. */
static struct bare start_bare(int err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    struct bare bare = {.err = err};
    snprintf(bare.listen, sizeof bare.listen, "--listen=127.0.0.1:%d", ntohs(address.sin_port));
    bare.pid = forked_start(exec_bare, &bare);
    return bare;
}

static bool is_healthy(const struct bare *bare)
{
    struct command command;
    command_run(&command, (const char *[]){"health", bare->listen, NULL}, NULL);
    return command.status == 0;
}

static void await_health(const struct bare *bare)
{
    while (!is_healthy(bare)) /* no longer than the test's timeout */
        cr_assert_eq(waitpid(bare->pid, NULL, WNOHANG), 0, "it has ended");
}

static void stop_bare(const struct bare *bare)
{
    kill(bare->pid, SIGTERM);
    cr_expect_eq(forked_wait(bare->pid), 0);
}

Test(inheritance, without_standard_error)
{
    struct bare bare = start_bare(-1);
    await_health(&bare);
    stop_bare(&bare);
}

Test(inheritance, nobody_reads_the_log_any_more)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct bare bare = start_bare(ends[1]);
    close(ends[1]);
    await_health(&bare);
    close(ends[0]);
    kill(bare.pid, SIGHUP); /* the supervisor writes as well */
    cr_expect(is_healthy(&bare));
    stop_bare(&bare);
}

Test(inheritance, whoever_reads_the_log_has_fallen_asleep)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    static const char filling[65536];
    cr_assert_eq(write(ends[1], filling, sizeof filling), (ssize_t)sizeof filling);
    struct bare bare = start_bare(ends[1]);
    await_health(&bare);
    kill(bare.pid, SIGHUP);
    cr_expect(is_healthy(&bare));

    static char text[2 * sizeof filling];
    for (size_t left = sizeof filling; left > 0;)
        left -= (size_t)read(ends[0], text, left);
    cr_expect(is_healthy(&bare));
    stop_bare(&bare);
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)got;
    cr_expect(strstr(text, "log lines lost"), "%s", text);
}

Test(inheritance, ignored_signals)
{
    signal(SIGCHLD, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* as nohup does */
    struct primed service = primed_start("--workers=2");
    signal(SIGCHLD, SIG_DFL);
    struct primed_workers workers = primed_await_workers(&service, 2);
    kill(workers.pids[0], SIGKILL);
    soon(&service, client_metric(&service, "primed_worker_restarts_total{cause=\"crashed\"}") == 1);
    primed_await_workers(&service, 2);
    primed_stop(&service);
}
