/*
 * http - the HTTP front: what openapi.yaml says, on libmicrohttpd.
 *
 * From POST to verdict and back, by file:
 *
 *   daemon.c       libmicrohttpd: threads, limits, the way of a request through the callbacks
 *   routes.c       which path and method goes to which handler
 *   request.c      the state of one request: parameters, headers, cleaning up
 *   framing.c      is its head one that everybody reads alike?
 *   origin.c       what pages in browsers may ask; forwarded.c: who it is from, behind proxies
 *   reply.c        sending documents; problem.c: sending problems (RFC 9457)
 *   access.c       who may ask for what, and how often: tokens, owners, quotas on requests
 *   upload.c       POST /v1/batches: body ─► intake ─► store ─► dispatcher; upload_refusal.c: or not
 *   media.c        Content-Type and Content-Encoding
 *   idempotency.c  Idempotency-Key: the same request again
 *   batches.c      looking at batches, listing, canceling, deleting them
 *   results.c      GET .../results: pages and streams; negotiate.c: in which format;
 *                  result_cursor.c: through the chunks; result_format.c: one item; stream.c: in pieces
 *   events.c       GET .../events
 *   numbers.c      GET /v1/numbers/{n}
 *   service.c      health and readiness; status.c, metrics.c: figures; histogram.c: spans of time
 *   trace.c        the trace a request belongs to; journal.c: lines of the log on batches
 *   site.c         the contract and the pages for people, the files of page/; assets.S: their bytes
 *   connection.c   one connection from its opening to its end: its certificate, and by
 *                  head_clock.c the time its heads may take
 *   tls.c          certificates, and reading them anew; tls_ask.c: the client's side, for health
 *   waiters.c      requests that wait for a batch, suspended, holding no thread
 *
 * Only this folder knows libmicrohttpd. A handler never blocks: it replies, or suspends its
 * connection and is called again.
 */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include "common/arena.h"
#include "server/batch.h"
#include "server/config.h"
#include "server/dispatcher/dispatcher.h"
#include "server/keyring.h"
#include "server/store/store.h"

struct http;

struct http_options {
    const struct config *config;
    struct arena *arena;
    struct store *store;
    struct store *scratch; /* in memory, for single numbers too big to be tested on the spot */
    const struct keyring *keyring; /* NULL: everybody may come */
    int listen_socket;             /* stays the caller's */
};

/* Prepare, without serving yet. NULL without memory. */
struct http *http_new(const struct http_options *options);

/*
 * A batch has changed: wake whoever waits for it. A dispatcher_listener whose context is the http.
 */
void http_notify(void *http, const struct store *store, const struct batch *batch);

/* Serve, with that dispatcher. 0, or -1 after logging why not. */
int http_start(struct http *http, struct dispatcher *dispatcher);

/*
 * Read the files anew that the configuration names (the certificate and its key): what is not right
 * is said in the log, and what was in use stays so. Any thread, one at a time.
 */
void http_reload(void *http);

/*
 * Let the requests that are under way finish, for at most grace_ns, taking no new connections; those
 * that wait for the store to write, until it has and for as long again, to be answered. Then stop
 * serving and free everything. After http_start() only.
 */
void http_stop(struct http *http, int64_t grace_ns);

#endif
