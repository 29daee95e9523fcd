/* slow_body - see slow_body.h. */
#include "tests/support/slow_body.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

struct slow_body slow_body_begin(struct primed *service, const char *query, const char *header,
                                 struct text body)
{
    cr_assert_not(body.failed);
    struct slow_body upload = {service, wire_connect(service), body, 0};
    wire_print(upload.connection,
               "POST /v1/batches%s HTTP/1.1\r\nHost: primed\r\n"
               "%s%sContent-Length: %zu\r\n\r\n",
               query, header ? header : "", header ? "\r\n" : "", body.length);
    return upload;
}

void slow_body_until(struct slow_body *upload, size_t left)
{
    size_t end = upload->body.length - left;
    wire_send(upload->connection, upload->body.data + upload->sent, end - upload->sent);
    upload->sent = end;
}

void slow_body_close(struct slow_body *upload)
{
    close(upload->connection);
    text_destroy(&upload->body);
}

struct client_answer slow_body_finish(struct slow_body *upload)
{
    slow_body_until(upload, 0);
    struct client_answer answer = wire_read(upload->service, upload->connection);
    slow_body_close(upload);
    return answer;
}

double blocks_done(struct primed *service)
{
    return client_metric(service, "primed_blocks_done_total");
}

double discarded(struct primed *service)
{
    return client_metric(service, "primed_numbers_discarded_total");
}

double verdicts(struct primed *service)
{
    static const char *const names[] = {"composite", "prime",   "probable_prime",
                                        "failed",    "timeout", "canceled"};
    double sum = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char sample[64];
        snprintf(sample, sizeof sample, "primed_numbers_total{verdict=\"%s\"}", names[i]);
        sum += client_metric(service, sample);
    }
    return sum;
}

void expect_nothing(struct primed *service)
{
    soon(service, client_metric(service, "primed_store_bytes") == 0);
    soon(service, client_metric(service, "primed_blocks{state=\"queued\"}") == 0 &&
                      client_metric(service, "primed_blocks{state=\"running\"}") == 0 &&
                      client_metric(service, "primed_blocks{state=\"done\"}") == 0);
    cr_expect_eq(client_metric(service, "primed_batches_accepted_total"), 0);
    cr_expect_eq(client_metric(service, "primed_numbers_accepted_total"), 0);
    cr_expect_eq(client_metric(service, "primed_queue_numbers"), 0);
    cr_expect_eq(client_metric(service, "primed_queue_batches"), 0);
    cr_expect_eq(verdicts(service), 0);
    struct client_answer answer = client_get(service, "/v1/batches");
    json_t *list = json_object_get(client_json(service, &answer), "batches");
    cr_expect_eq(json_array_size(list), 0);
}

struct text range_of(size_t chunks)
{
    struct text body = {.data = NULL};
    work_add_range(&body, 0, chunks * CHUNK + FEW);
    return body;
}

const char *const stores[2] = {"--store=memory", "--ttl=24h"};
