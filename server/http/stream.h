/*
 * stream - a reply that is written piece by piece, as fast as the client reads it. Private to
 * server/http.
 */
#ifndef SERVER_HTTP_STREAM_H
#define SERVER_HTTP_STREAM_H

#include "server/http/reply.h"

enum stream_step {
    STREAM_PIECE,     /* the piece holds something to send */
    STREAM_SUSPENDED, /* the connection sleeps (waiters.h); ask again when it is resumed */
    STREAM_END,       /* that was all */
    STREAM_BROKEN,    /* it cannot go on: the client must see that it is not complete */
};

/*
 * What a stream is made of. The functions are called by one thread at a time; `release` once, at
 * the end, whatever became of the stream, also where it never began.
 */
struct stream_source {
    /* Write the next piece to an empty text. */
    enum stream_step (*next)(void *context, struct text *piece);
    void (*release)(void *context);
    void *context;
};

/* Reply 200 with a stream, of pieces of about that size. */
void stream_reply(struct request *request, const char *type, const struct stream_source *source,
                  size_t piece_size, const struct reply_header *headers);

#endif
