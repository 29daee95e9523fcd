/* work - bodies, batch documents, verdicts. See work.h. */
#include "tests/support/work.h"

#include <criterion/criterion.h>
#include <gmp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- bodies ----------------------------------------------------------------------------------- */

void work_add_range(struct text *body, uint64_t first, size_t count)
{
    for (uint64_t n = first; n < first + count; n++)
        text_printf(body, "%" PRIu64 "\n", n);
}

void work_add_repeated(struct text *body, const char *number, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add_string(body, number);
        text_add_string(body, "\n");
    }
}

void work_add_mersenne(struct text *body, unsigned exponent)
{
    mpz_t n;
    mpz_init(n);
    mpz_ui_pow_ui(n, 2, exponent);
    mpz_sub_ui(n, n, 1);
    char *digits = mpz_get_str(NULL, 10, n);
    text_add_string(body, digits);
    text_add_string(body, "\n");
    free(digits);
    mpz_clear(n);
}

/* --- batches ---------------------------------------------------------------------------------- */

json_t *work_post(struct primed *service, const char *query, struct text *body, long status)
{
    char path[256];
    snprintf(path, sizeof path, "/v1/batches%s", query);
    struct client_answer answer =
        client_send(service, .method = "POST", .path = path, .type = "text/plain",
                    .body = body->data ? body->data : "", .size = body->length);
    text_destroy(body);
    if (answer.status != status)
        primed_fail(service, "status %ld, not %ld: %.200s", answer.status, status, answer.body);
    return client_json(service, &answer);
}

json_t *work_post_lines(struct primed *service, const char *query, const char *lines, long status)
{
    struct text body = {.data = NULL};
    text_add_string(&body, lines);
    return work_post(service, query, &body, status);
}

static const char *string_of(const json_t *batch, const char *name)
{
    const char *value = json_string_value(json_object_get(batch, name));
    cr_assert_not_null(value);
    return value;
}

const char *work_id(const json_t *batch)
{
    return string_of(batch, "id");
}

const char *work_status(const json_t *batch)
{
    return string_of(batch, "status");
}

int64_t work_count(const json_t *batch, const char *name)
{
    const json_t *count = json_object_get(json_object_get(batch, "counts"), name);
    cr_assert(json_is_integer(count));
    return json_integer_value(count);
}

const char *work_path(struct primed *service, const char *id, const char *rest)
{
    size_t size = strlen("/v1/batches/") + strlen(id) + strlen(rest) + 1;
    char *path = primed_keep(service, malloc(size));
    snprintf(path, size, "/v1/batches/%s%s", id, rest);
    return path;
}

static json_t *get_batch(struct primed *service, const char *id, const char *query)
{
    struct client_answer answer = client_get(service, work_path(service, id, query));
    if (answer.status != 200)
        primed_fail(service, "status %ld: %.200s", answer.status, answer.body);
    json_t *batch = client_json(service, &answer);
    cr_assert_eq(work_count(batch, "pending") + work_count(batch, "prime") +
                     work_count(batch, "composite") + work_count(batch, "failed") +
                     work_count(batch, "canceled"),
                 work_count(batch, "total"));
    return batch;
}

json_t *work_get(struct primed *service, const char *id)
{
    return get_batch(service, id, "");
}

static bool has_ended(const json_t *batch)
{
    const char *status = work_status(batch);
    return strcmp(status, "completed") == 0 || strcmp(status, "canceled") == 0;
}

json_t *work_await(struct primed *service, const char *id)
{
    json_t *batch;
    soon(service, has_ended(batch = get_batch(service, id, "?wait=30")));
    return batch;
}

json_t *work_await_progress(struct primed *service, const char *id, int64_t finished)
{
    json_t *batch;
    soon(service, has_ended(batch = work_get(service, id)) ||
                      work_count(batch, "total") - work_count(batch, "pending") >= finished);
    return batch;
}

void work_expect(struct primed *service, const json_t *batch, const char *status,
                 struct work_counts counts)
{
    if (strcmp(work_status(batch), status) != 0 || work_count(batch, "prime") != counts.prime ||
        work_count(batch, "composite") != counts.composite ||
        work_count(batch, "failed") != counts.failed ||
        work_count(batch, "canceled") != counts.canceled || work_count(batch, "pending") != 0) {
        char *text = primed_keep(service, json_dumps(batch, 0));
        primed_fail(service, "not as expected: %.1000s", text);
    }
}

const uint8_t *work_verdicts(struct primed *service, const char *id, size_t count)
{
    struct client_answer answer =
        client_get(service, work_path(service, id, "/results?format=octets"));
    cr_assert_eq(answer.status, 200);
    cr_assert_eq(answer.size, count, "%zu verdicts of %zu", answer.size, count);
    return (const uint8_t *)answer.body;
}

/* --- truth ------------------------------------------------------------------------------------ */

bool *work_sieve(size_t count)
{
    bool *prime = malloc(count);
    for (size_t n = 0; n < count; n++)
        prime[n] = n >= 2;
    for (size_t p = 2; p * p < count; p++)
        for (size_t multiple = p * p; prime[p] && multiple < count; multiple += p)
            prime[multiple] = false;
    return prime;
}

void work_expect_sieved(struct primed *service, const char *id, size_t first, size_t count)
{
    bool *prime = work_sieve(first + count);
    const uint8_t *verdicts = work_verdicts(service, id, count);
    for (size_t i = 0; i < count; i++)
        if (verdicts[i] != prime[first + i])
            primed_fail(service, "the verdict of %zu is %u", first + i, verdicts[i]);
    free(prime);
}
