/* Idempotency-Key: however often a request is sent, and whatever dies meanwhile, it is one batch. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/forked.h"
#include "tests/support/place.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(idempotency, .timeout = 240);

/* --- tools ------------------------------------------------------------------------------------ */

/* Post lines under a key. */
static struct client_answer post(struct primed *service, const char *query, const char *key,
                                 const char *lines)
{
    char path[64];
    char header[128];
    snprintf(path, sizeof path, "/v1/batches%s", query);
    snprintf(header, sizeof header, "Idempotency-Key: %s", key);
    return client_send(service, .method = "POST", .path = path, .type = "text/plain", .body = lines,
                       .headers = {header});
}

static bool is_replay(struct primed *service, const struct client_answer *answer)
{
    return client_header(service, answer, "Idempotency-Replayed") != NULL;
}

/* The id of the batch that was accepted, now or, if it is a replay, before. */
static const char *expect_batch(struct primed *service, const struct client_answer *answer,
                                bool replay)
{
    if (answer->status != 202 && answer->status != 200)
        primed_fail(service, "status %ld: %.300s", answer->status, answer->body);
    cr_expect_eq(is_replay(service, answer), replay);
    const char *id = work_id(client_json(service, answer));
    cr_expect_str_eq(client_header(service, answer, "Location"), work_path(service, id, ""));
    return id;
}

static void expect_busy(struct primed *service, const struct client_answer *answer)
{
    client_expect_problem(service, answer, 409, "key-busy");
    cr_expect_not_null(client_header(service, answer, "Retry-After"));
}

static void expect_accepted(struct primed *service, double batches)
{
    cr_expect_eq(client_metric(service, "primed_batches_accepted_total"), batches);
}

/*
 * Begin a request under a key, of a body of `size` octets (0: in chunks), and wait until the service
 * has its headers. The connection.
 */
static int begin(struct primed *service, const char *key, size_t size)
{
    int connection = wire_connect(service);
    char length[64] = "Transfer-Encoding: chunked";
    if (size > 0)
        snprintf(length, sizeof length, "Content-Length: %zu", size);
    wire_print(connection,
               "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n%s\r\n"
               "Idempotency-Key: %s\r\nExpect: 100-continue\r\n\r\n",
               length, key);
    wire_read_until(service, connection, "100 Continue\r\n\r\n");
    return connection;
}

/* --- repeats ---------------------------------------------------------------------------------- */

/* In every format, in one piece and in chunks, with a wait and without. */
static void check_repeats(struct primed *service)
{
    static const struct {
        const char *type;
        const char *body;
        size_t size;
    } bodies[] = {
        {"application/json", "{\"numbers\":[2,\"97\",91,4],\"metadata\":{\"a\":1}}", 0},
        {"application/json", "[2,97,91,\"4\"]", 0},
        {"application/x-ndjson", "2\n\"97\"\n91\n4\n", 0},
        {"text/plain", "2\r\n97\r\n91\r\n4", 0},
        {NULL, "[2,97,91,4]", 0},
        {"application/octet-stream",
         "\2\0\0\0\0\0\0\0\x61\0\0\0\0\0\0\0\x5b\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0", 32},
    };
    enum { BODIES = sizeof bodies / sizeof *bodies };
    for (size_t i = 0; i < BODIES; i++) {
        char key[64];
        snprintf(key, sizeof key, "Idempotency-Key: key-%zu", i);
        struct client_request request = {.method = "POST",
                                         .path = "/v1/batches",
                                         .type = bodies[i].type,
                                         .body = bodies[i].body,
                                         .size = bodies[i].size,
                                         .headers = {key}};
        struct client_answer answer = client_call(service, &request);
        cr_expect_eq(answer.status, 202);
        const char *id = expect_batch(service, &answer, false);
        request.chunked = true;
        request.headers[1] = "Prefer: wait=60";
        answer = client_call(service, &request);
        cr_expect_eq(answer.status, 200);
        cr_expect_str_eq(expect_batch(service, &answer, true), id);
        json_t *batch = client_json(service, &answer);
        work_expect(service, batch, "completed", (struct work_counts){.prime = 2, .composite = 2});
        cr_expect_eq(json_array_size(json_object_get(batch, "results")), 4);
        request.headers[1] = NULL;
        answer = client_call(service, &request);
        cr_expect_eq(answer.status, 202);
        cr_expect_str_eq(expect_batch(service, &answer, true), id);
    }
    expect_accepted(service, BODIES);
    cr_expect_eq(client_metric(service, "primed_batches_repeated_total"), 2 * BODIES);
}

Test(idempotency, repeats_of_every_format_on_disk)
{
    struct primed service = primed_start("--workers=2");
    check_repeats(&service);
    primed_stop(&service);
}

Test(idempotency, repeats_of_every_format_in_memory)
{
    struct primed service = primed_start("--workers=2", "--store=memory");
    check_repeats(&service);
    primed_stop(&service);
}

Test(idempotency, the_numbers_of_a_repeat_are_not_stored)
{
    enum { COUNT = 1000000 };
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag, "--max-store=20M");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, COUNT);
    struct client_request request = {.method = "POST",
                                     .path = "/v1/batches?wait=60",
                                     .type = "text/plain",
                                     .body = body.data,
                                     .size = body.length,
                                     .headers = {"Idempotency-Key: big"}};
    struct client_answer answer = client_call(&service, &request);
    const char *id = expect_batch(&service, &answer, false);

    request.headers[0] = "Idempotency-Key: another";
    answer = client_call(&service, &request);
    client_expect_problem(&service, &answer, 503, "full");
    /* The store writes in turn: once a later batch is there, so is what is left to purge. */
    answer = post(&service, "?wait=60", "small", "7");
    expect_batch(&service, &answer, false);
    soon(&service, place_count_rows(&place, "purge") == 0);
    double bytes = client_metric(&service, "primed_store_bytes");
    int64_t rows = place_count_rows(&place, "numbers");

    int connection = begin(&service, "big", body.length);
    wire_send(connection, body.data, body.length - 1);
    cr_expect_eq(client_metric(&service, "primed_store_bytes"), bytes);
    wire_send(connection, body.data + body.length - 1, 1);
    answer = wire_read(&service, connection);
    cr_expect_str_eq(expect_batch(&service, &answer, true), id);
    close(connection);
    cr_expect_eq(client_metric(&service, "primed_store_bytes"), bytes);
    cr_expect_eq(place_count_rows(&place, "numbers"), rows);
    work_expect_sieved(&service, id, 0, COUNT);
    text_destroy(&body);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(idempotency, sixteen_clients_and_one_key)
{
    enum { CLIENTS = 16, COUNT = 50000 };
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, COUNT);
    int clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = wire_connect(&service);
        wire_print(clients[i],
                   "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                   "Content-Length: %zu\r\nIdempotency-Key: k\r\n\r\n",
                   body.length);
    }
    for (int i = 0; i < CLIENTS; i++)
        wire_send(clients[i], body.data, body.length);
    const char *id = NULL;
    for (int i = 0; i < CLIENTS; i++) {
        struct client_answer answer = wire_read(&service, clients[i]);
        if (answer.status == 409)
            expect_busy(&service, &answer);
        else if (!is_replay(&service, &answer)) {
            cr_expect_null(id, "a second batch");
            id = expect_batch(&service, &answer, false);
        }
        close(clients[i]);
    }
    cr_assert_not_null(id);
    char *lines = strndup(body.data, body.length);
    struct client_answer answer = post(&service, "", "k", lines);
    cr_expect_str_eq(expect_batch(&service, &answer, true), id);
    free(lines);
    text_destroy(&body);
    expect_accepted(&service, 1);
    work_expect_sieved(&service, work_id(work_await(&service, id)), 0, COUNT);
    primed_stop(&service);
}

/* --- the key is free -------------------------------------------------------------------------- */

Test(idempotency, a_client_that_leaves_in_the_middle_frees_the_key)
{
    struct primed service = primed_start("--workers=1", "--idle-timeout=1s");
    const struct linger reset = {.l_onoff = 1};
    for (int way = 0; way < 4; way++) {
        char key[16];
        snprintf(key, sizeof key, "key-%d", way);
        int connection = begin(&service, key, way % 2 ? 100 : 0);
        wire_print(connection, way % 2 ? "2\n3\n" : "4\r\n2\n3\n\r\n");
        struct client_answer answer = post(&service, "", key, "2\n3\n");
        expect_busy(&service, &answer);
        if (way / 2)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(connection);
        soon(&service, (answer = post(&service, "", key, "2\n3\n")).status != 409);
        expect_batch(&service, &answer, false);
    }
    expect_accepted(&service, 4);
    primed_stop(&service);
}

Test(idempotency, a_batch_deleted_while_it_is_repeated)
{
    struct primed service = primed_start("--workers=1");
    struct client_answer answer = post(&service, "?wait=60", "k", "2\n3\n");
    char path[64];
    snprintf(path, sizeof path, "%s", client_header(&service, &answer, "Location"));
    int connection = begin(&service, "k", 4);
    wire_print(connection, "2\n");
    client_send(&service, .method = "DELETE", .path = path);
    wire_print(connection, "3\n");
    answer = wire_read(&service, connection);
    expect_busy(&service, &answer);
    close(connection);
    answer = post(&service, "", "k", "2\n3\n");
    expect_batch(&service, &answer, false);
    primed_stop(&service);
}

Test(idempotency, a_batch_that_has_expired_frees_the_key)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", "--ttl=1s", place.flag);
    struct client_answer answer = post(&service, "?wait=60", "k", "2\n3\n");
    const char *first = expect_batch(&service, &answer, false);
    soon(&service, (answer = post(&service, "", "k", "5\n")).status != 422);
    cr_expect_str_neq(expect_batch(&service, &answer, false), first);
    expect_accepted(&service, 2);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

/* --- deaths ----------------------------------------------------------------------------------- */

/*
 * What a client has done, shared with it: for each key in turn it posts two numbers of its own. It
 * stops when told to, or when a request fails; if it persists, it sends that again until it does
 * not.
 */
enum { KEYS_MAX = 4000 };
struct journal {
    char address[64];
    bool persists;
    _Atomic bool stop;
    _Atomic size_t tried;    /* keys that were used */
    _Atomic size_t accepted; /* keys the client knows the batch of */
    char ids[KEYS_MAX][40];
};

static struct journal *new_journal(const struct primed *service, bool persists)
{
    struct journal *journal =
        mmap(NULL, sizeof *journal, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(journal, MAP_FAILED);
    snprintf(journal->address, sizeof journal->address, "%s", service->address);
    journal->persists = persists;
    return journal;
}

/* The batch of a key; `number` tells the keys of one test from one another. */
static struct client_answer post_number(struct primed *service, size_t number)
{
    char key[32];
    char lines[64];
    snprintf(key, sizeof key, "\"number %zu\"", number);
    snprintf(lines, sizeof lines, "%zu\n%zu\n", 2 * number, 2 * number + 1);
    return post(service, "", key, lines);
}

/* The client, in a process of its own. */
static int keep_posting(void *data)
{
    struct journal *journal = data;
    struct primed service = {.curl = curl_easy_init(), .documents = json_array()};
    strcpy(service.address, journal->address);
    while (!journal->stop && journal->tried < KEYS_MAX) {
        size_t number = journal->tried++;
        struct client_answer answer;
        do {
            answer = post_number(&service, number);
            if (answer.status != 202 && (journal->stop || !journal->persists))
                return 0;
        } while (answer.status != 202);
        snprintf(journal->ids[number], sizeof journal->ids[number], "%.36s",
                 strstr(answer.body, "\"id\":\"") + strlen("\"id\":\""));
        journal->accepted++;
    }
    return 0;
}

/* Repeat all that the client has sent: what it was told of is there, and nothing else is. */
static void expect_journal(struct primed *service, const struct place *place,
                           const struct journal *journal)
{
    for (size_t number = 0; number < journal->tried; number++) {
        struct client_answer answer = post_number(service, number);
        bool is_known = number < journal->accepted || is_replay(service, &answer);
        const char *id = expect_batch(service, &answer, is_known);
        if (number < journal->accepted)
            cr_expect_str_eq(id, journal->ids[number]);
        answer = post_number(service, number);
        cr_expect_str_eq(expect_batch(service, &answer, true), id);
        if (number % 8 == 0)
            work_expect_sieved(service, work_id(work_await(service, id)), 2 * number, 2);
    }
    cr_expect_eq(place_count_rows(place, "batches"), (int64_t)journal->tried);
}

Test(idempotency, repeated_after_everything_was_killed)
{
    enum { ROUNDS = 5 };
    for (int round = 0; round < ROUNDS; round++) {
        struct place place = place_make();
        struct primed service = primed_start("--workers=2", place.flag);
        struct journal *journal = new_journal(&service, false);
        pid_t client = forked_start(keep_posting, journal);
        soon(&service, journal->accepted > (size_t)round);
        usleep((useconds_t)(7000 * round)); /* nothing is awaited: a later moment each time */
        primed_kill_all(&service);
        cr_expect_eq(forked_wait(client), 0);
        service = primed_start("--workers=2", place.flag);
        expect_journal(&service, &place, journal);
        primed_kill_all(&service);
        service = primed_start("--workers=2", place.flag);
        expect_journal(&service, &place, journal);
        primed_stop(&service);
        munmap(journal, sizeof *journal);
        primed_remove_directory(place.path);
    }
}

Test(idempotency, a_client_persists_while_the_front_dies_again_and_again)
{
    enum { DEATHS = 8 };
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct journal *journal = new_journal(&service, true);
    pid_t client = forked_start(keep_posting, journal);
    for (int i = 0; i < DEATHS; i++) {
        size_t accepted = journal->accepted;
        soon(&service, journal->accepted > accepted + 2);
        usleep((useconds_t)(1000 * i)); /* likewise */
        pid_t front = primed_front(&service);
        kill(front, SIGKILL);
        soon(&service, !primed_is_alive(front));
    }
    journal->stop = true;
    cr_expect_eq(forked_wait(client), 0);
    soon(&service, client_get(&service, "/readyz").status == 200);
    expect_journal(&service, &place, journal);
    cr_expect_eq(client_metric(&service, "primed_front_restarts_total"), DEATHS);
    primed_stop(&service);
    munmap(journal, sizeof *journal);
    primed_remove_directory(place.path);
}

Test(idempotency, an_upload_cut_off_by_death_leaves_the_key_free)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=1", place.flag);
    int connection = begin(&service, "k", 4);
    wire_print(connection, "2\n");
    primed_kill_all(&service);
    close(connection);
    service = primed_start("--workers=1", place.flag);
    struct client_answer answer = post(&service, "", "k", "2\n3\n");
    expect_batch(&service, &answer, false);
    primed_stop(&service);
    primed_remove_directory(place.path);
}
