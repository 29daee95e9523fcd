/*
 * Bodies as networks and clients really deliver them: in pieces, slowly, too long, and not to the
 * end.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(intake_wire, .timeout = 120);

/* Wait until nothing is kept: no batch, no bytes, no request but the one that looks. */
static void expect_nothing_kept(struct primed *service)
{
    soon(service, client_metric(service, "primed_http_requests_in_flight") == 1 &&
                      client_metric(service, "primed_store_bytes") == 0);
    cr_expect_eq(client_metric(service, "primed_batches_accepted_total"), 0);
    cr_expect_eq(client_metric(service, "primed_queue_numbers"), 0);
    struct client_answer list = client_get(service, "/v1/batches");
    cr_expect_eq(json_array_size(json_object_get(client_json(service, &list), "batches")), 0);
}

/* --- pieces ----------------------------------------------------------------------------------- */

static const char json_body[] = "{\"metadata\":{\"a\":[1,\"\\u00e9]\"]},\"numbers\":[2, -7,\"97\","
                                "170141183460469231731687303715884105727],\"priority\":9}";

/* Send text in pieces that end at `cut` and every `step` bytes from there. */
static void send_in_pieces(int connection, const char *text, size_t cut, size_t step)
{
    size_t length = strlen(text);
    for (size_t begin = 0, end = cut; begin < length; begin = end, end += step) {
        if (end > length)
            end = length;
        wire_send(connection, text + begin, end - begin);
    }
}

static void expect_body_understood(struct primed *service, int connection)
{
    struct client_answer answer = wire_read(service, connection);
    if (answer.status != 200)
        primed_fail(service, "status %ld: %.300s", answer.status, answer.body);
    const json_t *batch = client_json(service, &answer);
    work_expect(service, batch, "completed", (struct work_counts){.prime = 3, .composite = 1});
    cr_expect_eq(json_integer_value(json_object_get(batch, "priority")), 9);
}

Test(intake_wire, a_request_cut_in_two_at_every_byte)
{
    char text[512];
    snprintf(text, sizeof text,
             "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(json_body), json_body);
    struct primed service = primed_start("--workers=1");
    int connection = wire_connect(&service);
    for (size_t cut = 1; cut < strlen(text); cut++) {
        send_in_pieces(connection, text, cut, sizeof text);
        expect_body_understood(&service, connection);
    }
    for (size_t step = 1; step <= 8; step++) {
        send_in_pieces(connection, text, step, step);
        expect_body_understood(&service, connection);
    }
    close(connection);
    primed_stop(&service);
}

Test(intake_wire, chunks_of_every_size)
{
    struct primed service = primed_start("--workers=1");
    int connection = wire_connect(&service);
    for (size_t size = 1; size <= strlen(json_body); size++) {
        wire_print(connection, "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n");
        for (size_t begin = 0; begin < strlen(json_body); begin += size) {
            size_t left = strlen(json_body) - begin;
            size_t length = left < size ? left : size;
            wire_print(connection, "%zx\r\n%.*s\r\n", length, (int)length, json_body + begin);
        }
        wire_print(connection, "0\r\n\r\n");
        expect_body_understood(&service, connection);
    }
    close(connection);
    primed_stop(&service);
}

Test(intake_wire, mistakes_are_found_at_the_same_place_however_it_is_cut)
{
    static const char body[] = "[2,3,]";
    struct primed service = primed_start("--workers=1");
    for (size_t cut = 1; cut < strlen(body); cut++) {
        int connection = wire_connect(&service);
        wire_print(connection,
                   "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                   strlen(body));
        send_in_pieces(connection, body, cut, sizeof body);
        struct client_answer answer = wire_read(&service, connection);
        client_expect_problem(&service, &answer, 400, "malformed-json");
        cr_expect_not_null(strstr(answer.body, "byte 5"), "%s", answer.body);
        close(connection);
    }
    expect_nothing_kept(&service);
    primed_stop(&service);
}

/* --- clients that leave ----------------------------------------------------------------------- */

/* End the connection the rude way, by RST. */
static void reset(int connection)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connection);
}

Test(intake_wire, of_a_client_that_leaves_half_way_nothing_is_kept)
{
    struct text numbers = {.data = NULL};
    work_add_range(&numbers, 0, 100000);
    struct primed service = primed_start("--workers=2");
    for (int i = 0; i < 40; i++) {
        int connection = wire_connect(&service);
        bool chunked = i % 2;
        if (chunked)
            wire_print(connection,
                       "POST /v1/batches HTTP/1.1\r\nHost: x\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
                       numbers.length);
        else
            wire_print(connection,
                       "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                       numbers.length + 1);
        wire_send(connection, numbers.data, numbers.length * (size_t)i / 39);
        if (i % 4 < 2)
            close(connection);
        else
            reset(connection);
    }
    text_destroy(&numbers);
    expect_nothing_kept(&service);
    primed_stop(&service);
}

Test(intake_wire, a_client_that_leaves_during_its_wait_or_its_results)
{
    struct primed service = primed_start("--workers=1");
    for (int i = 0; i < 10; i++) {
        int connection = wire_connect(&service);
        wire_print(connection, "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\n"
                               "Content-Length: 2\r\n\r\n97");
        reset(connection);
    }
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 300000);
    const char *id = work_id(work_post(&service, "", &body, 202));
    for (int i = 0; i < 10; i++) {
        int connection = wire_connect(&service);
        wire_print(connection, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
                   work_path(&service, id, "/results?format=ndjson"));
        wire_read_until(&service, connection, "\"index\":10,");
        reset(connection);
    }
    work_expect_sieved(&service, id, 0, 300000);
    soon(&service, client_metric(&service, "primed_http_requests_in_flight") == 1);
    primed_stop(&service);
}

/* --- too much --------------------------------------------------------------------------------- */

Test(intake_wire, bodies_that_are_too_long)
{
    struct text body = {.data = NULL};
    work_add_repeated(&body, "7", 600);
    struct primed service = primed_start("--workers=1", "--max-body=1K");
    for (int chunked = 0; chunked <= 1; chunked++) {
        struct client_answer answer =
            client_send(&service, .method = "POST", .path = "/v1/batches", .type = "text/plain",
                        .body = body.data, .size = body.length, .chunked = chunked);
        client_expect_problem(&service, &answer, 413, "body-too-large");
        answer = client_send(&service, .method = "POST", .path = "/v1/batches",
                             .type = "text/plain", .body = body.data, .size = body.length,
                             .chunked = chunked, .headers = {"Expect: 100-continue"});
        client_expect_problem(&service, &answer, 413, "body-too-large");
    }
    text_destroy(&body);
    expect_nothing_kept(&service);

    struct client_answer exact = client_send(
        &service, .method = "POST", .path = "/v1/batches?wait=60",
        .type = "application/octet-stream", .body = (const char[1024]){7}, .size = 1024);
    cr_expect_eq(exact.status, 200, "the limit itself is within it");
    primed_stop(&service);
}

Test(intake_wire, whoever_waits_for_leave_to_send_gets_it_or_the_refusal)
{
    struct primed service = primed_start("--workers=1", "--max-body=1K");
    int connection = wire_connect(&service);
    wire_print(connection, "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\n"
                           "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    cr_assert_eq(wire_read(&service, connection).status, 100);
    wire_print(connection, "97");
    cr_assert_eq(wire_read(&service, connection).status, 200);
    close(connection);

    connection = wire_connect(&service);
    wire_print(connection, "POST /v1/batches HTTP/1.1\r\nHost: x\r\n"
                           "Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
    struct client_answer answer = wire_read(&service, connection);
    client_expect_problem(&service, &answer, 413, "body-too-large");
    close(connection);
    primed_stop(&service);
}

/* POST numbers 0 .. count-1 and expect a problem of that kind. */
static struct client_answer expect_refused(struct primed *service, size_t count, long status,
                                           const char *problem)
{
    struct text body = {.data = NULL};
    work_add_range(&body, 0, count);
    char *numbers = strndup(body.data, body.length);
    text_destroy(&body);
    struct client_answer answer = client_send(service, .method = "POST", .path = "/v1/batches",
                                              .type = "text/plain", .body = numbers);
    client_expect_problem(service, &answer, status, problem);
    free(numbers);
    return answer;
}

Test(intake_wire, more_than_the_store_could_ever_hold_is_too_large)
{
    struct primed service = primed_start("--workers=1", "--max-store=1M", "--max-digits=100000");
    expect_refused(&service, 100000, 413, "body-too-large");
    expect_nothing_kept(&service);
    work_post_lines(&service, "?wait=60", "7", 200);
    primed_stop(&service);
}

Test(intake_wire, a_full_store_refuses_and_recovers)
{
    enum { COUNT = 60000 };
    struct primed service = primed_start("--workers=1", "--max-store=1M", "--max-digits=100000");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, COUNT);
    const char *id = work_id(work_post(&service, "", &body, 202));
    for (int i = 0; i < 3; i++) {
        struct client_answer answer = expect_refused(&service, COUNT, 503, "full");
        cr_expect_not_null(client_header(&service, &answer, "Retry-After"));
    }
    client_send(&service, .method = "DELETE", .path = work_path(&service, id, ""));
    soon(&service, client_metric(&service, "primed_store_bytes") == 0);
    work_add_range(&body, 0, COUNT);
    work_post(&service, "?wait=60", &body, 200);
    primed_stop(&service);
}

/* --- slow ------------------------------------------------------------------------------------- */

Test(intake_wire, slow_bodies_hold_nobody_up)
{
    enum { COUNT = 100 };
    struct primed service = primed_start("--workers=1");
    int slow[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        slow[i] = wire_connect(&service);
        wire_print(slow[i], "POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\n"
                            "Content-Length: 4\r\n\r\n9");
    }
    for (int round = 0; round < 3; round++) {
        work_post_lines(&service, "?wait=60", "7", 200);
        for (size_t i = 0; i < COUNT; i++)
            wire_send(slow[i], &"7\n3"[round], 1);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct client_answer answer = wire_read(&service, slow[i]);
        cr_assert_eq(answer.status, 200);
        work_expect(&service, client_json(&service, &answer), "completed",
                    (struct work_counts){.prime = 2});
        close(slow[i]);
    }
    primed_stop(&service);
}
