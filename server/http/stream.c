/* stream - a libmicrohttpd content reader over a source of pieces. See stream.h. */
#include "server/http/stream.h"

#include <stdlib.h>
#include <string.h>

struct stream {
    struct stream_source source;
    struct text piece;
    size_t sent; /* of the piece */
};

/* An MHD_ContentReaderCallback. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)position;
    struct stream *stream = context;
    if (stream->sent == stream->piece.length) {
        stream->sent = 0;
        stream->piece.length = 0;
        enum stream_step step = stream->source.next(stream->source.context, &stream->piece);
        if (step == STREAM_BROKEN || stream->piece.failed)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (step != STREAM_PIECE)
            return step == STREAM_END ? MHD_CONTENT_READER_END_OF_STREAM : 0;
    }
    size_t rest = stream->piece.length - stream->sent;
    size_t count = rest < size ? rest : size;
    memcpy(buffer, stream->piece.data + stream->sent, count);
    stream->sent += count;
    return (ssize_t)count;
}

static void free_stream(void *context)
{
    struct stream *stream = context;
    stream->source.release(stream->source.context);
    text_destroy(&stream->piece);
    free(stream);
}

void stream_reply(struct request *request, const char *type, const struct stream_source *source,
                  size_t piece_size, const struct reply_header *headers)
{
    struct MHD_Response *response = NULL;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        source->release(source->context);
    } else {
        stream->source = *source;
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, piece_size, read_stream,
                                                     stream, free_stream);
        if (!response)
            free_stream(stream);
    }
    /*
     * To HEAD libmicrohttpd sends the last chunk of the body it does not send: nothing may follow.
     */
    if (response && request->head && !MHD_add_response_header(response, "Connection", "close")) {
        MHD_destroy_response(response);
        response = NULL;
    }
    reply_response(request, MHD_HTTP_OK, type, response, headers);
}
