/* results - pages and streams. See results.h. */
#include "server/http/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/http/negotiate.h"
#include "server/http/problem.h"
#include "server/http/result_cursor.h"
#include "server/http/stream.h"

enum {
    PAGE_DEFAULT = 1000,
    LIMIT_MAX = 10000,
    PAGE_SIZE = 4 * 1024 * 1024,   /* bytes of a page, which ends early rather than grow beyond */
    PIECE_SIZE = 64 * 1024,        /* of a stream: what is written before it is sent */
    PAGES_SIZE = 64 * 1024 * 1024, /* of answers that are not yet read; while there are more, */
    PAGE_SHORT = 256 * 1024,       /* a page ends here */
};

/* What the query of a request says. */
struct selection {
    enum result_format format;
    enum result_filter filter;
    uint64_t first; /* the number to begin with */
    uint64_t limit; /* 0: none was given */
};

static const char *const filter_names[] = {
    [RESULT_PRIME] = "prime", [RESULT_COMPOSITE] = "composite", [RESULT_FAILED] = "failed"};

static bool read_format(struct request *request, struct selection *selection)
{
    const char *name = request_query(request, "format");
    if (name) {
        for (int i = 0; i < RESULT_FORMATS; i++) {
            selection->format = (enum result_format)i;
            if (strcmp(name, result_format_name(selection->format)) == 0)
                return true;
        }
        request_bad_query(request, "format", "json, ndjson, csv, text or octets");
        return false;
    }
    int format = negotiate_format(request_header(request, "Accept"));
    if (format < 0) {
        problem_reply(request, PROBLEM_NOT_ACCEPTABLE,
                      "there is application/json, application/x-ndjson, text/csv, text/plain, "
                      "application/octet-stream");
        return false;
    }
    selection->format = (enum result_format)format;
    return true;
}

static bool read_filter(struct request *request, struct selection *selection)
{
    const char *only = request_query(request, "only");
    selection->filter = RESULT_ALL;
    if (!only)
        return true;
    for (int i = RESULT_PRIME; i <= RESULT_FAILED; i++) {
        if (strcmp(only, filter_names[i]) == 0) {
            selection->filter = (enum result_filter)i;
            return true;
        }
    }
    request_bad_query(request, "only", "prime, composite or failed");
    return false;
}

/* False after replying that something is malformed. */
static bool read_selection(struct request *request, struct selection *selection)
{
    uint64_t after = 0;
    selection->limit = 0;
    if (!read_format(request, selection) || !read_filter(request, selection) ||
        !request_query_integer(request, "after", 0, UINT64_MAX, &after) ||
        !request_query_integer(request, "limit", 1, LIMIT_MAX, &selection->limit))
        return false;
    selection->first = request_query(request, "after") ? after + (after < UINT64_MAX) : 0;
    return true;
}

/* --- a page ----------------------------------------------------------------------------------- */

/* The path of the page that begins with the number `first`. */
static void write_next(char *out, size_t size, const struct request *request,
                       const struct selection *selection, uint64_t first, uint64_t limit)
{
    int length = snprintf(out, size, "%s?", request->uri);
    if (first > 0)
        length += snprintf(out + length, size - (size_t)length, "after=%llu&",
                           (unsigned long long)first - 1);
    length +=
        snprintf(out + length, size - (size_t)length, "limit=%llu", (unsigned long long)limit);
    if (selection->filter != RESULT_ALL)
        length += snprintf(out + length, size - (size_t)length, "&only=%s",
                           filter_names[selection->filter]);
    if (request_query(request, "format"))
        snprintf(out + length, size - (size_t)length, "&format=json");
}

/* How long a page may be now: many that are read slowly must not fill the memory. */
static size_t page_size(const struct http *http)
{
    return atomic_load(&http->answer_bytes) < PAGES_SIZE ? PAGE_SIZE : PAGE_SHORT;
}

static void reply_page(struct request *request, const struct batch *batch,
                       const struct selection *selection)
{
    struct store *store = request->http->options.store;
    uint64_t limit = selection->limit ? selection->limit : PAGE_DEFAULT;
    struct text text = {.data = NULL};
    char next[256] = "";
    struct result_cursor cursor;
    result_cursor_set(&cursor, store, &batch->id, RESULT_JSON, selection->filter, selection->first,
                      limit);
    text_add_string(&text, "{\"results\":[");
    size_t empty = text.length;
    enum result_stop stop =
        result_cursor_write(&cursor, &text, page_size(request->http), batch->prefix, ",\n");
    if (text.length > empty)
        text_add_string(&text, "\n");
    bool ended = batch_has_ended(batch);
    bool more = stop == RESULT_STOP_LIMIT || stop == RESULT_STOP_SIZE;
    if (!ended || (more && cursor.position < batch->total))
        write_next(next, sizeof next, request, selection, cursor.position, limit);
    text_printf(&text, *next ? "],\"next\":\"%s\"," : "],\"next\":null%s,", next);
    text_printf(&text, "\"complete\":%s}\n", ended ? "true" : "false");
    char link[300];
    snprintf(link, sizeof link, "<%s>; rel=\"next\"", next);
    reply_text(request, MHD_HTTP_OK, REPLY_JSON, &text,
               *next ? reply_headers({"Link", link}) : NULL);
}

bool results_write_all(const struct http *http, const struct batch *batch, struct text *text)
{
    size_t before = text->length;
    struct result_cursor cursor;
    result_cursor_set(&cursor, http->options.store, &batch->id, RESULT_JSON, RESULT_ALL, 0,
                      batch->total);
    enum result_stop stop =
        result_cursor_write(&cursor, text, before + page_size(http), batch->total, ",");
    if (stop == RESULT_STOP_END || stop == RESULT_STOP_LIMIT)
        return true;
    text->length = before;
    return false;
}

/* --- a stream --------------------------------------------------------------------------------- */

struct results_stream {
    struct request *request;
    bool begun;
    struct result_cursor cursor;
};

/* A piece of what is finished; where the batch still runs and there is none, wait for more. */
static enum stream_step next_piece(void *context, struct text *piece)
{
    struct results_stream *stream = context;
    struct request *request = stream->request;
    struct http *http = request->http;
    struct result_cursor *cursor = &stream->cursor;
    if (!stream->begun)
        result_format_begin(piece, cursor->format);
    stream->begun = true;
    for (;;) {
        struct batch batch;
        uint64_t ticket = waiters_ticket(http->waiters, &cursor->id);
        if (store_get(http->options.store, &cursor->id, &batch) != STORE_OK)
            return STREAM_BROKEN;
        enum result_stop stop = result_cursor_write(cursor, piece, PIECE_SIZE, batch.prefix, "");
        if (stop == RESULT_STOP_GONE)
            return STREAM_BROKEN;
        if (piece->length > 0)
            return STREAM_PIECE;
        if (stop == RESULT_STOP_LIMIT || batch_has_ended(&batch))
            return STREAM_END;
        if (waiters_refuse(http->waiters))
            return STREAM_BROKEN;
        request->waiter = (struct waiter){.connection = request->connection, .id = cursor->id};
        if (waiters_suspend(http->waiters, &request->waiter, ticket))
            return STREAM_SUSPENDED;
    }
}

static void reply_stream(struct request *request, const struct batch *batch,
                         const struct selection *selection)
{
    struct results_stream *stream = malloc(sizeof *stream);
    if (!stream) {
        reply_response(request, MHD_HTTP_OK, NULL, NULL, NULL);
        return;
    }
    stream->request = request;
    stream->begun = false;
    result_cursor_set(&stream->cursor, request->http->options.store, &batch->id, selection->format,
                      selection->filter, selection->first,
                      selection->limit ? selection->limit : UINT64_MAX);
    struct stream_source source = {next_piece, free, stream};
    stream_reply(request, result_format_type(selection->format), &source, PIECE_SIZE, NULL);
}

void results_get(struct request *request)
{
    struct batch batch;
    struct selection selection;
    if (!request_batch(request, &batch) || !read_selection(request, &selection))
        return;
    if (selection.format == RESULT_JSON)
        reply_page(request, &batch, &selection);
    else
        reply_stream(request, &batch, &selection);
}
