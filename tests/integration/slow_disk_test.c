/* A disk that takes seconds for what it should do in milliseconds. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(slow_disk, .timeout = 120);

/*
 * Have the services this test starts meet a disk that is slow while the file is there; without a
 * delay, one that does nothing until it is gone.
 */
static void preload(const char *sign, const char *delay_ms)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    cr_assert_gt(length, 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/slow_disk.so");
    cr_assert_eq(access(path, R_OK), 0, "%s", path);
    setenv("LD_PRELOAD", path, 1);
    setenv("SLOW_DISK", sign, 1);
    if (delay_ms)
        setenv("SLOW_DISK_MS", delay_ms, 1);
}

/* Longer than a drain otherwise lets requests finish; see FINISH_GRACE_MS in server/front.c. */
static const char longer_than_the_grace_ms[] = "3000";

struct disk {
    char directory[32];
    char sign[40];
};

/* A service whose disk has just become slow; delay_ms as above. */
static struct primed start_and_slow_down(struct disk *disk, const char *delay_ms)
{
    strcpy(disk->directory, "/tmp/primed-test.XXXXXX");
    cr_assert_not_null(mkdtemp(disk->directory));
    snprintf(disk->sign, sizeof disk->sign, "%s/slow", disk->directory);
    preload(disk->sign, delay_ms);
    struct primed service = primed_start("--workers=1");
    unsetenv("LD_PRELOAD");
    close(open(disk->sign, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    return service;
}

Test(slow_disk, a_drain_answers_the_batch_that_waits_for_the_disk)
{
    struct disk disk;
    struct primed service = start_and_slow_down(&disk, longer_than_the_grace_ms);
    int connection = wire_connect(&service);
    wire_print(connection, "POST /v1/batches HTTP/1.1\r\nHost: primed\r\n"
                           "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n97\n");
    /* It is worked on before the disk has it. */
    soon(&service, client_metric(&service, "primed_numbers_total{verdict=\"prime\"}") == 1);
    primed_signal(&service, SIGTERM);
    struct client_answer answer = wire_read(&service, connection);
    cr_expect_eq(answer.status, 202, "%ld", answer.status);
    close(connection);
    primed_expect_end(&service, 0);
    primed_remove_directory(disk.directory);
}

/* Send so much; false if the service takes no more of it for long. */
static bool send_all(int connection, size_t bytes)
{
    static const char zeros[64 * 1024];
    struct timeval patience = {.tv_sec = 20};
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (bytes > 0) {
        size_t piece = bytes < sizeof zeros ? bytes : sizeof zeros;
        ssize_t sent = send(connection, zeros, piece, MSG_NOSIGNAL);
        if (sent < 0)
            return errno != EAGAIN; /* it may close on a client that is too slow */
        bytes -= (size_t)sent;
    }
    return true;
}

Test(slow_disk, a_drain_does_not_wait_for_the_disk_to_have_what_is_still_being_sent)
{
    enum { FIRST = 8, REST = 64 << 20 }; /* far more than may be ahead of the disk */
    struct disk disk;
    struct primed service = start_and_slow_down(&disk, NULL);
    int connection = wire_connect(&service);
    int other = wire_connect(&service);
    wire_print(connection,
               "POST /v1/batches HTTP/1.1\r\nHost: primed\r\n"
               "Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n",
               FIRST + REST);
    cr_assert(send_all(connection, FIRST));
    soon(&service, client_metric(&service, "primed_store_bytes") > 0);
    primed_signal(&service, SIGTERM);
    struct client_answer answer;
    do {
        wire_print(other, "GET /readyz HTTP/1.1\r\nHost: primed\r\n\r\n");
        answer = wire_read(&service, other);
    } while (answer.status == 200);
    cr_expect_eq(answer.status, 503, "%ld", answer.status);
    cr_expect(send_all(connection, REST));
    unlink(disk.sign);
    primed_expect_end(&service, 0);
    close(connection);
    close(other);
    primed_remove_directory(disk.directory);
}

Test(slow_disk, a_repeat_before_the_disk_has_the_batch_comes_too_early)
{
    static const char request[] = "POST /v1/batches HTTP/1.1\r\nHost: primed\r\n"
                                  "Content-Type: text/plain\r\nContent-Length: 3\r\n"
                                  "Idempotency-Key: k\r\n\r\n97\n";
    struct disk disk;
    struct primed service = start_and_slow_down(&disk, NULL);
    int first = wire_connect(&service);
    int repeat = wire_connect(&service);
    wire_print(first, "%s", request);
    soon(&service, client_metric(&service, "primed_numbers_total{verdict=\"prime\"}") == 1);
    wire_print(repeat, "%s", request);
    struct client_answer answer = wire_read(&service, repeat);
    client_expect_problem(&service, &answer, 409, "key-busy");
    unlink(disk.sign);
    struct client_answer accepted = wire_read(&service, first);
    cr_expect_eq(accepted.status, 202);
    wire_print(repeat, "%s", request);
    answer = wire_read(&service, repeat);
    cr_expect_eq(answer.status, 202);
    cr_expect_str_eq(client_header(&service, &answer, "Location"),
                     client_header(&service, &accepted, "Location"));
    cr_expect_eq(client_metric(&service, "primed_batches_accepted_total"), 1);
    close(first);
    close(repeat);
    primed_stop(&service);
    primed_remove_directory(disk.directory);
}

Test(slow_disk, a_batch_is_counted_as_ended_only_once_the_disk_has_it)
{
    struct disk disk;
    struct primed service = start_and_slow_down(&disk, NULL);
    int connection = wire_connect(&service);
    wire_print(connection, "POST /v1/batches HTTP/1.1\r\nHost: primed\r\n"
                           "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n97\n");
    soon(&service, client_metric(&service, "primed_numbers_total{verdict=\"prime\"}") == 1);
    cr_expect_eq(client_metric(&service, "primed_batches{status=\"completed\"}"), 1);
    cr_expect_eq(client_metric(&service, "primed_batches_ended_total{status=\"completed\"}"), 0);
    unlink(disk.sign);
    cr_expect_eq(wire_read(&service, connection).status, 202);
    cr_expect_eq(client_metric(&service, "primed_batches_accepted_total"), 1);
    cr_expect_eq(client_metric(&service, "primed_batches_ended_total{status=\"completed\"}"), 1);
    cr_expect_eq(client_metric(&service, "primed_batch_duration_seconds_count{size=\"small\"}"), 1);
    close(connection);
    primed_stop(&service);
    primed_remove_directory(disk.directory);
}
