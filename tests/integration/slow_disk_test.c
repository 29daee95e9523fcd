/* A disk that takes seconds for what it should do in milliseconds. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(slow_disk, .timeout = 120);

/* Have the services this test starts meet a disk that is slow while the file is there. */
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
    setenv("SLOW_DISK_MS", delay_ms, 1);
}

/* Longer than a drain otherwise lets requests finish; see FINISH_GRACE_MS in server/front.c. */
static const char longer_than_the_grace_ms[] = "3000";

Test(slow_disk, a_drain_answers_the_batch_that_waits_for_the_disk)
{
    char directory[] = "/tmp/primed-test.XXXXXX";
    char sign[sizeof directory + 5];
    cr_assert_not_null(mkdtemp(directory));
    snprintf(sign, sizeof sign, "%s/slow", directory);
    preload(sign, longer_than_the_grace_ms);
    struct primed service = primed_start("--workers=1");
    unsetenv("LD_PRELOAD");

    close(open(sign, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
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
    primed_remove_directory(directory);
}
