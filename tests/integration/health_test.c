/* The health command: what it says of who does not answer, or not with 200. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/forked.h"
#include "tests/support/primed.h"

TestSuite(health, .timeout = 120);

/* A socket that listens on a port of its own, and the flag that names it. */
static int listen_somewhere(char flag[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(fd, 8), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(flag, 64, "--listen=127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static void expect_unwell(const char *flag, const char *why)
{
    struct command command;
    command_run(&command, (const char *const[]){"health", flag, NULL}, NULL);
    cr_expect_eq(command.status, 1);
    cr_expect_str_empty(command.out);
    cr_expect_str_eq(command.err, why);
}

/* The kernel takes the connection and the request, as it does for a front that hangs. */
Test(health, no_answer_in_time)
{
    char flag[64];
    int fd = listen_somewhere(flag);
    expect_unwell(flag, "primed: health: no answer in time\n");
    close(fd);
}

Test(health, nobody_there)
{
    char flag[64];
    close(listen_somewhere(flag));
    expect_unwell(flag, "primed: health: Connection refused\n");
}

static int answer_503(void *data)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
    char request[512];
    int fd = accept(*(int *)data, NULL, NULL);
    if (recv(fd, request, sizeof request, 0) <= 0)
        return 1;
    return send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0;
}

Test(health, an_answer_that_is_not_200)
{
    char flag[64];
    int fd = listen_somewhere(flag);
    pid_t service = forked_start(answer_503, &fd);
    expect_unwell(flag, "primed: health: the answer is not 200\n");
    cr_expect_eq(forked_wait(service), 0);
    close(fd);
}

Test(health, a_name_that_is_none)
{
    struct command command;
    command_run(&command, (const char *const[]){"health", "--listen=no.such.invalid:8080", NULL},
                NULL);
    cr_expect_eq(command.status, 1);
    cr_expect_eq(strncmp(command.err, "primed: health: ", 16), 0, "%s", command.err);
}
