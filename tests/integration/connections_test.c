/* Many connections, long ones, reused ones, and the protocol around the requests. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(connections, .timeout = 120);

static void allow_files(rlim_t count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < count)
        limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_geq(limit.rlim_cur, count);
}

Test(connections, a_thousand_idle_ones_do_not_matter)
{
    enum { COUNT = 1000 };
    static int idle[COUNT];
    allow_files(2 * COUNT);
    struct primed service = primed_start("--workers=2");
    for (size_t i = 0; i < COUNT; i++) {
        idle[i] = wire_connect(&service);
        if (i % 2)
            wire_print(idle[i], "GET /healthz HT"); /* half of them in the middle of a request */
    }
    json_t *batch = work_post_lines(&service, "?wait=60", "2\n3\n4\n", 200);
    work_expect(&service, batch, "completed", (struct work_counts){.prime = 2, .composite = 1});
    for (size_t i = 0; i < COUNT; i++) {
        wire_print(idle[i], i % 2 ? "TP/1.1\r\nHost: x\r\n\r\n"
                                  : "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        cr_assert_eq(wire_read(&service, idle[i]).status, 200, "connection %zu", i);
        close(idle[i]);
    }
    primed_stop(&service);
}

Test(connections, two_hundred_long_polls_are_all_answered)
{
    enum { COUNT = 200 };
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    for (size_t i = 0; i < 30; i++)
        work_add_mersenne(&body, 2203);
    const char *id = work_id(work_post(&service, "", &body, 202));
    int clients[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        clients[i] = wire_connect(&service);
        wire_print(clients[i], "GET %s HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\n\r\n",
                   work_path(&service, id, ""));
    }
    close(clients[0]); /* one leaves */
    for (size_t i = 1; i < COUNT; i++) {
        struct client_answer answer = wire_read(&service, clients[i]);
        cr_assert_eq(answer.status, 200);
        work_expect(&service, client_json(&service, &answer), "completed",
                    (struct work_counts){.prime = 30});
        close(clients[i]);
    }
    primed_stop(&service);
}

Test(connections, polls_of_many_batches_are_answered_each_by_its_own)
{
    enum { COUNT = 100 };
    struct primed service = primed_start("--workers=2");
    int clients[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        clients[i] = wire_connect(&service);
        wire_print(clients[i],
                   "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n%04zu",
                   i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        char number[16];
        snprintf(number, sizeof number, "%zu", i);
        struct client_answer answer = wire_read(&service, clients[i]);
        cr_assert_eq(answer.status, 200);
        const json_t *results = json_object_get(client_json(&service, &answer), "results");
        cr_assert_eq(json_array_size(results), 1);
        cr_expect_str_eq(json_string_value(json_object_get(json_array_get(results, 0), "n")),
                         number);
        close(clients[i]);
    }
    primed_stop(&service);
}

/* --- events ----------------------------------------------------------------------------------- */

Test(connections, events_of_a_running_batch_end_with_the_end)
{
    struct primed service = primed_start("--workers=1");
    struct text body = {.data = NULL};
    for (size_t i = 0; i < 30; i++)
        work_add_mersenne(&body, 2203);
    const char *id = work_id(work_post(&service, "", &body, 202));
    struct client_answer answer = client_get(&service, work_path(&service, id, "/events"));
    cr_expect_eq(answer.status, 200);
    cr_expect_str_eq(client_header(&service, &answer, "Content-Type"), "text/event-stream");
    cr_expect_eq(strncmp(answer.body, "event: progress\ndata: {", 23), 0);
    const char *end = strstr(answer.body, "event: end\ndata: ");
    cr_assert_not_null(end);
    end += strlen("event: end\ndata: ");
    cr_expect_null(strstr(end, "event: "), "nothing follows the end");
    struct client_answer last = {.body = end, .size = strlen(end)};
    work_expect(&service, client_json(&service, &last), "completed",
                (struct work_counts){.prime = 30});

    answer = client_get(&service, work_path(&service, id, "/events"));
    cr_expect_eq(strncmp(answer.body, "event: end\n", 11), 0);
    primed_stop(&service);
}

Test(connections, streams_break_off_when_their_batch_is_deleted)
{
    struct primed service = primed_start("--workers=1", "--max-digits=100000");
    struct text body = {.data = NULL};
    work_add_repeated(&body, "7", 1);
    work_add_mersenne(&body, 216091);
    const char *id = work_id(work_post(&service, "", &body, 202));
    int events = wire_connect(&service);
    wire_print(events, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", work_path(&service, id, "/events"));
    wire_read_until(&service, events, "\n\n");
    int results = wire_connect(&service);
    wire_print(results, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
               work_path(&service, id, "/results?format=csv"));
    wire_read_until(&service, results, "elapsed\n");
    client_send(&service, .method = "DELETE", .path = work_path(&service, id, ""));
    const char *rest = wire_read_rest(&service, events);
    cr_expect_null(strstr(rest, "event: end"));
    cr_expect_null(strstr(rest, "\r\n0\r\n"), "it must not look complete");
    cr_expect_null(strstr(wire_read_rest(&service, results), "\r\n0\r\n"));
    close(events);
    close(results);
    primed_stop(&service);
}

/* --- the protocol ----------------------------------------------------------------------------- */

Test(connections, head_is_get_without_the_body)
{
    static const char *const paths[] = {
        "/", "/healthz", "/readyz", "/metrics", "/openapi.yaml", "/v1/batches", "/v1/numbers/97"};
    struct primed service = primed_start("--workers=1");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct client_answer get = client_get(&service, paths[i]);
        struct client_answer head = client_send(&service, .method = "HEAD", .path = paths[i]);
        cr_expect_eq(get.status, 200);
        cr_expect_eq(head.status, 200);
        cr_expect_eq(head.size, 0);
        cr_expect_str_eq(client_header(&service, &head, "Content-Type"),
                         client_header(&service, &get, "Content-Type"));
    }
    primed_stop(&service);
}

/* What /v1/batches allows, in any order. */
static void expect_allowed(struct primed *service, const struct client_answer *answer)
{
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "POST"};
    const char *allow = client_header(service, answer, "Allow");
    cr_assert_not_null(allow);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        cr_expect_not_null(strstr(allow, methods[i]), "%s", allow);
    cr_expect_null(strstr(allow, "PUT"));
}

Test(connections, options_and_wrong_methods_say_what_is_allowed)
{
    struct primed service = primed_start("--workers=1");
    struct client_answer answer = client_send(&service, .method = "OPTIONS", .path = "/v1/batches");
    cr_expect_eq(answer.status, 204);
    expect_allowed(&service, &answer);
    answer = client_send(&service, .method = "PUT", .path = "/v1/batches", .body = "7");
    client_expect_problem(&service, &answer, 405, "method-not-allowed");
    expect_allowed(&service, &answer);
    answer = client_send(&service, .method = "POST", .path = "/nowhere", .body = "7");
    client_expect_problem(&service, &answer, 404, "not-found");
    primed_stop(&service);
}

Test(connections, one_connection_serves_many_requests)
{
    struct primed service = primed_start("--workers=1");
    for (int i = 0; i < 50; i++) {
        work_post_lines(&service, "?wait=60", "7", 200);
        long connects;
        curl_easy_getinfo(service.curl, CURLINFO_NUM_CONNECTS, &connects);
        cr_expect_eq(connects, 0, "request %d opened a connection", i);
    }
    primed_stop(&service);
}

Test(connections, pipelined_requests_are_answered_in_order)
{
    struct primed service = primed_start("--workers=1");
    int connection = wire_connect(&service);
    for (int i = 0; i < 20; i++) {
        wire_print(connection, "GET /v1/numbers/%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
        wire_print(connection,
                   "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n%03d",
                   i);
        wire_print(connection, "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    for (int i = 0; i < 20; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        struct client_answer answer = wire_read(&service, connection);
        cr_assert_eq(answer.status, 200);
        cr_expect_str_eq(json_string_value(json_object_get(client_json(&service, &answer), "n")),
                         number);
        answer = wire_read(&service, connection);
        cr_assert_eq(answer.status, 200);
        cr_expect_not_null(strstr(answer.body, number));
        cr_assert_eq(wire_read_head(&service, connection).status, 200);
    }
    close(connection);
    primed_stop(&service);
}

Test(connections, request_ids)
{
    static const struct {
        const char *sent;
        bool kept;
    } ids[] = {{"nightly-7", true}, {"!~", true}, {"with blank", false}, {"", false}};
    struct primed service = primed_start("--workers=1");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char header[64];
        snprintf(header, sizeof header, "X-Request-Id%c %s", *ids[i].sent ? ':' : ';', ids[i].sent);
        struct client_answer answer =
            client_send(&service, .method = "GET", .path = "/nowhere", .headers = {header});
        const char *id = client_header(&service, &answer, "X-Request-Id");
        cr_assert_not_null(id);
        cr_expect_gt(strlen(id), 0);
        cr_expect_eq(strcmp(id, ids[i].sent) == 0, ids[i].kept, "%s: %s", ids[i].sent, id);
        const json_t *document = client_json(&service, &answer);
        cr_expect_str_eq(json_string_value(json_object_get(document, "request_id")), id);
        primed_await_log(&service, id);
    }
    struct client_answer first = client_get(&service, "/healthz");
    struct client_answer second = client_get(&service, "/healthz");
    cr_expect_str_neq(client_header(&service, &first, "X-Request-Id"),
                      client_header(&service, &second, "X-Request-Id"));
    primed_stop(&service);
}

Test(connections, single_numbers)
{
    static const struct {
        const char *number;
        long status;
        int prime; /* -1: a problem */
    } numbers[] = {
        {"97", 200, 1},
        {"-97", 200, 0},
        {"0", 200, 0},
        {"18446744073709551557", 200, 1},
        {"18446744073709551617", 200, 0},
        {"170141183460469231731687303715884105727", 200, 1},
        {"1.5", 400, -1},
        {"", 404, -1},
        {"x", 400, -1},
    };
    struct primed service = primed_start("--workers=1");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char path[128];
        snprintf(path, sizeof path, "/v1/numbers/%s", numbers[i].number);
        struct client_answer answer = client_get(&service, path);
        cr_expect_eq(answer.status, numbers[i].status, "%s: %ld", path, answer.status);
        const json_t *prime = json_object_get(client_json(&service, &answer), "prime");
        if (numbers[i].prime >= 0)
            cr_expect_eq(json_is_true(prime), numbers[i].prime, "%s", path);
    }
    primed_stop(&service);
}
