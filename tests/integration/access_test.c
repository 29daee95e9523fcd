/* Tokens: who is let in, what becomes of batches when tokens come and go, and after restarts. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/passes.h"
#include "tests/support/place.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(access, .timeout = 240);

/* --- tools ------------------------------------------------------------------------------------ */

static struct client_answer get(struct primed *service, const char *path, const char *pass)
{
    return client_send(service, .method = "GET", .path = path, .headers = {pass});
}

static long status_of(struct primed *service, const char *path, const char *pass)
{
    return get(service, path, pass).status;
}

static struct client_answer post(struct primed *service, const char *query, const char *pass,
                                 const char *lines)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/batches%s", query);
    return client_send(service, .method = "POST", .path = path, .type = "text/plain", .body = lines,
                       .headers = {pass});
}

/* Hand in a batch, which must be accepted. Its path. */
static const char *hand_in(struct primed *service, const char *query, const char *pass,
                           const char *lines)
{
    struct client_answer answer = post(service, query, pass, lines);
    if (answer.status != 200 && answer.status != 202)
        primed_fail(service, "status %ld: %.300s", answer.status, answer.body);
    return client_header(service, &answer, "Location");
}

/* What lets a number keep a worker busy for longer than any test takes, */
#define HARD "--max-digits=30000", "--number-timeout=0"

/* and such a number, so many times. */
static const char *hard_lines(struct primed *service, size_t count)
{
    struct text number = {.data = NULL};
    struct text lines = {.data = NULL};
    work_add_mersenne(&number, 86243);
    for (size_t i = 0; i < count; i++)
        text_add(&lines, number.data, number.length);
    text_add(&lines, "", 1);
    text_destroy(&number);
    cr_assert_not(lines.failed);
    return primed_keep(service, lines.data);
}

static const char *status_name(struct primed *service, const char *path, const char *pass)
{
    struct client_answer answer = get(service, path, pass);
    return answer.status == 200 ? work_status(client_json(service, &answer)) : "";
}

/* How many batches the list of that client has. */
static size_t count_listed(struct primed *service, const char *pass)
{
    struct client_answer answer = get(service, "/v1/batches", pass);
    return json_array_size(json_object_get(client_json(service, &answer), "batches"));
}

static void expect_over_quota(struct primed *service, const struct client_answer *answer)
{
    client_expect_problem(service, answer, 429, "quota-exceeded");
    cr_expect_not_null(client_header(service, answer, "Retry-After"));
}

/* --- who is let in ---------------------------------------------------------------------------- */

/* The headers are enough to be refused; a client that waits for leave to send never gets it. */
Test(access, without_a_token_no_body_is_read)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory");
    static const char request[] =
        "POST /v1/batches HTTP/1.1\r\nHost: x\r\n%s%sContent-Length: 6\r\n"
        "Expect: 100-continue\r\n\r\n";
    int connection = wire_connect(&service);
    wire_print(connection, request, "", "");
    struct client_answer answer = wire_read(&service, connection);
    client_expect_problem(&service, &answer, 401, "unauthorized");
    cr_expect_str_eq(client_header(&service, &answer, "WWW-Authenticate"),
                     "Bearer realm=\"primed\"");
    close(connection);

    connection = wire_connect(&service);
    wire_print(connection, request, alice, "\r\n");
    wire_read_until(&service, connection, "100 Continue\r\n\r\n");
    wire_print(connection, "2\n3\n4\n");
    cr_expect_eq(wire_read(&service, connection).status, 202);
    close(connection);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(access, two_headers_are_none)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    const char *bob = passes_add(&passes, "bob", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory");
    struct client_answer answer =
        client_send(&service, .method = "GET", .path = "/v1/batches", .headers = {alice, bob});
    client_expect_problem(&service, &answer, 401, "unauthorized");
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(access, the_health_command_needs_no_token)
{
    struct passes passes = passes_make();
    passes_add(&passes, "alice", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory");
    char listen[96];
    struct command command;
    snprintf(listen, sizeof listen, "--listen=%s", service.address);
    command_run(&command, (const char *const[]){"health", listen, passes.flag, NULL}, NULL);
    cr_expect_eq(command.status, 0, "%s", command.err);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(access, the_log_names_clients_and_no_tokens)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory", "--log-requests=all");
    char path[256];
    static const char unknown[] = "Authorization: Bearer a-token-of-nobody-0123456789-0123456789";
    cr_expect_eq(status_of(&service, "/v1/batches", alice), 200);
    cr_expect_eq(status_of(&service, "/v1/batches", unknown), 401);
    snprintf(path, sizeof path, "/v1/batches?access_token=%s", passes_token(alice));
    cr_expect_eq(status_of(&service, path, NULL), 401);
    primed_await_log(&service, "client=alice");
    primed_signal(&service, SIGTERM);
    primed_await_log(&service, "drained");
    const char *log = primed_log(&service);
    cr_expect_null(strstr(log, passes_token(alice)), "%s", log);
    cr_expect_null(strstr(log, passes_token(unknown)), "%s", log);
    cr_expect_null(strstr(log, "sha256"), "%s", log);
    primed_expect_end(&service, 0);
    passes_destroy(&passes);
}

/* --- tokens that come and go ------------------------------------------------------------------ */

Test(access, tokens_are_read_anew_on_hup)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    const char *bob = passes_add(&passes, "bob", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory", "--workers=1", HARD);
    const char *batch = hand_in(&service, "", alice, hard_lines(&service, 2));

    /* One whose name has gone is out at once. Its batch goes on, and is its own when it returns. */
    passes_withdraw(&passes, "alice");
    primed_signal(&service, SIGHUP);
    soon(&service, status_of(&service, batch, alice) == 401);
    cr_expect_eq(status_of(&service, batch, bob), 404);
    passes_restore(&passes);
    primed_signal(&service, SIGHUP);
    soon(&service, status_of(&service, batch, alice) == 200);
    cr_expect_str_neq(status_name(&service, batch, alice), "canceled");

    /* A second token of the name is as good as the first, which can go then. */
    const char *new_alice = passes_add(&passes, "alice", NULL);
    cr_expect_eq(status_of(&service, batch, new_alice), 401);
    primed_signal(&service, SIGHUP);
    soon(&service, status_of(&service, batch, new_alice) == 200);
    cr_expect_eq(status_of(&service, batch, alice), 200);
    cr_expect_eq(
        client_send(&service, .method = "DELETE", .path = batch, .headers = {new_alice}).status,
        204);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(access, a_wrong_file_leaves_the_tokens_as_they_are)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory");
    FILE *file = fopen(passes.path, "a");
    fputs("bob sha256:oops\n", file);
    fclose(file);
    primed_signal(&service, SIGHUP);
    primed_await_log(&service, "tokens could not be read");
    primed_await_log(&service, ":3: sha256: and 64");
    cr_expect_eq(status_of(&service, "/v1/batches", alice), 200);

    /* A front that is started anew has what the supervisor had last. */
    pid_t front = primed_front(&service);
    kill(front, SIGKILL);
    soon(&service, !primed_is_alive(front));
    soon(&service, status_of(&service, "/v1/batches", alice) == 200);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(access, a_wrong_file_keeps_the_service_from_starting)
{
    struct passes passes = passes_make();
    passes_add(&passes, "alice", NULL);
    FILE *file = fopen(passes.path, "a");
    fputs("bob sha256:oops\n", file);
    fclose(file);
    static const char *const commands[] = {"--check", "serve"};
    for (size_t i = 0; i < 2; i++) {
        struct command command;
        command_run(&command, (const char *const[]){commands[i], passes.flag, NULL}, NULL);
        cr_expect_eq(command.status, 2, "%d", command.status);
        cr_expect_not_null(strstr(command.err, passes.path), "%s", command.err);
        cr_expect_not_null(strstr(command.err, ":3: sha256: and 64"), "%s", command.err);
        cr_expect_str_empty(command.out);
    }
    passes_destroy(&passes);
}

Test(access, the_command_that_makes_tokens)
{
    static const char *const wrong[][4] = {{"token", NULL},
                                           {"token", "al/ice", NULL},
                                           {"token", "alice", "root", NULL},
                                           {"token", "alice", "numbers=some", NULL}};
    struct command command;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        command_run(&command, wrong[i], NULL);
        cr_expect_eq(command.status, 2, "%zu: %d", i, command.status);
        cr_expect_str_empty(command.out);
        cr_expect_eq(strncmp(command.err, "primed: token: ", 15), 0, "%s", command.err);
    }
}

/* --- what is whose, across restarts ----------------------------------------------------------- */

Test(access, what_is_whose_survives)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    const char *bob = passes_add(&passes, "bob", NULL);
    const char *admin = passes_add(&passes, "ops", "admin");
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", HARD, place.flag);
    char of_nobody[96], of_alice[96], of_bob[96], running[96], gone[96];
    strcpy(of_nobody, hand_in(&service, "?wait=60", NULL, "2\n3\n"));
    primed_stop(&service);

    service = primed_start("--workers=1", HARD, place.flag, passes.flag);
    strcpy(of_alice, hand_in(&service, "?wait=60", alice, "2\n3\n"));
    strcpy(of_bob, hand_in(&service, "?wait=60", bob, "2\n3\n"));
    strcpy(gone, hand_in(&service, "?wait=60", bob, "2\n3\n"));
    strcpy(running, hand_in(&service, "", alice, hard_lines(&service, 2)));
    cr_expect_eq(client_send(&service, .method = "DELETE", .path = gone, .headers = {bob}).status,
                 204);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(status_of(&service, of_nobody, alice), 404);
        cr_expect_eq(status_of(&service, of_nobody, admin), 200);
        cr_expect_eq(status_of(&service, of_alice, alice), 200);
        cr_expect_eq(status_of(&service, of_alice, bob), 404);
        cr_expect_eq(status_of(&service, running, alice), 200);
        cr_expect_eq(status_of(&service, running, bob), 404);
        cr_expect_eq(status_of(&service, of_bob, bob), 200);
        cr_expect_eq(status_of(&service, of_bob, alice), 404);
        cr_expect_eq(status_of(&service, gone, bob), 410);
        cr_expect_eq(status_of(&service, gone, alice), 404);
        cr_expect_eq(count_listed(&service, alice), 2);
        cr_expect_eq(count_listed(&service, bob), 1);
        cr_expect_eq(count_listed(&service, admin), 4);
        primed_kill_all(&service);
        service = primed_start("--workers=1", HARD, place.flag, passes.flag);
    }
    cr_expect_eq(
        client_send(&service, .method = "DELETE", .path = running, .headers = {alice}).status, 204);
    primed_stop(&service);

    /* Where the tokens are taken away, everything is everybody's again. */
    service = primed_start("--workers=1", HARD, place.flag);
    cr_expect_eq(status_of(&service, of_alice, NULL), 200);
    cr_expect_eq(status_of(&service, gone, NULL), 410);
    cr_expect_eq(count_listed(&service, NULL), 3);
    primed_stop(&service);
    primed_remove_directory(place.path);
    passes_destroy(&passes);
}

/* --- quotas ----------------------------------------------------------------------------------- */

/* What is queued follows cancels, deletions, restarts and the deaths of everybody. */
Test(access, a_quota_of_numbers_is_exact)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "numbers=10");
    const char *bob = passes_add(&passes, "bob", NULL);
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", HARD, place.flag, passes.flag);
    char first[96], second[96];
    strcpy(first, hand_in(&service, "", alice, hard_lines(&service, 6)));
    strcpy(second, hand_in(&service, "", alice, hard_lines(&service, 3)));
    struct client_answer answer = post(&service, "", alice, "2\n3\n");
    expect_over_quota(&service, &answer);
    hand_in(&service, "?wait=60", alice, "97\n");
    hand_in(&service, "?wait=60", bob, "2\n3\n5\n7\n11\n13\n17\n19\n23\n29\n31\n");

    primed_kill_all(&service);
    service = primed_start("--workers=1", HARD, place.flag, passes.flag);
    answer = post(&service, "", alice, "2\n3\n");
    expect_over_quota(&service, &answer);
    pid_t front = primed_front(&service);
    kill(front, SIGKILL);
    soon(&service, !primed_is_alive(front));
    soon(&service, status_of(&service, "/readyz", NULL) == 200);
    answer = post(&service, "", alice, "2\n3\n");
    expect_over_quota(&service, &answer);

    char cancel[128];
    snprintf(cancel, sizeof cancel, "%s/cancel", second);
    cr_expect_leq(
        client_send(&service, .method = "POST", .path = cancel, .headers = {alice}).status, 202);
    soon(&service, strcmp(status_name(&service, second, alice), "canceled") == 0);
    hand_in(&service, "?wait=60", alice, "2\n3\n5\n7\n");
    answer = post(&service, "", alice, "2\n3\n5\n7\n11\n");
    expect_over_quota(&service, &answer);
    cr_expect_eq(
        client_send(&service, .method = "DELETE", .path = first, .headers = {alice}).status, 204);
    hand_in(&service, "?wait=60", alice, "2\n3\n5\n7\n11\n13\n17\n19\n23\n29\n");
    answer = post(&service, "", alice, "2\n3\n5\n7\n11\n13\n17\n19\n23\n29\n31\n");
    client_expect_problem(&service, &answer, 413, "body-too-large");
    primed_stop(&service);
    primed_remove_directory(place.path);
    passes_destroy(&passes);
}

/* Octets tell by their length how many numbers they are: nobody need send them to be refused. */
Test(access, a_quota_is_known_before_the_body_where_its_length_tells)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "numbers=10");
    struct primed service = primed_start("--workers=1", HARD, "--store=memory", passes.flag);
    static const char request[] =
        "POST /v1/batches HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Type: application/octet-stream\r\n"
        "Content-Length: %d\r\nExpect: 100-continue\r\n\r\n";
    static const struct {
        int numbers;
        int status;
    } cases[] = {{11, 413}, {8, 429}};
    const char *hard = hand_in(&service, "", alice, hard_lines(&service, 3));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int connection = wire_connect(&service);
        wire_print(connection, request, alice, 8 * cases[i].numbers);
        cr_expect_eq(wire_read(&service, connection).status, cases[i].status);
        close(connection);
    }
    int connection = wire_connect(&service);
    wire_print(connection, request, alice, 8 * 7);
    wire_read_until(&service, connection, "100 Continue\r\n\r\n");
    close(connection);
    client_send(&service, .method = "DELETE", .path = hard, .headers = {alice});
    primed_stop(&service);
    passes_destroy(&passes);
}

/* A body that turns out too much is kept no part of, not even while the rest of it comes. */
Test(access, a_quota_is_kept_while_the_body_comes)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "numbers=5000");
    struct primed service = primed_start("--workers=1", "--store=memory", passes.flag);
    struct text body = {.data = NULL};
    int connection = wire_connect(&service);
    wire_print(connection,
               "POST /v1/batches HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Type: text/plain\r\n"
               "Content-Length: 1000000\r\n\r\n",
               alice);
    work_add_range(&body, 100000, 20000);
    wire_send(connection, body.data, body.length);
    text_destroy(&body);
    /* The draft's numbers are queued until it is more than may be, and then none of them is. */
    soon(&service, post(&service, "?wait=60", alice, "2\n3\n5\n7\n").status == 200);
    work_add_range(&body, 1, 5000);
    text_add(&body, "", 1);
    soon(&service, post(&service, "?wait=60", alice, body.data).status == 200);
    text_destroy(&body);
    close(connection);
    cr_expect_eq(count_listed(&service, alice) > 0, true);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(access, a_quota_of_cost)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "cost=20ms");
    const char *scraper = passes_add(&passes, "scraper", "metrics numbers=0");
    struct primed service = primed_start("--workers=1", HARD, "--store=memory", passes.flag);
    struct text path = {.data = NULL};
    struct client_answer answer = post(&service, "", alice, hard_lines(&service, 1));
    client_expect_problem(&service, &answer, 413, "body-too-large");
    cr_expect_not_null(strstr(answer.body, "0.020 s"), "%s", answer.body);
    hand_in(&service, "?wait=60", alice, "2\n3\n170141183460469231731687303715884105727\n");

    /* A single number is work like any other, if a worker has to do it. */
    text_add_string(&path, "/v1/numbers/");
    work_add_mersenne(&path, 4423);
    path.data[path.length - 1] = '\0';
    answer = get(&service, path.data, alice);
    expect_over_quota(&service, &answer);
    cr_expect_eq(status_of(&service, "/v1/numbers/170141183460469231731687303715884105727", alice),
                 200);
    cr_expect_eq(status_of(&service, "/v1/numbers/97", scraper), 200);
    answer = get(&service, "/v1/numbers/170141183460469231731687303715884105727", scraper);
    expect_over_quota(&service, &answer);
    cr_expect_eq(status_of(&service, "/metrics", scraper), 200);
    text_destroy(&path);
    primed_stop(&service);
    passes_destroy(&passes);
}

/* Without tokens all clients are one, which the options bound. */
Test(access, quotas_without_tokens)
{
    struct primed service = primed_start("--workers=1", HARD, "--store=memory", "--quota-numbers=2",
                                         "--quota-cost=1h", "--quota-requests=100/h");
    const char *hard = hand_in(&service, "", NULL, hard_lines(&service, 1));
    struct client_answer answer = post(&service, "", NULL, "2\n3\n");
    expect_over_quota(&service, &answer);
    client_send(&service, .method = "DELETE", .path = hard);
    hand_in(&service, "?wait=60", NULL, "2\n3\n");
    for (int i = 0; i < 96; i++)
        cr_assert_eq(status_of(&service, "/v1/batches", NULL), 200, "request %d", i);
    soon(&service, status_of(&service, "/v1/batches", NULL) == 429);
    cr_expect_eq(status_of(&service, "/healthz", NULL), 200);
    primed_stop(&service);
}
