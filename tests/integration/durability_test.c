/* What was accepted outlives every process; what was not leaves nothing. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/place.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(durability, .timeout = 240);

/* --- dying ------------------------------------------------------------------------------------ */

enum { POSTED_MAX = 4000 };

/*
 * The batches a client was told are accepted: batch i is the numbers first[i] .. first[i] + SIZE -
 * 1.
 */
struct posted {
    size_t count;
    char ids[POSTED_MAX][40];
    size_t first[POSTED_MAX];
};
enum { SIZE = 20 };

/* Post small batches until the service dies. Runs in a process of its own; reports by a pipe. */
static void post_until_death(const char *address, int report, size_t first)
{
    CURL *curl = curl_easy_init();
    struct primed service = {.curl = curl, .documents = json_array()};
    snprintf(service.address, sizeof service.address, "%s", address);
    for (;; first += SIZE) {
        struct text body = {.data = NULL};
        work_add_range(&body, first, SIZE);
        struct client_answer answer =
            client_send(&service, .method = "POST", .path = "/v1/batches", .type = "text/plain",
                        .body = body.data, .size = body.length);
        text_destroy(&body);
        if (answer.status != 202)
            _exit(0);
        char line[80] = "";
        snprintf(line, sizeof line, "%.36s %zu\n", strstr(answer.body, "\"id\":\"") + 6, first);
        if (write(report, line, strlen(line)) < 0)
            _exit(1);
    }
}

static void read_posted(struct posted *posted, int report)
{
    FILE *file = fdopen(report, "r");
    while (posted->count < POSTED_MAX &&
           fscanf(file, "%39s %zu", posted->ids[posted->count], &posted->first[posted->count]) == 2)
        posted->count++;
    fclose(file);
}

static void expect_posted(struct primed *service, const struct posted *posted)
{
    for (size_t i = 0; i < posted->count; i++)
        work_expect_sieved(service, work_id(work_await(service, posted->ids[i])), posted->first[i],
                           SIZE);
}

Test(durability, everything_killed_while_batches_come_in)
{
    enum { ROUNDS = 6 };
    struct place place = place_make();
    struct posted *posted = calloc(1, sizeof *posted);
    size_t first = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct primed service = primed_start("--workers=2", place.flag);
        expect_posted(&service, posted);
        int report[2];
        cr_assert_eq(pipe(report), 0);
        pid_t client = fork();
        if (client == 0)
            post_until_death(service.address, report[1], first);
        close(report[1]);
        first += 100000;
        size_t before = posted->count;
        struct pollfd first_accepted = {.fd = report[0], .events = POLLIN};
        cr_assert_eq(poll(&first_accepted, 1, PRIMED_PATIENCE_S * 1000), 1);
        usleep((useconds_t)(17000 * round)); /* nothing is awaited: a later moment each time */
        primed_kill_all(&service);
        waitpid(client, NULL, 0);
        read_posted(posted, report[0]);
        cr_expect_gt(posted->count, before);
    }
    struct primed service = primed_start("--workers=2", place.flag);
    expect_posted(&service, posted);
    primed_stop(&service);
    free(posted);
    primed_remove_directory(place.path);
}

Test(durability, a_big_batch_goes_on_after_each_death)
{
    enum { COUNT = 3000, DEATHS = 5 };
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct text body = {.data = NULL};
    for (int i = 0; i < COUNT; i++)
        work_add_mersenne(&body, i % 3 == 0 ? 2203 : 2207);
    char id[40];
    snprintf(id, sizeof id, "%s", work_id(work_post(&service, "", &body, 202)));
    int64_t finished = 0;
    int64_t most_kept = 0;
    for (int i = 0; i < DEATHS; i++) {
        json_t *batch = work_await_progress(&service, id, finished + COUNT / (2 * DEATHS));
        finished = COUNT - work_count(batch, "pending");
        primed_kill_all(&service);
        service = primed_start("--workers=2", place.flag);
        int64_t kept = COUNT - work_count(work_get(&service, id), "pending");
        most_kept = kept > most_kept ? kept : most_kept;
        finished = kept < finished ? kept : finished;
    }
    /* Verdicts trail a little, but most were written long before the next death. */
    cr_expect_gt(most_kept, 0, "what was written is not done again");
    work_expect(&service, work_await(&service, id), "completed",
                (struct work_counts){.prime = COUNT / 3, .composite = COUNT - COUNT / 3});
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(durability, the_front_killed_again_and_again)
{
    enum { COUNT = 1000000, DEATHS = 5 };
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct text body = {.data = NULL};
    work_add_range(&body, 0, COUNT);
    const char *id = work_id(work_post(&service, "", &body, 202));
    for (int i = 0; i < DEATHS; i++) {
        pid_t front = primed_front(&service);
        kill(front, SIGKILL);
        soon(&service, !primed_is_alive(front));
        soon(&service, client_get(&service, "/readyz").status == 200);
    }
    work_expect_sieved(&service, work_id(work_await(&service, id)), 0, COUNT);
    cr_expect_eq(client_metric(&service, "primed_front_restarts_total"), DEATHS);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(durability, a_drain_leaves_the_rest_for_the_next_start)
{
    enum { COUNT = 400 };
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct text body = {.data = NULL};
    for (int i = 0; i < COUNT; i++)
        work_add_mersenne(&body, 2203);
    char id[40];
    snprintf(id, sizeof id, "%s", work_id(work_post(&service, "", &body, 202)));
    work_await_progress(&service, id, 10);
    primed_stop(&service);
    service = primed_start("--workers=2", place.flag);
    json_t *batch = work_get(&service, id);
    cr_expect_geq(COUNT - work_count(batch, "pending"), 10, "a graceful stop loses no verdict");
    work_expect(&service, work_await(&service, id), "completed",
                (struct work_counts){.prime = COUNT});
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(durability, a_cancellation_is_finished_after_a_death)
{
    enum { COUNT = 400 };
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct text body = {.data = NULL};
    for (int i = 0; i < COUNT; i++)
        work_add_mersenne(&body, 2203);
    char id[40];
    snprintf(id, sizeof id, "%s", work_id(work_post(&service, "", &body, 202)));
    work_await_progress(&service, id, 10);
    client_send(&service, .method = "POST", .path = work_path(&service, id, "/cancel"));
    primed_kill_all(&service);
    service = primed_start("--workers=2", place.flag);
    json_t *batch = work_await(&service, id);
    cr_expect_eq(work_count(batch, "total"), COUNT);
    work_verdicts(&service, id, COUNT);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

/* --- nothing is left -------------------------------------------------------------------------- */

/* Begin an upload of 8 MB, of which the last part never comes. The connection. */
static int begin_upload(struct primed *service)
{
    enum { SENT = 8 << 20 };
    int connection = wire_connect(service);
    wire_print(connection, "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                           "Content-Length: 9000000\r\n\r\n");
    char *lines = malloc(SENT);
    memset(lines, '7', SENT);
    for (size_t i = 16; i < SENT; i += 17)
        lines[i] = '\n';
    wire_send(connection, lines, SENT);
    free(lines);
    return connection;
}

Test(durability, an_aborted_upload_leaves_nothing)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", place.flag, "--idle-timeout=1s");
    int upload = begin_upload(&service);
    soon(&service, place_count_rows(&place, "numbers") > 0);
    close(upload);
    soon(&service, place_count_rows(&place, "numbers") == 0);
    soon(&service, place_count_rows(&place, "purge") == 0);
    cr_expect_eq(client_metric(&service, "primed_store_bytes"), 0);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(durability, an_upload_cut_off_by_death_leaves_nothing)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", place.flag);
    int upload = begin_upload(&service);
    soon(&service, place_count_rows(&place, "numbers") > 0);
    primed_kill_all(&service);
    close(upload);
    service = primed_start("--workers=1", place.flag);
    soon(&service, place_count_rows(&place, "purge") == 0);
    cr_expect_eq(place_count_rows(&place, "numbers"), 0);
    cr_expect_eq(place_count_rows(&place, "batches"), 0);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(durability, expired_batches_leave_only_their_ids)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", place.flag, "--ttl=1s");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 200000);
    char id[40];
    snprintf(id, sizeof id, "%s", work_id(work_post(&service, "?wait=30", &body, 200)));
    struct client_answer answer;
    soon(&service, (answer = client_get(&service, work_path(&service, id, ""))).status != 200);
    client_expect_problem(&service, &answer, 410, "gone");
    soon(&service, place_count_rows(&place, "numbers") == 0);
    cr_expect_eq(place_count_rows(&place, "verdicts"), 0);
    primed_stop(&service);
    service = primed_start("--workers=1", place.flag);
    answer = client_get(&service, work_path(&service, id, ""));
    client_expect_problem(&service, &answer, 410, "gone");
    primed_stop(&service);
    primed_remove_directory(place.path);
}

/* --- limits ----------------------------------------------------------------------------------- */

Test(durability, a_full_store_refuses)
{
    struct primed service = primed_start("--workers=1", "--max-store=1M");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 60000);
    work_post(&service, "", &body, 202);
    work_add_range(&body, 0, 60000);
    work_post(&service, "", &body, 503);
    primed_stop(&service);
}

/* Fill the disk of a directory to its last byte with a file of that name. */
static void fill_disk(const char *path)
{
    static const char bytes[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    cr_assert_eq(errno, ENOSPC);
    close(fd);
}

/* Always under the same key: those that are refused leave it free. */
static long post_status(struct primed *service)
{
    return client_send(service, .method = "POST", .path = "/v1/batches", .body = "[5]",
                       .type = "application/json", .headers = {"Idempotency-Key: k"})
        .status;
}

Test(durability, a_full_disk_refuses_until_there_is_room)
{
    enum { COUNT = 1000000 };
    struct place place = place_make();
    if (mount("tmpfs", place.path, "tmpfs", 0, "size=64m") < 0)
        cr_skip("cannot mount a small disk here: %s", strerror(errno));
    struct primed service = primed_start("--workers=1", place.flag);
    char accepted[40];
    snprintf(accepted, sizeof accepted, "%s",
             work_id(work_post_lines(&service, "?wait=30", "2\n3\n4\n", 200)));
    char ballast[80];
    snprintf(ballast, sizeof ballast, "%s/ballast", place.path);
    fill_disk(ballast);

    struct text body = {.data = NULL};
    work_add_range(&body, 0, COUNT);
    struct client_answer answer =
        client_send(&service, .method = "POST", .path = "/v1/batches", .type = "text/plain",
                    .body = body.data, .size = body.length);
    client_expect_problem(&service, &answer, 507, "no-space");
    cr_expect_not_null(client_header(&service, &answer, "Retry-After"));
    cr_expect_eq(post_status(&service), 507);
    work_expect(&service, work_get(&service, accepted), "completed",
                (struct work_counts){.prime = 2, .composite = 1});

    unlink(ballast);
    soon(&service, post_status(&service) == 202);
    work_expect_sieved(&service, work_id(work_post(&service, "?wait=60", &body, 200)), 0, COUNT);
    primed_stop(&service);
    service = primed_start("--workers=1", place.flag);
    work_expect_sieved(&service, accepted, 2, 3);
    primed_stop(&service);
    umount(place.path);
    primed_remove_directory(place.path);
}

/* --- refusing to start ------------------------------------------------------------------------ */

/* Start a service that must end at once with status 1 and say that. */
static void expect_refusal(const struct place *place, const char *says)
{
    struct command command;
    command_run(&command, (const char *const[]){"--listen=127.0.0.1:0", place->flag, NULL}, NULL);
    cr_expect_eq(command.status, 1);
    cr_expect_not_null(strstr(command.err, says), "it says: %s", command.err);
}

Test(durability, a_second_instance_is_refused)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", place.flag);
    expect_refusal(&place, "another instance uses the data directory");
    primed_stop(&service);
    primed_remove_directory(place.path);
}

static void write_file(const char *path, const char *bytes, size_t size, off_t at)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(pwrite(fd, bytes, size, at), (ssize_t)size);
    close(fd);
}

Test(durability, a_damaged_database_is_refused_and_left_alone)
{
    struct place place = place_make();
    char garbage[50000];
    memset(garbage, 'x', sizeof garbage);
    write_file(place.database, garbage, sizeof garbage, 0);
    expect_refusal(&place, "the database is damaged and was left as it is");
    struct stat status;
    cr_expect_eq(stat(place.database, &status), 0);
    cr_expect_eq(status.st_size, (off_t)sizeof garbage);

    unlink(place.database);
    struct primed service = primed_start("--workers=1", place.flag);
    for (int i = 0; i < 50; i++)
        work_post_lines(&service, "?wait=9", "2\n", 200);
    primed_stop(&service);
    write_file(place.database, garbage, sizeof garbage, 16384);
    expect_refusal(&place, "the database is damaged and was left as it is");
    primed_remove_directory(place.path);
}

static void execute(const char *database, const char *sql)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(database, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

Test(durability, a_newer_database_is_refused_and_left_alone)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", place.flag);
    work_post_lines(&service, "?wait=9", "2\n", 200);
    primed_stop(&service);
    execute(place.database, "PRAGMA user_version = 999");
    expect_refusal(&place, "newer version");
    cr_expect_eq(place_count_rows(&place, "batches"), 1);
    primed_remove_directory(place.path);
}

Test(durability, the_database_of_another_program_is_refused)
{
    struct place place = place_make();
    execute(place.database, "CREATE TABLE t (x); PRAGMA user_version = 1");
    expect_refusal(&place, "another program");
    primed_remove_directory(place.path);
}

Test(durability, a_read_only_directory_is_refused)
{
    struct place place = place_make();
    if (mount("tmpfs", place.path, "tmpfs", MS_RDONLY, "") < 0)
        cr_skip("cannot mount a read-only directory here: %s", strerror(errno));
    expect_refusal(&place, "cannot write in the data directory");
    umount(place.path);
    primed_remove_directory(place.path);
}

Test(durability, a_directory_without_parents_is_refused)
{
    struct place place = {.flag = "--data-dir=/tmp/primed-test-no-such/data"};
    expect_refusal(&place, "cannot make the data directory");
}

Test(durability, the_directory_is_for_its_user_alone)
{
    struct place place = place_make();
    char flag[112];
    char data[96];
    snprintf(data, sizeof data, "%s/data", place.path);
    snprintf(flag, sizeof flag, "--data-dir=%s", data);
    struct primed service = primed_start("--workers=1", flag);
    struct stat status;
    cr_expect_eq(stat(data, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0700);
    primed_stop(&service);
    primed_remove_directory(place.path);
}
