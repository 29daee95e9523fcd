/* Results: whole, in order and once each, in every format, by pages and by streams. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/work.h"

TestSuite(results, .timeout = 120);

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

enum { MILLION = 1000000, PRIMES_BELOW_MILLION = 78498 };

/* Read `index` and `n` of a line; whether it says prime. */
typedef bool line_reader(const char *line, size_t *index, size_t *n);

static bool read_ndjson(const char *line, size_t *index, size_t *n)
{
    char prime[8];
    cr_assert_eq(sscanf(line, "{\"index\":%zu,\"n\":\"%zu\",\"prime\":%7[a-z],", index, n, prime),
                 3);
    return strcmp(prime, "true") == 0;
}

static bool read_csv(const char *line, size_t *index, size_t *n)
{
    char prime[8];
    cr_assert_eq(sscanf(line, "%zu,%zu,%7[a-z],proven,", index, n, prime), 3);
    return strcmp(prime, "true") == 0;
}

static bool read_table(const char *line, size_t *index, size_t *n)
{
    (void)index;
    int length;
    cr_assert_eq(sscanf(line, "%zu%n", n, &length), 1);
    return line[length + 2] == 'P';
}

static void expect_lines(struct primed *service, const char *id, const char *format,
                         line_reader *reader, const bool *prime)
{
    char query[64];
    snprintf(query, sizeof query, "/results?format=%s", format);
    struct client_answer answer = client_get(service, work_path(service, id, query));
    cr_assert_eq(answer.status, 200);
    const char *line = answer.body;
    if (reader == read_csv)
        line = strchr(line, '\n') + 1;
    for (size_t i = 0; i < MILLION; i++, line = strchr(line, '\n') + 1) {
        size_t index = i, n;
        char copy[128]; /* sscanf() measures all that is behind it, each time */
        snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
        bool is_prime = reader(copy, &index, &n);
        if (index != i || n != i || is_prime != prime[i])
            primed_fail(service, "%s, line %zu: %.100s", format, i, line);
    }
    cr_expect_eq(*line, '\0', "%s: %.100s", format, line);
}

static void expect_pages(struct primed *service, const char *id, const bool *prime)
{
    const char *next = work_path(service, id, "/results?limit=10000");
    size_t index = 0;
    while (next) {
        struct client_answer answer = client_get(service, next);
        const json_t *page = client_json(service, &answer);
        const json_t *item;
        size_t i;
        json_array_foreach(json_object_get(page, "results"), i, item)
        {
            cr_assert_eq(json_integer_value(json_object_get(item, "index")), (json_int_t)index);
            cr_assert_eq(json_is_true(json_object_get(item, "prime")), prime[index]);
            index++;
        }
        cr_expect(json_is_true(json_object_get(page, "complete")));
        next = member(page, "next");
    }
    cr_expect_eq(index, MILLION);
}

Test(results, a_million_numbers_in_every_format)
{
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, MILLION);
    json_t *batch = work_post(&service, "?wait=60", &body, 200);
    work_expect(&service, batch, "completed",
                (struct work_counts){.prime = PRIMES_BELOW_MILLION,
                                     .composite = MILLION - PRIMES_BELOW_MILLION});
    cr_expect_null(json_object_get(batch, "results"));

    const char *id = work_id(batch);
    bool *prime = work_sieve(MILLION);
    work_expect_sieved(&service, id, 0, MILLION);
    expect_lines(&service, id, "ndjson", read_ndjson, prime);
    expect_lines(&service, id, "csv", read_csv, prime);
    expect_lines(&service, id, "text", read_table, prime);
    expect_pages(&service, id, prime);
    free(prime);
    primed_stop(&service);
}

Test(results, a_stream_follows_a_running_batch_to_its_end)
{
    enum { COUNT = 200000 };
    struct primed service = primed_start("--workers=1");
    struct text body = {.data = NULL};
    work_add_range(&body, UINT64_C(1) << 40, COUNT);
    json_t *batch = work_post(&service, "", &body, 202);
    work_verdicts(&service, work_id(batch), COUNT);
    cr_expect_str_eq(work_status(work_get(&service, work_id(batch))), "completed");
    primed_stop(&service);
}

Test(results, only_and_after_and_limit)
{
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 100);
    json_t *batch = work_post(&service, "?wait=60", &body, 200);
    const char *id = work_id(batch);
    struct client_answer answer = client_get(
        &service, work_path(&service, id, "/results?only=prime&after=10&limit=3&format=csv"));
    const char *line = answer.body;
    size_t found[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        line = strchr(line, '\n') + 1;
        if (*line == '\0')
            break;
        found[i] = strtoul(line, NULL, 10);
    }
    cr_expect(found[0] == 11 && found[1] == 13 && found[2] == 17 && found[3] == 0);

    answer = client_get(&service, work_path(&service, id, "/results?only=composite&limit=70"));
    const json_t *page = client_json(&service, &answer);
    cr_expect_eq(json_array_size(json_object_get(page, "results")), 70);
    answer = client_get(&service, member(page, "next"));
    page = client_json(&service, &answer);
    cr_expect_eq(json_array_size(json_object_get(page, "results")), 5);
    cr_expect(json_is_null(json_object_get(page, "next")));
    answer = client_get(&service, work_path(&service, id, "/results?only=failed"));
    cr_expect_eq(json_array_size(json_object_get(client_json(&service, &answer), "results")), 0);
    primed_stop(&service);
}
