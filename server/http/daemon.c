/*
 * daemon - libmicrohttpd: its threads and limits, and the way of a request through its callbacks.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/futex.h"
#include "common/log.h"
#include "server/http/problem.h"
#include "server/http/request.h"
#include "server/http/routes.h"

enum {
    THREADS_MAX = 2,                /* one answers some 40,000 small requests a second */
    CONNECTION_MEMORY = 128 * 1024, /* also bounds request line and headers, and a piece of body */
    NOT_WAITING_SHARE = 4,          /* one connection in so many is kept from those that wait */
    ENDED_TIMEOUT_S = 1,            /* for the rest of a request whose client sends no more */
    BODY_MIN_RATE = 500,            /* bytes a second, or its sender only holds the connection */
    STORE_LOOK_MS = 10,             /* when stopping, how often uploads are looked after */
    DECODERS_MAX = 256 * 1024 * 1024, /* what decoding bodies may take, all together */
    DISCARD_MAX = 64 * 1024 * 1024, /* body read after a refusal, so that the client hears of it */
};

/* --- one request ------------------------------------------------------------------------------ */

/*
 * May a reply that is known before the body wait until the body is read? It should: most clients do
 * not listen before they have sent all, and closing on them would destroy the reply on its way. Not
 * where the client waits for leave to send, nor where it would send more than is worth reading.
 */
static bool may_hold_reply(const struct request *request)
{
    const char *length = request_header(request, "Content-Length");
    return !request_header(request, "Expect") &&
           (!length || strtoull(length, NULL, 10) <= DISCARD_MAX);
}

/* An MHD_KeyValueIterator: counts the headers that say how long the body is. */
static enum MHD_Result count_length(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    (void)kind;
    (void)value;
    unsigned *count = context;
    *count += strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0;
    return MHD_YES;
}

/*
 * The headers are there: find out what is wanted, and perhaps reply already. A request of two
 * lengths is read as two different ones by two readers, which is how requests are smuggled past a
 * proxy (RFC 9112, 11.2): it is refused, and the connection closed. So is one in a coding we cannot
 * read, and one of HTTP/1.1 without Host (3.2).
 */
static void begin(struct request *request, const char *version)
{
    unsigned lengths = 0;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_length, &lengths);
    const char *coding = request_header(request, "Transfer-Encoding");
    bool lacks_host =
        strcmp(version, MHD_HTTP_VERSION_1_1) == 0 && !request_header(request, "Host");
    if (lengths > 1 || lacks_host || (coding && strcasecmp(coding, "chunked") != 0)) {
        bool bad = lengths > 1 || lacks_host;
        reply_empty(request, bad ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_NOT_IMPLEMENTED,
                    reply_headers({"Connection", "close"}));
        return;
    }
    request->hold_reply = may_hold_reply(request);
    if (routes_find(request) && request->route->begin)
        request->route->begin(request);
    request->hold_reply = false;
}

/*
 * libmicrohttpd watches sockets edge-triggered, and reads no further after a read that did not fill
 * its buffer: the end of a connection that came together with a part of a request goes unnoticed
 * until the idle timeout, and what came before is kept as long. So that timeout is made short where
 * nothing more can come.
 */
static void notice_end(struct request *request)
{
    if (request->end_seen || !request->route || !request->route->body)
        return;
    char byte;
    int socket =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    ssize_t peeked = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (peeked > 0 || (peeked < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    request->end_seen = true;
    MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, ENDED_TIMEOUT_S);
}

/*
 * May the body go on? Not if it is longer than is worth reading even after a refusal, nor if it
 * trickles: never idle for long, and never at an end.
 */
static bool may_go_on(const struct request *request)
{
    const struct config *config = request->http->options.config;
    int64_t allowed_s = config->idle_timeout_s + (int64_t)(request->body_bytes / BODY_MIN_RATE);
    return request->body_bytes <= config->max_body + DISCARD_MAX &&
           clock_monotonic_ns() - request->began_ns <= allowed_s * NS_PER_S;
}

/* Where memory ran out there is no reply, and the connection is closed. */
static enum MHD_Result reply_or_close(const struct request *request)
{
    return (request->replied && request->status == 0) || !(request->replied || request->route)
               ? MHD_NO
               : MHD_YES;
}

/*
 * The callback of MHD_OPTION_UNESCAPE_CALLBACK: decodes names and values of the query, and leaves
 * the path as the client wrote it, for routes.c to decode.
 */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    bool is_path = *text == '/' || strncasecmp(text, "http://", 7) == 0;
    return is_path ? strlen(text) : MHD_http_unescape(text);
}

/* The path of a target, which proxies are sent in absolute form (RFC 9112, 3.2.2). */
static const char *path_of(const char *target)
{
    if (strncasecmp(target, "http://", 7) != 0)
        return target;
    const char *path = strchr(target + 7, '/');
    return path ? path : "/";
}

/* An MHD_AccessHandlerCallback: called for the headers, for each piece of body, and at the end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **request_context)
{
    struct http *http = context;
    struct request *request = *request_context;
    if (!request) {
        request = request_new(http, connection, path_of(url), method);
        if (!request)
            return MHD_NO;
        *request_context = request;
        atomic_fetch_add(&http->open_requests, 1);
        begin(request, version);
        notice_end(request);
        return reply_or_close(request);
    }
    if (*upload_data_size > 0) {
        if (!may_go_on(request))
            return MHD_NO; /* before it is suspended to wait for the store */
        size_t taken = *upload_data_size;
        if (!request->replied && request->route && request->route->body)
            taken = request->route->body(request, upload_data, taken);
        request->body_bytes += taken;
        *upload_data_size -= taken;
        notice_end(request);
        return MHD_YES;
    }
    if (request->held_reply)
        reply_release(request);
    else if (!request->replied && request->route)
        request->route->handle(request);
    return reply_or_close(request);
}

static void log_request(const struct request *request, enum MHD_RequestTerminationCode how)
{
    enum log_requests which = request->http->options.config->log_requests;
    bool complete = how == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    bool refused = request->status >= 400;
    if (which == LOG_REQUESTS_NONE || (which == LOG_REQUESTS_REFUSED && complete && !refused))
        return;
    const char *event = !complete ? "request broken off" : refused ? "request refused" : "request";
    log_info(event, log_str("id", request->id), log_str("method", request->method),
             log_str("path", request->uri), log_int("status", request->status),
             log_seconds("seconds", (double)(clock_monotonic_ns() - request->began_ns) / 1e9),
             trace_field(&request->trace));
}

/* An MHD_RequestCompletedCallback: also called when the client has left in the middle. */
static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode how)
{
    (void)connection;
    struct http *http = context;
    struct request *request = *request_context;
    if (!request)
        return;
    if (request->status >= 100 && request->status < 600)
        atomic_fetch_add(&http->counters.requests[request->status / 100], 1);
    histogram_add(&http->counters.request_durations, clock_monotonic_ns() - request->began_ns);
    log_request(request, how);
    request_free(request);
    *request_context = NULL;
    atomic_fetch_sub(&http->open_requests, 1);
    if (atomic_load(&http->finishing))
        futex_wake(&http->open_requests, 1);
}

/* --- the whole -------------------------------------------------------------------------------- */

struct http *http_new(const struct http_options *options)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    http->options = *options;
    http->decoders.max = DECODERS_MAX;
    http->started_ns = clock_wall_ns();
    http->began_ns = clock_monotonic_ns();
    http->request_prefix = (uint64_t)http->started_ns;
    if (getrandom(&http->request_prefix, sizeof http->request_prefix, 0) < 0)
        log_warning("no random numbers: request ids may repeat", log_str("error", strerror(errno)));
    http->request_prefix &= 0xffffffffffff;
    unsigned connections = options->config->max_connections;
    bool has_journal = options->config->log_requests == LOG_REQUESTS_ALL;
    http->journal = has_journal ? journal_new() : NULL;
    if (!has_journal || http->journal)
        http->waiters = waiters_new(connections - connections / NOT_WAITING_SHARE);
    if (!http->waiters) {
        journal_free(http->journal);
        free(http);
        return NULL;
    }
    return http;
}

void http_count_end(struct http *http, const struct batch *batch)
{
    struct http_counters *counters = &http->counters;
    atomic_fetch_add(&counters->batches_ended[batch->status], 1);
    if (batch->status == BATCH_COMPLETED)
        histogram_add(batch->total <= SMALL_BATCH ? &counters->small_batches
                                                  : &counters->large_batches,
                      batch->ended_ns - batch->created_ns);
    journal_ended(http->journal, batch);
}

void http_notify(void *context, const struct store *store, const struct batch *batch)
{
    struct http *http = context;
    bool ended = batch_has_ended(batch);
    /* One that ends before it is accepted may never be: upload.c counts it when it is. */
    if (ended && batch->accepted && store == http->options.store)
        http_count_end(http, batch);
    waiters_notify(http->waiters, &batch->id, ended);
}

int http_start(struct http *http, struct dispatcher *dispatcher)
{
    const struct config *config = http->options.config;
    http->dispatcher = dispatcher;
    json_object_seed(0); /* before there are threads that read JSON */
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = processors > 1 ? THREADS_MAX : 1;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, http->options.listen_socket, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->max_connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->idle_timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? (intptr_t)threads : 0, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    http->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_ARRAY, items,
                         MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
                         on_completed, http, MHD_OPTION_END);
    if (!http->daemon) {
        log_error("cannot serve HTTP", log_str("error", strerror(errno)));
        return -1;
    }
    return 0;
}

/* Wait until no request is under way, for at most grace_ns. */
static void await_requests(struct http *http, int64_t grace_ns)
{
    int64_t deadline = clock_monotonic_ns() + grace_ns;
    for (uint32_t open; (open = atomic_load(&http->open_requests)) > 0;) {
        int64_t left_ns = deadline - clock_monotonic_ns();
        if (left_ns <= 0)
            break;
        futex_wait(&http->open_requests, open, left_ns);
    }
}

void http_stop(struct http *http, int64_t grace_ns)
{
    MHD_quiesce_daemon(http->daemon);
    waiters_close(http->waiters);
    atomic_store(&http->finishing, true);
    await_requests(http, grace_ns);
    /*
     * Some may wait for the disk, however slow it is, and libmicrohttpd cannot be stopped while a
     * connection is suspended. Nobody rings for this, so that no upload pays for it.
     */
    for (uint32_t sleepers; (sleepers = atomic_load(&http->store_sleepers)) > 0;)
        futex_wait(&http->store_sleepers, sleepers, STORE_LOOK_MS * NS_PER_MS);
    await_requests(http, grace_ns); /* woken is not answered yet */
    MHD_stop_daemon(http->daemon);
    waiters_free(http->waiters);
    journal_free(http->journal);
    free(http);
}
