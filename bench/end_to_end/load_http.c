/* load_http - clients of primed and of the HTTP peers, by hand over a kept connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/end_to_end/http.h"
#include "bench/end_to_end/load.h"
#include "bench/end_to_end/work.h"
#include "common/text.h"

struct connection {
    struct http *http;
    char location[128]; /* of the last big batch of primed */
};

static void *connect_http(const char *host, const char *port)
{
    struct connection *connection = calloc(1, sizeof *connection);
    connection->http = http_connect(host, port);
    return connection;
}

static void post(struct connection *c, const char *path, const char *more,
                 const struct batch *batch)
{
    char head[256];
    int length = snprintf(head, sizeof head,
                          "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n%s\r\n",
                          path, batch->body_size, more);
    if (batch->body_size < 4096) {
        char whole[sizeof head + 4096];
        memcpy(whole, head, (size_t)length);
        memcpy(whole + length, batch->body, batch->body_size);
        load_write(c->http->socket, whole, (size_t)length + batch->body_size);
    } else {
        load_write(c->http->socket, head, (size_t)length);
        load_write(c->http->socket, batch->body, batch->body_size);
    }
    http_read_answer(c->http);
}

static size_t count_primes(const struct connection *c)
{
    static const char mark[] = "\"prime\":true";
    const char *end = c->http->body.data + c->http->body.length;
    size_t count = 0;
    for (const char *p = c->http->body.data;
         (p = memmem(p, (size_t)(end - p), mark, sizeof mark - 1)) != NULL; p += sizeof mark - 1)
        count++;
    return count;
}

/* --- primed ----------------------------------------------------------------------------------- */

static size_t small_primed(void *connection, const struct batch *batch)
{
    post(connection, "/v1/batches", "Prefer: wait=10\r\n", batch);
    return count_primes(connection);
}

/* Ask for something of the last big batch. */
static void ask(struct connection *c, const char *method, const char *rest)
{
    char request[256];
    int length = snprintf(request, sizeof request, "%s %s%s HTTP/1.1\r\nHost: bench\r\n\r\n",
                          method, c->location, rest);
    load_write(c->http->socket, request, (size_t)length);
    http_read_answer(c->http);
}

/* POST, and read the results while they are made. */
static void big_primed_as(struct connection *c, const struct batch *batch, const char *results)
{
    post(c, "/v1/batches", "", batch);
    const char *location = http_header(c->http, "Location");
    snprintf(c->location, sizeof c->location, "%.*s", (int)strcspn(location, "\r"), location);
    ask(c, "GET", results);
}

static void forget_primed(void *connection)
{
    ask(connection, "DELETE", "");
}

static void big_primed(void *connection, const struct batch *batch)
{
    struct connection *c = connection;
    big_primed_as(c, batch, "/results?format=octets");
    if (c->http->body.length != batch->count)
        load_fail("%zu verdicts", c->http->body.length);
    memcpy(batch->verdicts, c->http->body.data, batch->count);
}

static void big_primed_ndjson(void *connection, const struct batch *batch)
{
    struct connection *c = connection;
    big_primed_as(c, batch, "/results?format=ndjson");
    const char *p = c->http->body.data;
    const char *end = p + c->http->body.length;
    for (size_t i = 0; i < batch->count; i++) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        if (!line_end)
            load_fail("%zu lines", i);
        batch->verdicts[i] = memmem(p, (size_t)(line_end - p), "\"prime\":true", 12) != NULL;
        p = line_end + 1;
    }
}

/* A million lines are 97 MB: their room is touched before the clock runs, as no reader keeps them all. */
static void *connect_ndjson(const char *host, const char *port)
{
    enum { ROOM = 128 << 20 };
    struct connection *c = connect_http(host, port);
    char *place = text_reserve(&c->http->body, ROOM);
    if (!place)
        load_fail("there is no memory");
    memset(place, 0, ROOM);
    return c;
}

const struct contender load_primed = {"primed", connect_http, small_primed, big_primed,
                                      forget_primed};
const struct contender load_primed_ndjson = {"primed-ndjson", connect_ndjson, small_primed,
                                             big_primed_ndjson, forget_primed};

/* --- the peers: POST / answers [{"n":"97","prime":true}, ...], or octets where they are asked for */

static size_t small_http(void *connection, const struct batch *batch)
{
    post(connection, "/", "", batch);
    return count_primes(connection);
}

static void big_http(void *connection, const struct batch *batch)
{
    struct connection *c = connection;
    post(c, "/", "Accept: application/octet-stream\r\n", batch);
    if (c->http->body.length != batch->count)
        load_fail("%zu verdicts", c->http->body.length);
    memcpy(batch->verdicts, c->http->body.data, batch->count);
}

const struct contender load_http = {"http", connect_http, small_http, big_http, NULL};
