/* Batches from POST to verdict: what comes out is right, whole and in order, whatever goes in. */
#include <criterion/criterion.h>
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/verdict.h"
#include "tests/support/work.h"

TestSuite(batches, .timeout = 120);

/* The batch as its POST answered it, ended, with its results inline. */
static json_t *post_and_wait(struct primed *service, struct text *body)
{
    return work_post(service, "?wait=60", body, 200);
}

static const json_t *result_at(const json_t *batch, size_t index)
{
    const json_t *item = json_array_get(json_object_get(batch, "results"), index);
    cr_assert_eq(json_integer_value(json_object_get(item, "index")), (json_int_t)index);
    return item;
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* --- verdicts --------------------------------------------------------------------------------- */

Test(batches, twenty_numbers_nine_primes)
{
    static const struct {
        const char *number;
        bool prime;
    } numbers[] = {
        {"2", true},
        {"142702110479723", true},
        {"299593572317531", true},
        {"3333333333333301", true},
        {"3333333333333333", false},
        {"3333335652092209", false},
        {"4444444444444423", true},
        {"4444444444444444", false},
        {"4444444488888889", false},
        {"5555553133149889", false},
        {"5555555555555503", true},
        {"5555555555555555", false},
        {"6666666666666666", false},
        {"6666666666666719", true},
        {"6666667141414921", false},
        {"7777777536340681", false},
        {"7777777777777753", true},
        {"7777777777777777", false},
        {"9999999999999917", true},
        {"9999999999999999", false},
    };
    enum { COUNT = sizeof numbers / sizeof *numbers };
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    for (size_t i = 0; i < COUNT; i++)
        work_add_repeated(&body, numbers[i].number, 1);
    json_t *batch = post_and_wait(&service, &body);
    work_expect(&service, batch, "completed", (struct work_counts){.prime = 9, .composite = 11});
    for (size_t i = 0; i < COUNT; i++) {
        const json_t *result = result_at(batch, i);
        cr_expect_str_eq(member(result, "n"), numbers[i].number);
        cr_expect_eq(json_is_true(json_object_get(result, "prime")), numbers[i].prime);
        cr_expect_str_eq(member(result, "certainty"), "proven");
        cr_expect_geq(json_number_value(json_object_get(result, "elapsed")), 0);
    }
    primed_stop(&service);
}

/* 2^bits - offset, and its successor but one. */
static void add_pair(struct text *body, mp_bitcnt_t bits, unsigned long offset)
{
    mpz_t n;
    mpz_init(n);
    mpz_setbit(n, bits);
    mpz_sub_ui(n, n, offset);
    for (int i = 0; i < 2; i++) {
        char *digits = mpz_get_str(NULL, 10, n);
        work_add_repeated(body, digits, 1);
        free(digits);
        mpz_add_ui(n, n, 2);
    }
    mpz_clear(n);
}

Test(batches, sizes_up_to_4096_bits_in_one_batch)
{
    /* The greatest primes below powers of two: 2^bits - offset. */
    static const struct {
        mp_bitcnt_t bits;
        unsigned long offset;
    } primes[] = {{8, 5},   {31, 1},   {33, 9},    {63, 25},     {64, 59},    {65, 49},
                  {127, 1}, {129, 25}, {512, 569}, {2048, 1557}, {4096, 2549}};
    enum { SIZES = sizeof primes / sizeof *primes };
    struct text body = {.data = NULL};
    for (size_t i = 0; i < SIZES; i++)
        add_pair(&body, primes[i].bits, primes[i].offset);
    char *numbers = strndup(body.data, body.length);

    struct primed service = primed_start("--workers=2");
    json_t *batch = post_and_wait(&service, &body);
    mpz_t n;
    mpz_init(n);
    size_t index = 0;
    for (char *line = strtok(numbers, "\n"); line; line = strtok(NULL, "\n"), index++) {
        const json_t *result = result_at(batch, index);
        mpz_set_str(n, line, 10);
        bool prime = index % 2 == 0;
        cr_assert_eq(mpz_probab_prime_p(n, 25) != 0, prime);
        cr_expect_str_eq(member(result, "n"), line);
        cr_expect_eq(json_is_true(json_object_get(result, "prime")), prime, "%s", line);
        if (!prime || mpz_sizeinbase(n, 2) <= 64)
            cr_expect_str_eq(member(result, "certainty"), "proven", "%s", line);
    }
    cr_expect_eq(index, 2 * SIZES);
    cr_expect_eq(work_count(batch, "total"), (int64_t)index);
    mpz_clear(n);
    free(numbers);
    primed_stop(&service);
}

Test(batches, zero_one_negatives_and_duplicates)
{
    struct primed service = primed_start("--workers=2");
    static const char *const canonical[] = {"0",
                                            "1",
                                            "-1",
                                            "-2",
                                            "-7",
                                            "0",
                                            "7",
                                            "7",
                                            "7",
                                            "2",
                                            "-170141183460469231731687303715884105727"};
    enum { COUNT = sizeof canonical / sizeof *canonical };
    json_t *batch = work_post_lines(&service, "?wait=60",
                                    "0\n1\n-1\n-2\n-7\n-0\n7\n007\n7\n2\n"
                                    "-170141183460469231731687303715884105727\n",
                                    200);
    work_expect(&service, batch, "completed", (struct work_counts){.prime = 4, .composite = 7});
    for (size_t i = 0; i < COUNT; i++)
        cr_expect_str_eq(member(result_at(batch, i), "n"), canonical[i]);
    primed_stop(&service);
}

Test(batches, empty_and_one_element)
{
    struct primed service = primed_start("--workers=2");
    json_t *empty = work_post_lines(&service, "", "", 202);
    work_expect(&service, empty, "completed", (struct work_counts){0});
    cr_expect_eq(json_number_value(json_object_get(empty, "progress")), 1);
    work_verdicts(&service, work_id(empty), 0);
    empty = work_post_lines(&service, "?wait=60", "", 200);
    cr_expect_eq(json_array_size(json_object_get(empty, "results")), 0);

    json_t *one = work_post_lines(&service, "?wait=60", "97", 200);
    work_expect(&service, one, "completed", (struct work_counts){.prime = 1});
    cr_expect_eq(work_verdicts(&service, work_id(one), 1)[0], VERDICT_PRIME);
    primed_stop(&service);
}

Test(batches, every_content_type_says_the_same)
{
    static const struct {
        const char *type;
        const char *body;
        size_t size;
    } bodies[] = {
        {"application/json", "{\"numbers\":[2,\"97\",91,4]}", 0},
        {"application/json", "[2,97,91,\"4\"]", 0},
        {"application/x-ndjson", "2\n\"97\"\n91\n4\n", 0},
        {"text/plain; charset=utf-8", "2\r\n97\r\n91\r\n4", 0},
        {"application/x-www-form-urlencoded", "2\n97\n91\n4\n", 0},
        {NULL, "[2,97,91,4]", 0},
        {"application/octet-stream",
         "\2\0\0\0\0\0\0\0\x61\0\0\0\0\0\0\0\x5b\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0", 32},
    };
    struct primed service = primed_start("--workers=2");
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct client_answer answer =
            client_send(&service, .method = "POST", .path = "/v1/batches?wait=60",
                        .type = bodies[i].type, .body = bodies[i].body, .size = bodies[i].size);
        cr_assert_eq(answer.status, 200, "%zu: %s", i, answer.body);
        json_t *batch = client_json(&service, &answer);
        work_expect(&service, batch, "completed", (struct work_counts){.prime = 2, .composite = 2});
        const uint8_t *verdicts = work_verdicts(&service, work_id(batch), 4);
        cr_expect(memcmp(verdicts, "\1\1\0\0", 4) == 0);
    }
    primed_stop(&service);
}

/* --- waiting ---------------------------------------------------------------------------------- */

Test(batches, a_wait_that_is_too_short_answers_with_the_batch_as_it_is)
{
    struct primed service = primed_start("--workers=1", "--max-digits=100000");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 86243);
    json_t *batch = work_post(&service, "?wait=0", &body, 202);
    struct client_answer answer =
        client_send(&service, .method = "GET", .path = work_path(&service, work_id(batch), ""),
                    .headers = {"Prefer: respond-async, wait=1"});
    cr_expect_eq(answer.status, 200);
    cr_expect_str_eq(client_header(&service, &answer, "Preference-Applied"), "wait");
    cr_expect_str_eq(work_status(client_json(&service, &answer)), "running");
    client_send(&service, .method = "DELETE", .path = work_path(&service, work_id(batch), ""));
    primed_stop(&service);
}

/* --- lists ------------------------------------------------------------------------------------ */

Test(batches, the_list_is_newest_first_and_pages_neither_skip_nor_repeat)
{
    enum { COUNT = 25 };
    struct primed service = primed_start("--workers=2");
    const char *ids[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        ids[i] = work_id(work_post_lines(&service, "?wait=60", "7", 200));

    size_t seen = 0;
    const char *next = "/v1/batches?limit=4&status=completed";
    while (next) {
        struct client_answer answer = client_get(&service, next);
        cr_assert_eq(answer.status, 200);
        const json_t *page = client_json(&service, &answer);
        const json_t *batch;
        size_t i;
        json_array_foreach(json_object_get(page, "batches"), i, batch)
        {
            cr_assert_lt(seen, COUNT);
            seen++;
            cr_expect_str_eq(work_id(batch), ids[COUNT - seen]);
        }
        next = member(page, "next");
        cr_expect_eq(client_header(&service, &answer, "Link") != NULL, next != NULL);
        if (seen == 8) { /* the one the cursor names goes, and the one that was to come next */
            for (size_t back = 8; back <= 9; back++)
                client_send(&service, .method = "DELETE",
                            .path = work_path(&service, ids[COUNT - back], ""));
            seen++;
        }
    }
    cr_expect_eq(seen, COUNT);
    struct client_answer answer = client_get(&service, "/v1/batches?status=running");
    cr_expect_eq(json_array_size(json_object_get(client_json(&service, &answer), "batches")), 0);
    primed_stop(&service);
}

/* --- fairness --------------------------------------------------------------------------------- */

Test(batches, a_small_batch_does_not_wait_behind_a_big_one)
{
    enum { COUNT = 4000 };
    struct primed service = primed_start("--workers=1");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 2203);
    char *prime = strndup(body.data, body.length - 1);
    text_destroy(&body);
    work_add_repeated(&body, prime, COUNT);
    free(prime);
    const char *big = work_id(work_post(&service, "", &body, 202));
    work_await_progress(&service, big, 1);
    for (int i = 0; i < 5; i++)
        work_post_lines(&service, "?wait=60", "2\n3\n5\n7\n", 200);
    json_t *batch = work_get(&service, big);
    cr_expect_str_eq(work_status(batch), "running");
    cr_expect_gt(work_count(batch, "pending"), COUNT / 2);
    client_send(&service, .method = "DELETE", .path = work_path(&service, big, ""));
    primed_stop(&service);
}
