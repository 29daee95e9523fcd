/* http - see http.h. */
#include "bench/end_to_end/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/end_to_end/load.h"

struct http *http_connect(const char *host, const char *port)
{
    struct http *http = calloc(1, sizeof *http);
    http->socket = load_connect(host, port);
    return http;
}

static void fill(struct http *http)
{
    if (http->begin == http->end)
        http->begin = http->end = 0;
    if (http->end == sizeof http->buffer)
        load_fail("a line of an answer is too long");
    http->end += load_read(http->socket, http->buffer + http->end, sizeof http->buffer - http->end);
}

/* Add the next line, with its end, to out. */
static void read_line(struct http *http, struct text *out)
{
    for (;;) {
        char *from = http->buffer + http->begin;
        char *newline = memchr(from, '\n', http->end - http->begin);
        size_t size = newline ? (size_t)(newline + 1 - from) : http->end - http->begin;
        text_add(out, from, size);
        http->begin += size;
        if (newline)
            return;
        fill(http);
    }
}

const char *http_header(const struct http *http, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = http->headers.data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return "";
}

/* Go on to the next chunk, from the start of the body or from the end of a chunk. */
static void next_chunk(struct http *http)
{
    struct text line = {.data = NULL};
    if (http->in_chunk)
        read_line(http, &line); /* the CRLF behind it */
    line.length = 0;
    read_line(http, &line);
    http->left = strtoull(line.data, NULL, 16);
    http->in_chunk = http->left > 0;
    if (!http->in_chunk) {
        http->chunked = false;
        read_line(http, &line); /* the end of the trailer */
    }
    text_destroy(&line);
}

void http_read_head(struct http *http)
{
    http->headers.length = 0;
    size_t before;
    do {
        before = http->headers.length;
        read_line(http, &http->headers);
    } while (http->headers.length - before > 2);
    text_add(&http->headers, "", 1);
    if (strncmp(http->headers.data, "HTTP/1.1 20", 11) != 0)
        load_fail("refused: %.60s", http->headers.data);
    http->chunked = strncasecmp(http_header(http, "Transfer-Encoding"), "chunked", 7) == 0;
    http->left = strtoull(http_header(http, "Content-Length"), NULL, 10);
    http->in_chunk = false;
}

size_t http_read_piece(struct http *http, const char **piece)
{
    if (http->left == 0 && http->chunked)
        next_chunk(http);
    if (http->left == 0)
        return 0;
    if (http->begin == http->end)
        fill(http);
    size_t size = http->end - http->begin;
    if (size > http->left)
        size = http->left;
    *piece = http->buffer + http->begin;
    http->begin += size;
    http->left -= size;
    return size;
}

void http_read_answer(struct http *http)
{
    http_read_head(http);
    http->body.length = 0;
    const char *piece;
    for (size_t size; (size = http_read_piece(http, &piece)) > 0;)
        text_add(&http->body, piece, size);
}
