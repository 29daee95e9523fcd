/*
 * http - as much of HTTP/1.1 as the clients of the benchmarks need, by hand over a kept connection.
 *
 * Whatever is not as it should be ends the program; see load_fail().
 */
#ifndef BENCH_END_TO_END_HTTP_H
#define BENCH_END_TO_END_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

struct http {
    int socket;
    char buffer[256 * 1024];
    size_t begin, end;   /* what has come and was not read yet */
    struct text headers; /* of the last answer */
    struct text body;    /* of the last http_read_answer() */
    size_t left;         /* of the chunk, or of the body, that is being read */
    bool chunked;        /* and the last chunk has not come */
    bool in_chunk;
};

/* A connection; it lives as long as the program. */
struct http *http_connect(const char *host, const char *port);

/* Read the head of an answer, which must be a success. */
void http_read_head(struct http *http);

/* The value of a header of it, which ends at CR; "" if there is none. */
const char *http_header(const struct http *http, const char *name);

/* The next piece of its body, and its size; 0 at the end. Valid until the next call. */
size_t http_read_piece(struct http *http, const char **piece);

/* Read an answer, head and body. */
void http_read_answer(struct http *http);

#endif
