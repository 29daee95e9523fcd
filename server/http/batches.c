/* batches - the batch document and what is done to batches. See batches.h. */
#include "server/http/batches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/http/access.h"
#include "server/http/problem.h"
#include "server/http/results.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 1000, INLINE_RESULTS_MAX = 1000, PREPARED_MAX = 64 * 1024 };

/* --- the document ----------------------------------------------------------------------------- */

static void write_time(struct text *text, const char *name, int64_t wall_ns)
{
    char time[CLOCK_RFC3339_SIZE];
    text_add_string(text, name);
    if (wall_ns) {
        text_add_string(text, "\"");
        text_add_string(text, clock_rfc3339(time, wall_ns));
        text_add_string(text, "\"");
    } else {
        text_add_string(text, "null");
    }
}

static void write_count(struct text *text, const char *name, uint64_t count)
{
    text_add_string(text, name);
    text_add_u64(text, count);
}

static void write_counts(struct text *text, const struct batch *batch)
{
    const uint64_t *counts = batch->counts;
    write_count(text, ",\"counts\":{\"total\":", batch->total);
    write_count(text, ",\"pending\":", batch->total - batch_finished(batch));
    write_count(text, ",\"prime\":", counts[VERDICT_PRIME] + counts[VERDICT_PROBABLE_PRIME]);
    write_count(text, ",\"composite\":", counts[VERDICT_COMPOSITE]);
    write_count(text, ",\"failed\":", counts[VERDICT_FAILED] + counts[VERDICT_TIMEOUT]);
    write_count(text, ",\"canceled\":", counts[VERDICT_CANCELED]);
    text_add_string(text, "}");
}

/* Never 1 before it is 1. */
static void write_progress(struct text *text, const struct batch *batch)
{
    double progress = batch->total ? (double)batch_finished(batch) / (double)batch->total : 1.0;
    text_add_string(text, ",\"progress\":");
    text_add_fraction(text, (uint64_t)(progress * 1e6), 6);
}

static void write_eta(struct http *http, struct text *text, const struct batch *batch)
{
    double eta = batch_has_ended(batch) ? 0 : dispatcher_eta(http->dispatcher, &batch->id);
    if (eta == 0)
        text_add_string(text, ",\"eta_seconds\":0");
    else if (eta < 0)
        text_add_string(text, ",\"eta_seconds\":null");
    else
        text_printf(text, ",\"eta_seconds\":%.3g", eta);
}

static void write_elapsed(struct text *text, const struct batch *batch)
{
    int64_t until_ns = batch->ended_ns ? batch->ended_ns : clock_wall_ns();
    int64_t elapsed_ns = until_ns - batch->created_ns;
    text_add_string(text, ",\"elapsed_seconds\":");
    text_add_fraction(text, elapsed_ns > 0 ? (uint64_t)elapsed_ns / 1000 : 0, 6);
}

/* What a small batch takes counts in nanoseconds, and wants as many digits as that of a big one. */
static void write_compute(struct text *text, double seconds)
{
    text_add_string(text, ",\"compute_seconds\":");
    if (seconds < 1e6)
        text_add_fraction(text, (uint64_t)(seconds * 1e12), 12);
    else
        text_printf(text, "%.6g", seconds);
}

static void write_links(struct text *text, const char *id)
{
    static const char *const links[][2] = {{",\"links\":{\"self\":\"/v1/batches/", "\""},
                                           {",\"results\":\"/v1/batches/", "/results\""},
                                           {",\"cancel\":\"/v1/batches/", "/cancel\"}"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        text_add_string(text, links[i][0]);
        text_add_string(text, id);
        text_add_string(text, links[i][1]);
    }
}

/* Without printf, for the most part: nothing else of a small batch would take as long. */
void batches_write(struct http *http, struct text *text, const struct batch *batch, bool open)
{
    char id[BATCH_ID_TEXT_SIZE];
    batch_id_format(id, &batch->id);
    char *metadata;
    if (store_metadata(http->options.store, &batch->id, &metadata) == STORE_NO_MEMORY)
        text->failed = true;

    text_add_string(text, "{\"id\":\"");
    text_add_string(text, id);
    text_add_string(text, "\",\"status\":\"");
    text_add_string(text, batch_status_name(batch->status));
    text_add_string(text, batch->durable ? "\",\"durable\":true" : "\",\"durable\":false");
    if (*batch->owner)
        text_printf(text, ",\"owner\":\"%s\"", batch->owner);
    write_time(text, ",\"created_at\":", batch->created_ns);
    write_time(text, ",\"started_at\":", batch->started_ns);
    write_time(text, ",\"ended_at\":", batch->ended_ns);
    write_time(text, ",\"expires_at\":", batch->expires_ns);
    write_counts(text, batch);
    write_progress(text, batch);
    write_eta(http, text, batch);
    write_elapsed(text, batch);
    write_compute(text, batch->compute_seconds);
    write_count(text, ",\"priority\":", (uint64_t)batch->priority);
    text_add_string(text, ",\"metadata\":");
    text_add_string(text, metadata ? metadata : "{}");
    write_links(text, id);
    if (!open)
        text_add(text, "}", 1);
    free(metadata);
}

/* Reply with a batch; a request that asked for a wait learns that it was heard. */
static void reply_batch(struct request *request, unsigned status, const struct batch *batch)
{
    struct text text = {.data = NULL};
    batches_write(request->http, &text, batch, false);
    text_add(&text, "\n", 1);
    reply_text(request, status, REPLY_JSON, &text,
               request->wait_until_ns ? reply_headers({"Preference-Applied", "wait"}) : NULL);
}

/* --- waiting for the end ---------------------------------------------------------------------- */

/*
 * If the request asked for a wait and the batch has not ended, suspend the connection: true, and
 * the handler returns. Otherwise *batch is the newest state, as far as the batch is still there.
 */
static bool wait_for_end(struct request *request, struct batch *batch)
{
    struct http *http = request->http;
    if (!request->wait_until_ns)
        return false;
    for (;;) {
        uint64_t ticket = waiters_ticket(http->waiters, &batch->id);
        if (store_get(http->options.store, &batch->id, batch) != STORE_OK || batch_has_ended(batch))
            return false;
        request->waiter = (struct waiter){
            .connection = request->connection,
            .id = batch->id,
            .end_only = true,
            .deadline_ns = request->wait_until_ns,
        };
        if (waiters_suspend(http->waiters, &request->waiter, ticket))
            return true;
        if (clock_monotonic_ns() >= request->wait_until_ns)
            return false;
        if (waiters_refuse(http->waiters)) {
            request->wait_until_ns = 0; /* the wait was not honoured */
            return false;
        }
    }
}

/* Write a batch that has ended, with its results unless they are too many. */
static void write_with_results(struct http *http, struct text *text, const struct batch *batch)
{
    batches_write(http, text, batch, true);
    size_t without_results = text->length;
    text_add_string(text, ",\"results\":[");
    if (batch->total <= INLINE_RESULTS_MAX && results_write_all(http, batch, text))
        text_add_string(text, "]");
    else
        text->length = without_results;
    text_add_string(text, "}");
}

void batches_prepare(struct request *request, const struct batch_id *id, struct text *prepared)
{
    struct http *http = request->http;
    struct batch batch;
    if (request->wait_until_ns && store_get(http->options.store, id, &batch) == STORE_OK &&
        batch_has_ended(&batch))
        write_with_results(http, prepared, &batch);
    if (prepared->length > PREPARED_MAX)
        text_destroy(prepared);
}

void batches_reply_accepted(struct request *request, const struct batch *accepted, bool repeated,
                            struct text *prepared)
{
    struct batch batch = *accepted;
    bool is_prepared = prepared && prepared->length > 0;
    if (!is_prepared && wait_for_end(request, &batch))
        return;

    char location[64];
    char id[BATCH_ID_TEXT_SIZE];
    snprintf(location, sizeof location, "/v1/batches/%s", batch_id_format(id, &batch.id));
    struct reply_header headers[4] = {{"Location", location}};
    size_t count = 1;
    if (request->wait_until_ns)
        headers[count++] = (struct reply_header){"Preference-Applied", "wait"};
    if (repeated)
        headers[count++] = (struct reply_header){"Idempotency-Replayed", "true"};

    struct text text = {.data = NULL};
    bool with_results = is_prepared || (request->wait_until_ns && batch_has_ended(&batch));
    if (is_prepared) {
        text = *prepared;
        *prepared = (struct text){.data = NULL};
    } else if (with_results) {
        write_with_results(request->http, &text, &batch);
    } else {
        batches_write(request->http, &text, &batch, false);
    }
    text_add(&text, "\n", 1);
    reply_text(request, with_results ? MHD_HTTP_OK : MHD_HTTP_ACCEPTED, REPLY_JSON, &text, headers);
}

void batches_get(struct request *request)
{
    struct batch batch;
    if (!request_read_wait(request) || !request_batch(request, &batch))
        return;
    if (!wait_for_end(request, &batch))
        reply_batch(request, MHD_HTTP_OK, &batch);
}

/* --- changing --------------------------------------------------------------------------------- */

void batches_cancel(struct request *request)
{
    struct http *http = request->http;
    struct batch batch;
    if (!request_batch(request, &batch))
        return;
    if (!batch_has_ended(&batch)) {
        store_cancel(http->options.store, &batch.id, &batch);
        dispatcher_cancel(http->dispatcher, &batch.id);
        if (!request_batch(request, &batch))
            return;
    }
    reply_batch(request, batch_has_ended(&batch) ? MHD_HTTP_OK : MHD_HTTP_ACCEPTED, &batch);
}

void batches_delete(struct request *request)
{
    struct http *http = request->http;
    struct batch batch;
    if (!request_batch(request, &batch))
        return;
    if (!batch_has_ended(&batch)) {
        store_cancel(http->options.store, &batch.id, &batch);
        dispatcher_cancel(http->dispatcher, &batch.id);
    }
    /* One with blocks in flight will not be there to end when they come back. */
    if (store_take(http->options.store, &batch.id, &batch) == STORE_OK &&
        !batch_has_ended(&batch)) {
        batch_enter(&batch, BATCH_CANCELED);
        http_count_end(http, &batch);
    }
    waiters_notify(http->waiters, &batch.id, true);
    reply_empty(request, MHD_HTTP_NO_CONTENT, NULL);
}

/* --- listing ---------------------------------------------------------------------------------- */

/* The path of the page behind this one. */
static void write_next(char *out, size_t size, const struct batch *last, const char *status,
                       uint64_t limit)
{
    char id[BATCH_ID_TEXT_SIZE];
    snprintf(out, size, "/v1/batches?after=%s&limit=%llu%s%s", batch_id_format(id, &last->id),
             (unsigned long long)limit, status ? "&status=" : "", status ? status : "");
}

void batches_list(struct request *request)
{
    uint64_t limit = LIST_DEFAULT;
    if (!request_query_integer(request, "limit", 1, LIST_MAX, &limit))
        return;
    const char *status = request_query(request, "status");
    if (status && batch_status_parse(status) < 0) {
        request_bad_query(request, "status", "queued, running, canceling, completed or canceled");
        return;
    }
    const char *after = request_query(request, "after");
    struct batch_id id;
    if (after && !batch_id_parse(after, &id)) {
        request_bad_query(request, "after", "the id of a batch");
        return;
    }

    struct text text = {.data = NULL};
    char next[160] = "";
    struct batch *batches = calloc(limit + 1, sizeof *batches);
    if (batches) {
        size_t count =
            store_list(request->http->options.store, access_lists(request), after ? &id : NULL,
                       status ? batch_status_parse(status) : -1, batches, limit + 1);
        if (count > limit)
            write_next(next, sizeof next, &batches[limit - 1], status, limit);
        text_add_string(&text, "{\"batches\":[");
        for (size_t i = 0; i < count && i < limit; i++) {
            text_add_string(&text, i ? ",\n" : "\n");
            batches_write(request->http, &text, &batches[i], false);
        }
        text_printf(&text, *next ? "\n],\"next\":\"%s\"}\n" : "\n],\"next\":null%s}\n", next);
    } else {
        text.failed = true;
    }
    free(batches);
    char link[200];
    snprintf(link, sizeof link, "<%s>; rel=\"next\"", next);
    reply_text(request, MHD_HTTP_OK, REPLY_JSON, &text,
               *next ? reply_headers({"Link", link}) : NULL);
}
