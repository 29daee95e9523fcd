/* results - the stream of verdicts, resumed where it broke off. See batch.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/batch.h"
#include "common/clock.h"

enum { RETURN_MS = 200 };

struct stream {
    batch_line *take;
    void *context;
    bool csv;
    bool skips_header; /* of a CSV that goes on */
    struct text line;  /* the beginning of a line whose end has not come yet */
    bool has_index;
    uint64_t index; /* of the last line handed on */
    uint64_t count; /* of lines handed on */
    bool enough;
};

/* The index a line begins with; false for the header of a CSV. */
static bool read_index(const struct stream *stream, const char *line, uint64_t *index)
{
    static const char member[] = "{\"index\":";
    const char *digits = line;
    if (!stream->csv)
        digits = strncmp(line, member, strlen(member)) == 0 ? line + strlen(member) : "";
    char *end;
    *index = strtoull(digits, &end, 10);
    return end > digits;
}

static bool hand_on(struct stream *stream, const char *line, size_t length)
{
    uint64_t index;
    if (read_index(stream, line, &index)) {
        stream->has_index = true;
        stream->index = index;
        stream->count++;
    } else if (stream->skips_header) {
        return true;
    }
    return stream->take(stream->context, line, length);
}

static bool take_bytes(void *context, const char *bytes, size_t size)
{
    struct stream *stream = context;
    struct text *line = &stream->line;
    for (const char *end; (end = memchr(bytes, '\n', size)) != NULL;) {
        size_t length = (size_t)(end - bytes);
        bool more;
        if (line->length > 0) {
            more =
                text_add(line, bytes, length + 1) && hand_on(stream, line->data, line->length - 1);
            line->length = 0;
        } else {
            more = hand_on(stream, bytes, length);
        }
        if (!more) {
            stream->enough = true;
            return false;
        }
        bytes += length + 1;
        size -= length + 1;
    }
    return text_add(line, bytes, size);
}

static void write_path(char *path, size_t size, const char *id, const struct batch_query *query,
                       const struct stream *stream)
{
    int length = snprintf(path, size, "/v1/batches/%s/results?format=%s", id, query->format);
    if (query->only)
        length += snprintf(path + length, size - (size_t)length, "&only=%s", query->only);
    if (stream->has_index)
        length += snprintf(path + length, size - (size_t)length, "&after=%llu",
                           (unsigned long long)stream->index);
    else if (query->after)
        length += snprintf(path + length, size - (size_t)length, "&after=%s", query->after);
    if (query->limit)
        snprintf(path + length, size - (size_t)length, "&limit=%llu",
                 (unsigned long long)(query->limit - stream->count));
}

int batch_results(struct client *client, const char *id, const struct batch_query *query,
                  batch_line *take, void *context)
{
    int status = 0;
    bool whole = false;
    struct stream stream = {
        .take = take, .context = context, .csv = strcmp(query->format, "csv") == 0};
    while (!whole && status == 0 && !client->signal) {
        char path[256];
        write_path(path, sizeof path, id, query, &stream);
        struct http_call call = {
            .method = "GET", .path = path, .sink = take_bytes, .context = &stream};
        struct http_answer answer;
        stream.line.length = 0;
        http_perform(client->http, &call, &answer);
        stream.skips_header = stream.has_index;
        whole = answer.result == HTTP_OK || (query->limit && stream.count == query->limit);
        if (answer.result == HTTP_BROKEN && !whole)
            client->signal = http_pause(client->http, RETURN_MS * NS_PER_MS);
        else if (!whole)
            status = client_failed(client, &answer, id);
        http_free_answer(&answer);
    }
    text_destroy(&stream.line);
    progress_clear(&client->progress);
    return status;
}
