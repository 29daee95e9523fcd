/* load_http - clients of primed and of the HTTP peers, by hand over a kept connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/end_to_end/load.h"
#include "bench/end_to_end/work.h"
#include "common/text.h"

struct connection {
    int socket;
    char buffer[256 * 1024];
    size_t begin, end; /* what has come and was not read yet */
    struct text headers;
    struct text body;
    char location[128]; /* of the last big batch of primed */
};

static void *connect_http(const char *host, const char *port)
{
    struct connection *connection = calloc(1, sizeof *connection);
    connection->socket = load_connect(host, port);
    return connection;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void fill(struct connection *c)
{
    if (c->begin == c->end)
        c->begin = c->end = 0;
    if (c->end == sizeof c->buffer)
        load_fail("a line of an answer is too long");
    c->end += load_read(c->socket, c->buffer + c->end, sizeof c->buffer - c->end);
}

/* Add the next line, with its end, to out. */
static void read_line(struct connection *c, struct text *out)
{
    for (;;) {
        char *newline = memchr(c->buffer + c->begin, '\n', c->end - c->begin);
        size_t size = newline ? (size_t)(newline + 1 - (c->buffer + c->begin)) : c->end - c->begin;
        text_add(out, c->buffer + c->begin, size);
        c->begin += size;
        if (newline)
            return;
        fill(c);
    }
}

static void read_bytes(struct connection *c, struct text *out, size_t size)
{
    while (size > 0) {
        if (c->begin == c->end)
            fill(c);
        size_t part = c->end - c->begin < size ? c->end - c->begin : size;
        text_add(out, c->buffer + c->begin, part);
        c->begin += part;
        size -= part;
    }
}

static void read_chunks(struct connection *c)
{
    struct text line = {.data = NULL};
    for (size_t size = 1; size > 0;) {
        line.length = 0;
        read_line(c, &line);
        size = strtoull(line.data, NULL, 16);
        read_bytes(c, &c->body, size);
        line.length = 0;
        read_line(c,
                  &line); /* the CRLF behind each chunk; behind the last the end of the trailer */
    }
    text_destroy(&line);
}

/* The value of a header in the last answer; "" if there is none. Ends at CR. */
static const char *header(const struct connection *c, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = c->headers.data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return "";
}

/* Read an answer; fail unless it is a good one. */
static void read_answer(struct connection *c)
{
    c->headers.length = c->body.length = 0;
    size_t before;
    do {
        before = c->headers.length;
        read_line(c, &c->headers);
    } while (c->headers.length - before > 2);
    text_add(&c->headers, "", 1);
    if (strncmp(c->headers.data, "HTTP/1.1 20", 11) != 0)
        load_fail("refused: %.60s", c->headers.data);
    if (strncasecmp(header(c, "Transfer-Encoding"), "chunked", 7) == 0)
        read_chunks(c);
    else
        read_bytes(c, &c->body, strtoull(header(c, "Content-Length"), NULL, 10));
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
        load_write(c->socket, whole, (size_t)length + batch->body_size);
    } else {
        load_write(c->socket, head, (size_t)length);
        load_write(c->socket, batch->body, batch->body_size);
    }
    read_answer(c);
}

static size_t count_primes(const struct connection *c)
{
    static const char mark[] = "\"prime\":true";
    const char *end = c->body.data + c->body.length;
    size_t count = 0;
    for (const char *p = c->body.data;
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
    load_write(c->socket, request, (size_t)length);
    read_answer(c);
}

/* POST, and read the results while they are made. */
static void big_primed_as(struct connection *c, const struct batch *batch, const char *results)
{
    post(c, "/v1/batches", "", batch);
    const char *location = header(c, "Location");
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
    if (c->body.length != batch->count)
        load_fail("%zu verdicts", c->body.length);
    memcpy(batch->verdicts, c->body.data, batch->count);
}

static void big_primed_ndjson(void *connection, const struct batch *batch)
{
    struct connection *c = connection;
    big_primed_as(c, batch, "/results?format=ndjson");
    const char *p = c->body.data;
    const char *end = p + c->body.length;
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
    char *place = text_reserve(&c->body, ROOM);
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
    if (c->body.length != batch->count)
        load_fail("%zu verdicts", c->body.length);
    memcpy(batch->verdicts, c->body.data, batch->count);
}

const struct contender load_http = {"http", connect_http, small_http, big_http, NULL};
