/* A request's trace is in every line of the log on it, and on the batch it made; in no other. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "traceparent: 00-" TRACE "-b7ad6b7169203331-01"

TestSuite(trace_log, .timeout = 120);

/* All that the service has logged, which it ends for; lives until primed_expect_end(). */
static const char *drain(struct primed *service)
{
    primed_signal(service, SIGTERM);
    primed_await_log(service, "drained");
    return primed_log(service);
}

/* How many lines have all three in them. */
static size_t lines_with(const char *log, const char *a, const char *b, const char *c)
{
    size_t count = 0;
    for (const char *line = log; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        count += memmem(line, length, a, strlen(a)) && memmem(line, length, b, strlen(b)) &&
                 memmem(line, length, c, strlen(c));
        if (line[length] == '\0')
            break;
    }
    return count;
}

static const char *post_numbers(struct primed *service, const char *body, const char *header)
{
    struct client_answer answer =
        client_send(service, .method = "POST", .path = "/v1/batches?wait=60", .type = "text/plain",
                    .body = body, .headers = {"X-Request-Id: req-1", header});
    cr_assert_eq(answer.status, 200);
    cr_expect_null(client_header(service, &answer, "traceresponse"));
    return work_id(client_json(service, &answer));
}

Test(trace_log, lines_of_a_request_and_its_batch_have_it_as_text)
{
    struct primed service = primed_start("--workers=1", "--log-requests=all");
    char batch[64];
    /* One number is tested by the front, some thousand by the workers. */
    snprintf(batch, sizeof batch, "batch=%s", post_numbers(&service, "97", PARENT));
    client_send(&service, .method = "GET", .path = "/v1/numbers/x", .headers = {PARENT});
    post_numbers(&service, "97", NULL);
    const char *log = drain(&service);
    cr_expect_eq(lines_with(log, "batch accepted ", batch, "id=req-1 trace_id=" TRACE), 1);
    cr_expect_eq(lines_with(log, "batch ended ", batch, "id=req-1 trace_id=" TRACE), 1);
    cr_expect_eq(lines_with(log, " request id=req-1", "status=200", " trace_id=" TRACE), 1);
    cr_expect_eq(lines_with(log, "request refused", "/v1/numbers/x", " trace_id=" TRACE), 1);
    cr_expect_eq(lines_with(log, "trace_id", "", ""), 4);
    cr_expect_eq(lines_with(log, "batch ended", "status=completed numbers=1", "id=req-1"), 2);
    primed_expect_end(&service, 0);
}

Test(trace_log, and_as_json)
{
    struct primed service =
        primed_start("--workers=1", "--log-requests=all", "--log-format=json", "--store=memory");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 100000); /* for the workers */
    text_add(&body, "", 1);
    const char *id = primed_keep(&service, strdup(post_numbers(&service, body.data, PARENT)));
    text_destroy(&body);
    const char *log = drain(&service);
    static const char trace[] = "\"id\":\"req-1\",\"trace_id\":\"" TRACE "\"}";
    cr_expect_eq(lines_with(log, "\"event\":\"batch accepted\"", id, trace), 1);
    cr_expect_eq(lines_with(log, "\"event\":\"batch ended\"", id, trace), 1);
    cr_expect_eq(
        lines_with(log, "\"event\":\"request\"", "\"status\":200", "\"trace_id\":\"" TRACE "\"}"),
        1);
    for (const char *line = log; *line; line += strcspn(line, "\n") + 1) {
        json_t *document = json_loadb(line, strcspn(line, "\n"), 0, NULL);
        cr_expect_not_null(document, "%.200s", line);
        json_decref(document);
    }
    primed_expect_end(&service, 0);
}

Test(trace_log, a_header_that_is_wrong_or_there_twice_is_none)
{
    struct primed service = primed_start("--workers=1", "--log-requests=all");
    static const char *const headers[] = {
        "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "traceparent: " TRACE,
        "traceparent;", /* there, and empty */
        PARENT "\r\nTraceParent: 00-" TRACE "-b7ad6b7169203331-00",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct client_answer answer =
            client_send(&service, .method = "GET", .path = "/healthz", .headers = {headers[i]});
        cr_expect_eq(answer.status, 200);
    }
    cr_expect_eq(lines_with(drain(&service), "trace_id", "", ""), 0);
    primed_expect_end(&service, 0);
}

Test(trace_log, by_default_only_what_was_refused_has_a_line)
{
    struct primed service = primed_start("--workers=1");
    const char *id = primed_keep(&service, strdup(post_numbers(&service, "97", PARENT)));
    client_send(&service, .method = "DELETE", .path = work_path(&service, id, ""),
                .headers = {PARENT});
    client_send(&service, .method = "GET", .path = work_path(&service, id, ""),
                .headers = {"tracestate: a=b", PARENT});
    const char *log = drain(&service);
    cr_expect_eq(lines_with(log, "request refused", "status=410", "trace_id=" TRACE), 1);
    cr_expect_eq(lines_with(log, TRACE, "", ""), 1);
    primed_expect_end(&service, 0);
}

Test(trace_log, a_batch_that_is_deleted_or_outlives_its_front_ends_once)
{
    struct primed service = primed_start("--workers=1", "--log-requests=all", "--number-timeout=0",
                                         "--max-digits=100000");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 216091);
    work_add_mersenne(&body, 216091);
    char ids[2][40];
    for (size_t i = 0; i < 2; i++) {
        struct client_answer answer =
            client_send(&service, .method = "POST", .path = "/v1/batches", .type = "text/plain",
                        .body = body.data, .size = body.length, .headers = {PARENT});
        cr_assert_eq(answer.status, 202);
        snprintf(ids[i], sizeof ids[i], "%s", work_id(client_json(&service, &answer)));
    }
    text_destroy(&body);
    client_send(&service, .method = "DELETE", .path = work_path(&service, ids[0], ""));
    /* The store writes in turn: once a later batch is accepted, the disk has the deletion. */
    work_post_lines(&service, "?wait=60", "7", 200);
    kill(primed_front(&service), SIGKILL);
    soon(&service, client_metric(&service, "primed_front_restarts_total") == 1);
    client_send(&service, .method = "DELETE", .path = work_path(&service, ids[1], ""));
    const char *log = drain(&service);
    cr_expect_eq(lines_with(log, "batch ended", ids[0], "status=canceled"), 1);
    cr_expect_eq(lines_with(log, "batch ended", ids[0], "trace_id=" TRACE), 1);
    cr_expect_eq(lines_with(log, "batch ended", ids[1], "status=canceled"), 1);
    cr_expect_eq(lines_with(log, "batch ended", ids[1], "trace_id"), 0, "known to the old front");
    primed_expect_end(&service, 0);
}
