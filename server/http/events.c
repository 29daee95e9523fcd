/*
 * events - a stream that says how a batch gets on (WHATWG HTML, server-sent events). See events.h.
 */
#include "server/http/events.h"

#include <stdlib.h>

#include "common/clock.h"
#include "server/http/batches.h"
#include "server/http/stream.h"

enum {
    INTERVAL_MS = 200, /* two events are at least so far apart */
    KEEP_ALIVE_S = 15, /* and a comment is sent after so long without one, to notice who has left */
    PIECE_SIZE = 8 * 1024,
};

struct events {
    struct request *request;
    struct batch_id id;
    uint64_t finished;        /* verdicts the last event knew of */
    enum batch_status status; /* likewise */
    int64_t sent_ns;          /* when it was sent, 0: none was yet */
    bool ended;               /* the last event is written */
};

static void write_event(struct events *events, struct text *piece, const char *name,
                        const struct batch *batch)
{
    text_printf(piece, "event: %s\ndata: ", name);
    batches_write(events->request->http, piece, batch, false);
    text_add_string(piece, "\n\n");
    events->finished = batch_finished(batch);
    events->status = batch->status;
    events->sent_ns = clock_monotonic_ns();
}

/*
 * Write what there is to say of the batch now. Where there is nothing, or it is too early,
 * *deadline_ns is when to look again at the latest.
 */
static void look(struct events *events, const struct batch *batch, struct text *piece,
                 int64_t *deadline_ns)
{
    int64_t now = clock_monotonic_ns();
    int64_t next_event_ns = events->sent_ns + INTERVAL_MS * NS_PER_MS;
    int64_t keep_alive_ns = events->sent_ns + KEEP_ALIVE_S * NS_PER_S;
    bool news = events->sent_ns == 0 || batch_finished(batch) != events->finished ||
                batch->status != events->status;
    if (batch_has_ended(batch)) {
        write_event(events, piece, "end", batch);
        events->ended = true;
    } else if (news && now >= next_event_ns) {
        write_event(events, piece, "progress", batch);
    } else if (now >= keep_alive_ns) {
        text_add_string(piece, ": still here\n\n");
        events->sent_ns = now;
    }
    *deadline_ns = news ? next_event_ns : keep_alive_ns;
}

static enum stream_step next_piece(void *context, struct text *piece)
{
    struct events *events = context;
    struct request *request = events->request;
    struct http *http = request->http;
    if (events->ended)
        return STREAM_END;
    for (;;) {
        struct batch batch;
        int64_t deadline_ns;
        uint64_t ticket = waiters_ticket(http->waiters, &events->id);
        if (store_get(http->options.store, &events->id, &batch) != STORE_OK)
            return STREAM_BROKEN;
        look(events, &batch, piece, &deadline_ns);
        if (piece->length > 0)
            return STREAM_PIECE;
        if (waiters_refuse(http->waiters))
            return STREAM_BROKEN;
        request->waiter = (struct waiter){
            .connection = request->connection,
            .id = events->id,
            .not_before_ns = events->sent_ns + INTERVAL_MS * NS_PER_MS,
            .deadline_ns = deadline_ns,
        };
        if (waiters_suspend(http->waiters, &request->waiter, ticket))
            return STREAM_SUSPENDED;
    }
}

void events_get(struct request *request)
{
    struct batch batch;
    if (!request_batch(request, &batch))
        return;
    struct events *events = calloc(1, sizeof *events);
    if (!events) {
        reply_response(request, MHD_HTTP_OK, NULL, NULL, NULL);
        return;
    }
    events->request = request;
    events->id = batch.id;
    struct stream_source source = {next_piece, free, events};
    stream_reply(request, "text/event-stream", &source, PIECE_SIZE, NULL);
}
