/* Bodies with a Content-Encoding: taken, refused, slowed down, and far larger than they look. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/encode.h"
#include "tests/support/place.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(encodings, .timeout = 120);

static const struct {
    const char *header;
    void (*encode)(struct text *out, const char *bytes, size_t size);
} codings[] = {{"Content-Encoding: gzip", encode_gzip}, {"Content-Encoding: zstd", encode_zstd}};
enum { CODINGS = 2 };

static struct client_answer post(struct primed *service, const char *header, const char *type,
                                 const char *query, const struct text *body)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/batches%s", query);
    return client_send(service, .method = "POST", .path = path, .type = type, .body = body->data,
                       .size = body->length, .headers = {header});
}

/* Post the bytes under a coding, and wait until the batch has ended. */
static json_t *run(struct primed *service, size_t coding, const char *type, const void *bytes,
                   size_t size)
{
    struct text body = {.data = NULL};
    codings[coding].encode(&body, bytes, size);
    struct client_answer answer = post(service, codings[coding].header, type, "?wait=60", &body);
    cr_assert_eq(answer.status, 200, "%s: %s", type, answer.body);
    text_destroy(&body);
    return client_json(service, &answer);
}

Test(encodings, bodies_of_every_format)
{
    static const uint64_t octets[] = {2, 3, 4};
    static const struct {
        const char *type;
        const void *bytes;
        size_t size;
    } bodies[] = {
        {"application/json", "{\"numbers\": [2, 3, 4]}", 22},
        {"text/plain", "2\n3\n4\n", 6},
        {"application/octet-stream", octets, sizeof octets},
    };
    struct primed service = primed_start("--workers=1", "--store=memory");
    for (size_t c = 0; c < CODINGS; c++) {
        for (size_t b = 0; b < 3; b++) {
            json_t *batch = run(&service, c, bodies[b].type, bodies[b].bytes, bodies[b].size);
            cr_expect_eq(work_count(batch, "prime"), 2);
            cr_expect_eq(work_count(batch, "composite"), 1);
        }
    }
    primed_stop(&service);
}

Test(encodings, a_million_numbers_with_pauses_for_the_store)
{
    enum { COUNT = 1000000 };
    struct primed service = primed_start("--workers=2");
    struct text lines = {.data = NULL};
    work_add_range(&lines, 0, COUNT);
    for (size_t c = 0; c < CODINGS; c++) {
        json_t *batch = run(&service, c, "text/plain", lines.data, lines.length);
        work_expect_sieved(&service, work_id(batch), 0, COUNT);
    }
    text_destroy(&lines);
    primed_stop(&service);
}

Test(encodings, the_last_bytes_may_hold_much)
{
    /* 12 MB that become some 12 KB: they are decoded in turns, between which others are served. */
    enum { COUNT = 6000000 };
    struct primed service = primed_start("--workers=1");
    struct text lines = {.data = NULL};
    work_add_repeated(&lines, "7", COUNT);
    for (size_t c = 0; c < CODINGS; c++) {
        json_t *batch = run(&service, c, "text/plain", lines.data, lines.length);
        cr_expect_eq(work_count(batch, "prime"), COUNT);
    }
    text_destroy(&lines);
    primed_stop(&service);
}

Test(encodings, what_is_damaged_or_cut_off_is_refused_and_nothing_kept)
{
    struct primed service = primed_start("--workers=1", "--store=memory");
    for (size_t c = 0; c < CODINGS; c++) {
        struct text plain = {.data = "2\n3\n", .length = 4};
        struct client_answer answer = post(&service, codings[c].header, "text/plain", "", &plain);
        client_expect_problem(&service, &answer, 400, "malformed-encoding");

        struct text body = {.data = NULL};
        codings[c].encode(&body, plain.data, plain.length);
        body.length--;
        answer = post(&service, codings[c].header, "text/plain", "", &body);
        client_expect_problem(&service, &answer, 400, "malformed-encoding");
        cr_expect_not_null(strstr(answer.body, "ends before its end"));
        text_destroy(&body);
    }
    struct client_answer answer = post(&service, "Content-Encoding: br", "text/plain", "",
                                       &(struct text){.data = "2\n", .length = 2});
    client_expect_problem(&service, &answer, 415, "unsupported-media-type");
    cr_expect_str_eq(client_header(&service, &answer, "Accept-Encoding"), "gzip, zstd");
    cr_expect_eq(client_metric(&service, "primed_batches_accepted_total"), 0);
    cr_expect_eq(client_metric(&service, "primed_store_bytes"), 0);
    primed_stop(&service);
}

Test(encodings, a_mistake_inside_is_named_as_ever)
{
    struct primed service = primed_start("--workers=1", "--store=memory");
    struct text body = {.data = NULL};
    encode_gzip(&body, "[2, 1.5]", 8);
    struct client_answer answer = post(&service, codings[0].header, "application/json", "", &body);
    client_expect_problem(&service, &answer, 422, "invalid-batch");
    cr_expect_not_null(strstr(answer.body, "#/1"));
    text_destroy(&body);
    primed_stop(&service);
}

Test(encodings, the_limit_is_of_what_is_decoded)
{
    struct primed service = primed_start("--workers=1", "--max-body=1M");
    struct text lines = {.data = NULL};
    work_add_repeated(&lines, "1", 600000); /* 1.2 MB that become some 1,200 bytes */
    for (size_t c = 0; c < CODINGS; c++) {
        struct text body = {.data = NULL};
        codings[c].encode(&body, lines.data, lines.length);
        cr_assert_lt(body.length, 10000);
        struct client_answer answer = post(&service, codings[c].header, "text/plain", "", &body);
        client_expect_problem(&service, &answer, 413, "body-too-large");
        text_destroy(&body);
    }
    soon(&service, client_metric(&service, "primed_store_bytes") == 0);
    text_destroy(&lines);
    primed_stop(&service);
}

Test(encodings, a_repeat_may_be_encoded_otherwise)
{
    struct primed service = primed_start("--workers=1", "--store=memory");
    struct text body = {.data = NULL};
    encode_gzip(&body, "2\n3\n", 4);
    struct client_request request = {.method = "POST",
                                     .path = "/v1/batches",
                                     .type = "text/plain",
                                     .body = body.data,
                                     .size = body.length,
                                     .headers = {"Idempotency-Key: k", codings[0].header}};
    struct client_answer answer = client_call(&service, &request);
    cr_assert_eq(answer.status, 202);
    const char *id = work_id(client_json(&service, &answer));
    request.body = "2\n3\n";
    request.size = 4;
    request.headers[1] = NULL;
    answer = client_call(&service, &request);
    cr_assert_eq(answer.status, 202);
    cr_expect_str_eq(work_id(client_json(&service, &answer)), id);
    text_destroy(&body);
    primed_stop(&service);
}
