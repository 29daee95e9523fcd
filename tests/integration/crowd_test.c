/*
 * A crowd that does everything at once, while workers die and are replaced: no answer is odd, none
 * is missing.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(crowd, .timeout = 120);

enum { CLIENTS = 60, ROUNDS = 30 };

/* What the clients do in turn; %s is the id of a batch others may be canceling or deleting. */
static const struct {
    const char *request; /* up to the end of its line */
    const char *body;
    long right[3]; /* statuses */
} actions[] = {
    {"POST /v1/batches?wait=30", "2\n3\n18446744073709551557\n4\n", {200}},
    {"POST /v1/batches", "[9999999999999917,170141183460469231731687303715884105727]", {202}},
    {"POST /v1/batches", "", {202}},
    {"POST /v1/batches", "[1,2,", {400}},
    {"GET /v1/batches/%s?wait=1", NULL, {200, 410}},
    {"GET /v1/batches/%s/results?format=csv", NULL, {200, 410}},
    {"GET /v1/batches/%s/results?limit=2&only=prime", NULL, {200, 410}},
    {"GET /v1/batches/%s/events", NULL, {200, 410}},
    {"POST /v1/batches/%s/cancel", "", {200, 202, 410}},
    {"DELETE /v1/batches/%s", NULL, {204, 410}},
    {"GET /v1/batches?limit=5", NULL, {200}},
    {"GET /v1/numbers/170141183460469231731687303715884105727", NULL, {200}},
    {"GET /v1/numbers/97", NULL, {200}},
    {"GET /metrics", NULL, {200}},
    {"GET /readyz", NULL, {200, 503}},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

static void ask(int connection, size_t action, const char *id)
{
    char line[256];
    const char *hole = strstr(actions[action].request, "%s");
    snprintf(line, sizeof line, "%.*s%s%s",
             hole ? (int)(hole - actions[action].request) : (int)strlen(actions[action].request),
             actions[action].request, hole ? id : "", hole ? hole + 2 : "");
    wire_print(connection, "%s HTTP/1.1\r\nHost: x\r\n", line);
    if (actions[action].body)
        wire_print(connection, "Content-Length: %zu\r\n\r\n%s", strlen(actions[action].body),
                   actions[action].body);
    else
        wire_print(connection, "\r\n");
}

static bool is_right(size_t action, long status)
{
    for (size_t i = 0; i < sizeof actions[action].right / sizeof *actions[action].right; i++)
        if (status != 0 && actions[action].right[i] == status)
            return true;
    return false;
}

Test(crowd, everything_at_once)
{
    enum { COUNT = 300000 };
    struct primed service = primed_start("--workers=3");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, COUNT);
    const char *big = work_id(work_post(&service, "", &body, 202));
    const char *id = work_id(work_post_lines(&service, "", "7", 202));
    int clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = wire_connect(&service);

    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CLIENTS; i++)
            ask(clients[i], (i + round) % ACTIONS, id);
        if (round % 4 == 1)
            primed_signal(&service, SIGHUP);
        struct primed_workers workers = primed_workers(&service);
        if (round % 4 == 3 && workers.count > 0)
            kill(workers.pids[round % workers.count], SIGKILL);
        for (size_t i = 0; i < CLIENTS; i++) {
            size_t action = (i + round) % ACTIONS;
            struct client_answer answer = wire_read(&service, clients[i]);
            /* The stream of a batch that is deleted breaks off, and the connection with it. */
            bool broken = answer.status == 0 && strncmp(answer.headers, "HTTP/1.1 200", 12) == 0;
            if (!broken && !is_right(action, answer.status))
                primed_fail(&service, "%s: %ld %.300s", actions[action].request, answer.status,
                            answer.body);
            if (broken) {
                close(clients[i]);
                clients[i] = wire_connect(&service);
            }
            const char *made = client_header(&service, &answer, "Location");
            if (made)
                id = made + strlen("/v1/batches/");
        }
    }
    for (size_t i = 0; i < CLIENTS; i++)
        close(clients[i]);
    work_expect_sieved(&service, big, 0, COUNT);
    soon(&service, client_metric(&service, "primed_queue_numbers") == 0);
    soon(&service, client_metric(&service, "primed_http_requests_in_flight") == 1);
    soon(&service, client_metric(&service, "primed_blocks{state=\"free\"}") ==
                       (2 * 3 + 6) * 4); /* every block has come home */
    primed_stop(&service);
}
