/* Patience: a service that starts late, that is killed and started again, that does not answer. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/cli.h"
#include "tests/support/prime.h"
#include "tests/support/work.h"

TestSuite(retry, .timeout = 120);

/* An address nobody listens at, for a service to come. */
static void find_free_address(char address[64])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&name, length), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &length), 0);
    close(fd);
    snprintf(address, 64, "127.0.0.1:%d", ntohs(name.sin_port));
}

/* A service at that address, with its batches in that directory. */
static struct primed start_at(const char *address, const char *directory)
{
    char listen[96], data[96];
    snprintf(listen, sizeof listen, "--listen=%s", address);
    snprintf(data, sizeof data, "--data-dir=%s", directory);
    return primed_start(listen, data, "--workers=1");
}

static size_t count_batches(struct primed *service)
{
    struct client_answer answer = client_get(service, "/v1/batches");
    return json_array_size(json_object_get(client_json(service, &answer), "batches"));
}

Test(retry, a_service_that_starts_late_gets_the_batch_once)
{
    char address[64], directory[] = "/tmp/primed-test.XXXXXX";
    find_free_address(address);
    cr_assert_not_null(mkdtemp(directory));
    const char *const arguments[] = {"submit", "-", "--timeout=60", NULL};
    struct prime prime = prime_start_on_terminal(address, arguments, NULL);
    prime_await(&prime, "trying again"); /* it has failed once at least */
    struct primed service = start_at(address, directory);
    prime_send(&prime, "2\n3\n4\n\004");
    prime_await(&prime, ": 2 of 3 numbers are prime");
    cr_expect_eq(prime_end(&prime), 0);
    cr_expect_eq(count_batches(&service), 1);
    struct command command;
    prime_read(&prime, &command);
    primed_stop(&service);
    primed_remove_directory(directory);
}

Test(retry, a_service_killed_while_it_receives_gets_the_batch_once)
{
    char address[64], directory[] = "/tmp/primed-test.XXXXXX";
    find_free_address(address);
    cr_assert_not_null(mkdtemp(directory));
    struct primed service = start_at(address, directory);
    const char *const arguments[] = {"submit", "-", "--wait", "--timeout=60", NULL};
    struct prime prime = prime_start(address, arguments, NULL);
    prime_send(&prime, "2\n3\n");
    /* This look at the metrics is one of the two. */
    soon(&service, client_metric(&service, "primed_http_requests_in_flight") == 2);
    primed_signal(&service, SIGKILL);
    primed_expect_end(&service, -SIGKILL);

    service = start_at(address, directory);
    prime_send(&prime, "4\n5\n");
    struct command command;
    command.status = prime_end(&prime);
    prime_read(&prime, &command);
    cr_expect_eq(command.status, 0, "%s", command.err);
    cr_expect_eq(count_batches(&service), 1);
    char id[64];
    snprintf(id, sizeof id, "%.36s", command.out);
    work_expect(&service, work_get(&service, id), "completed",
                (struct work_counts){.prime = 3, .composite = 1});
    primed_stop(&service);
    primed_remove_directory(directory);
}

Test(retry, waiting_outlives_a_service_that_is_killed)
{
    char address[64], directory[] = "/tmp/primed-test.XXXXXX";
    find_free_address(address);
    cr_assert_not_null(mkdtemp(directory));
    struct primed service = start_at(address, directory);
    struct text body = {.data = NULL};
    for (int i = 0; i < 20; i++)
        work_add_mersenne(&body, 4423);
    char id[64];
    snprintf(id, sizeof id, "%s", work_id(work_post(&service, "", &body, 202)));
    struct prime waiting =
        prime_start(address, (const char *[]){"wait", id, "--timeout=60", NULL}, NULL);
    struct prime getting = prime_start(
        address, (const char *[]){"get", id, "--timeout=60", "--format=csv", NULL}, NULL);
    /* Both have their streams; this look is the third. */
    soon(&service, client_metric(&service, "primed_http_requests_in_flight") == 3);
    work_await_progress(&service, id, 2);
    primed_signal(&service, SIGKILL);
    primed_expect_end(&service, -SIGKILL);
    service = start_at(address, directory);

    struct command command;
    command.status = prime_end(&waiting);
    prime_read(&waiting, &command);
    cr_expect_eq(command.status, 0, "%d: %s", command.status, command.err);
    cr_expect_not_null(strstr(command.out, "\"status\":\"completed\",\"total\":20,\"prime\":20,"));
    cr_expect_eq(prime_end(&getting), 0);
    FILE *out = fdopen(dup(getting.out), "r");
    rewind(out);
    char line[2048];
    int lines = 0; /* each index once, in order, behind one header */
    cr_expect_str_eq(fgets(line, sizeof line, out), "index,n,prime,certainty,elapsed\n");
    for (; fgets(line, sizeof line, out); lines++)
        cr_expect_eq(atoi(line), lines, "%.40s", line);
    cr_expect_eq(lines, 20);
    fclose(out);
    prime_read(&getting, &command);
    primed_stop(&service);
    primed_remove_directory(directory);
}

/* A socket that takes connections and never answers, as a stopped service does. */
static int listen_silently(char address[64])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&name, length), 0);
    cr_assert_eq(listen(fd, 16), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &length), 0);
    snprintf(address, 64, "127.0.0.1:%d", ntohs(name.sin_port));
    return fd;
}

Test(retry, a_service_that_never_answers_is_given_up)
{
    char address[64];
    int fd = listen_silently(address);
    struct command command;
    prime_run(&command, address, "", "ls", "--timeout=1");
    cr_expect_eq(command.status, EXIT_UNREACHABLE);
    close(fd);
}

/* Read the head of a request; the value of its Idempotency-Key to key. */
static void read_request(int fd, char key[64])
{
    char head[4096] = "";
    size_t length = 0;
    while (!strstr(head, "\r\n\r\n") && length < sizeof head - 1) {
        ssize_t got = read(fd, head + length, sizeof head - 1 - length);
        cr_assert_gt(got, 0);
        length += (size_t)got;
        head[length] = '\0';
    }
    const char *header = strstr(head, "Idempotency-Key: ");
    cr_assert_not_null(header, "%s", head);
    snprintf(key, 64, "%.*s", (int)strcspn(header, "\r"), header);
}

Test(retry, every_try_has_the_same_key_and_retry_after_is_heeded)
{
    static const char busy[] =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n";
    char address[64], first[64], second[64];
    int fd = listen_silently(address);
    struct prime prime =
        prime_start(address, (const char *[]){"2", "3", "--timeout=60", NULL}, NULL);
    int connection = accept(fd, NULL, NULL);
    read_request(connection, first);
    cr_assert_eq(write(connection, busy, strlen(busy)), (ssize_t)strlen(busy));
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    close(connection);
    connection = accept(fd, NULL, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    read_request(connection, second);
    cr_expect_str_eq(first, second);
    cr_expect_geq((double)(after.tv_sec - before.tv_sec) +
                      1e-9 * (double)(after.tv_nsec - before.tv_nsec),
                  0.9);
    kill(prime.pid, SIGTERM);
    cr_expect_eq(prime_end(&prime), -SIGTERM);
    struct command command;
    prime_read(&prime, &command);
    close(connection);
    close(fd);
}
