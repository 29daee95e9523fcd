/*
 * daemon - libmicrohttpd: its threads and limits, and the way of a request through its callbacks.
 */
#include <errno.h>
#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/futex.h"
#include "common/log.h"
#include "server/http/access.h"
#include "server/http/connection.h"
#include "server/http/forwarded.h"
#include "server/http/framing.h"
#include "server/http/origin.h"
#include "server/http/problem.h"
#include "server/http/request.h"
#include "server/http/routes.h"
#include "server/intake/intake.h"

enum {
    THREADS_MAX = 2,               /* one answers some 40,000 small requests a second */
    CONNECTION_MEMORY = 64 * 1024, /* see connection_memory() */
    HEADERS_MEMORY = 16 * 1024,    /* of that, beside a number in the request line */
    NOT_WAITING_SHARE = 4,         /* one connection in so many is kept from those that wait */
    HEAD_EXTRA_S = 10,             /* beyond the idle timeout, and no more than that once again */
    ENDED_TIMEOUT_S = 1,           /* for the rest of a request whose client sends no more */
    BODY_MIN_RATE = 500,           /* bytes a second, or its sender only holds the connection */
    STORE_LOOK_MS = 10,            /* when stopping, how often uploads are looked after */
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
    return !request_header(request, "Expect") &&
           (request->body_declared == UINT64_MAX || request->body_declared <= DISCARD_MAX);
}

/* The headers are there: find out what is wanted, and perhaps reply already. */
static void begin(struct request *request, const char *version)
{
    unsigned refusal = framing_check(request, version);
    if (refusal) {
        reply_empty(request, refusal, reply_headers({"Connection", "close"}));
        return;
    }
    const char *length = request_header(request, "Content-Length");
    request->body_declared = length ? strtoull(length, NULL, 10) : UINT64_MAX;
    request->hold_reply = may_hold_reply(request);
    if (origin_check(request) && routes_find(request) && access_check(request) &&
        request->route->begin)
        request->route->begin(request);
    request->hold_reply = false;
}

/*
 * libmicrohttpd watches sockets edge-triggered, and reads no further after a read that did not fill
 * its buffer: the end of a connection that came together with a part of a request goes unnoticed
 * until the idle timeout, and what came before is kept as long. So that timeout is made short where
 * nothing more can come. (Over TLS it reads until there is nothing more, and notices.)
 */
static void notice_end(struct request *request)
{
    if (request->end_seen || !request->route || !request->route->body || request->http->tls ||
        request->body_bytes == request->body_declared)
        return;
    char byte;
    ssize_t peeked =
        recv(connection_socket(request->connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (peeked > 0 || (peeked < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    request->end_seen = true;
    MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, ENDED_TIMEOUT_S);
}

/*
 * May the body go on? Not if it is longer than is worth reading even after a refusal, nor if it
 * trickles: never idle for long, and never at an end. The time in which it was not read, because the
 * disk was busy, is not its sender's.
 */
static bool may_go_on(struct request *request)
{
    const struct config *config = request->http->options.config;
    int64_t now = clock_monotonic_ns();
    if (request->suspended_at_ns != 0)
        request->suspended_ns += now - request->suspended_at_ns;
    request->suspended_at_ns = 0;
    int64_t allowed_s = config->idle_timeout_s + (int64_t)(request->body_bytes / BODY_MIN_RATE);
    return request->body_bytes <= config->max_body + DISCARD_MAX &&
           now - request->began_ns - request->suspended_ns <= allowed_s * NS_PER_S;
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

/* The head of the next request is what the connection has to bring now; or it has brought it. */
static void owe_head(struct http *http, struct MHD_Connection *handle, bool owes)
{
    struct connection *connection = connection_of(handle);
    if (connection && owes)
        head_clock_start(http->head_clock, &connection->debt);
    else if (connection)
        head_clock_stop(http->head_clock, &connection->debt);
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
        owe_head(http, connection, false);
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
    char address[INET6_ADDRSTRLEN];
    forwarded_client(request, address);
    const char *client = request->client.name;
    const char *event = !complete ? "request broken off" : refused ? "request refused" : "request";
    log_info(event, log_str("id", request->id), log_str("method", request->method),
             log_str("path", request->uri), log_int("status", request->status),
             log_str("address", address),
             log_seconds("seconds", (double)(clock_monotonic_ns() - request->began_ns) / 1e9),
             *client ? log_str("client", client) : trace_field(&request->trace),
             *client ? trace_field(&request->trace) : (struct log_field){.key = NULL});
}

/* An MHD_RequestCompletedCallback: also called when the client has left in the middle. */
static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode how)
{
    struct http *http = context;
    struct request *request = *request_context;
    if (!request)
        return;
    owe_head(http, connection, true);
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

/* An MHD_NotifyConnectionCallback. */
static void on_connection(void *context, struct MHD_Connection *handle, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = connection_new(handle, http->head_clock, http->tls);
    } else {
        connection_free(*socket_context, http->head_clock, http->options.config->idle_timeout_s);
        *socket_context = NULL;
    }
}

/*
 * A gnutls_certificate_retrieve_function3 for sessions that on_connection() had no memory for: no
 * certificate, no handshake.
 */
static int retrieve_nothing(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                            gnutls_pcert_st **certificates, unsigned *count,
                            gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count, gnutls_privkey_t *key,
                            unsigned *flags)
{
    (void)session;
    (void)info;
    (void)certificates;
    (void)count;
    (void)ocsp;
    (void)ocsp_count;
    (void)key;
    (void)flags;
    return -1;
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
    http->access = access_new(options);
    bool has_journal = options->config->log_requests == LOG_REQUESTS_ALL;
    http->journal = has_journal ? journal_new() : NULL;
    if (!http->access)
        goto free_http;
    if (has_journal && !http->journal)
        goto free_access;
    http->waiters = waiters_new(connections - connections / NOT_WAITING_SHARE);
    if (!http->waiters)
        goto free_journal;
    int64_t idle_s = options->config->idle_timeout_s;
    int64_t head_s = idle_s + (idle_s < HEAD_EXTRA_S ? idle_s : HEAD_EXTRA_S);
    http->head_clock = head_clock_new(head_s * NS_PER_S);
    if (!http->head_clock)
        goto free_waiters;
    return http;

free_waiters:
    waiters_close(http->waiters);
    waiters_free(http->waiters);
free_journal:
    journal_free(http->journal);
free_access:
    access_free(http->access);
free_http:
    free(http);
    return NULL;
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

/*
 * What bounds request line and headers, and a piece of body. No more than needed: it is zeroed after
 * every request.
 */
static size_t connection_memory(const struct config *config)
{
    size_t longest = config->max_digits + HEADERS_MEMORY;
    return longest > CONNECTION_MEMORY ? longest : CONNECTION_MEMORY;
}

static bool listens_on_loopback(int socket)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    struct in6_addr address;
    return getsockname(socket, (struct sockaddr *)&bound, &size) == 0 &&
           networks_take_address((const struct sockaddr *)&bound, &address) &&
           networks_is_loopback(&address);
}

int http_start(struct http *http, struct dispatcher *dispatcher)
{
    const struct config *config = http->options.config;
    http->dispatcher = dispatcher;
    intake_prepare(); /* before there are threads that read JSON */
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = processors > 1 ? THREADS_MAX : 1;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    if (*config->tls_cert) {
        http->tls = tls_new(config);
        if (!http->tls)
            return -1;
        flags |= MHD_USE_TLS;
    }
    http->is_local = listens_on_loopback(http->options.listen_socket);
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, http->options.listen_socket, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->max_connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)config->max_connections_per_address, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->idle_timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)connection_memory(config), NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? (intptr_t)threads : 0, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_ARRAY, items,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        http->tls ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, retrieve_nothing,
        MHD_OPTION_HTTPS_PRIORITIES, tls_priorities, MHD_OPTION_END);
    if (!http->daemon) {
        log_error("cannot serve HTTP", log_str("error", strerror(errno)));
        return -1;
    }
    return 0;
}

void http_reload(void *context)
{
    struct http *http = context;
    if (http->tls)
        tls_reload(http->tls);
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
    head_clock_free(http->head_clock);
    tls_free(http->tls);
    access_free(http->access);
    journal_free(http->journal);
    free(http);
}
