/*
 * request - one request, from its headers to the end of its reply. Private to server/http.
 *
 * Life: daemon.c creates it when the headers are there and finds its route; the route's `begin`, if
 * it has one, sees it before the body, `body` each piece of it; then `handle` is called, and again
 * after each time it has suspended the connection, until it has replied. It is freed when
 * libmicrohttpd is done with the reply, or when the client has left.
 */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/http/head_clock.h"
#include "server/http/histogram.h"
#include "server/http/http.h"
#include "server/http/journal.h"
#include "server/http/tls.h"
#include "server/http/trace.h"
#include "server/http/waiters.h"
#include "server/intake/decoder.h"

/* Why a batch was refused, as the metrics tell it; problem.c says which problem is which. */
enum refusal {
    REFUSAL_INVALID,      /* the request is wrong */
    REFUSAL_TOO_LARGE,    /* more than one batch may be */
    REFUSAL_KEY,          /* its Idempotency-Key is in use, or was for something else */
    REFUSAL_QUOTA,        /* its client may not have more queued */
    REFUSAL_FULL,         /* the store has no room now, or the machine no memory */
    REFUSAL_NO_SPACE,     /* the disk is full */
    REFUSAL_STORE_FAILED, /* the store cannot be read */
    REFUSAL_DRAINING,     /* the service is stopping */
};
enum { REFUSALS = REFUSAL_DRAINING + 1 };

/* Counters for metrics.c; any thread. */
struct http_counters {
    _Atomic uint64_t requests[6]; /* by the first digit of the status */
    _Atomic uint64_t batches_accepted;
    _Atomic uint64_t numbers_accepted;
    _Atomic uint64_t batches_repeated; /* requests answered with the batch of an earlier one */
    _Atomic uint64_t batches_refused[REFUSALS];
    _Atomic uint64_t batches_ended[BATCH_STATUSES];
    struct histogram small_batches; /* from acceptance to completion; up to SMALL_BATCH numbers */
    struct histogram large_batches; /* the others */
    struct histogram request_durations;
};

enum { SMALL_BATCH = 1000 };

struct access;

struct http {
    struct http_options options;
    struct access *access;
    struct dispatcher *dispatcher;
    struct MHD_Daemon *daemon;
    struct waiters *waiters;
    struct head_clock *head_clock;
    struct tls *tls;         /* NULL: HTTP in the clear */
    bool is_local;           /* it listens on the loopback address */
    struct journal *journal; /* NULL: nobody wants to read of batches */
    struct http_counters counters;
    struct decoder_budget decoders;
    _Atomic uint32_t open_requests; /* begun and not completed; a futex word once finishing */
    _Atomic bool finishing;
    _Atomic uint64_t answer_bytes;   /* of texts made whose clients have not read them yet */
    _Atomic uint32_t store_sleepers; /* requests suspended until the store has written */
    _Atomic uint32_t questions;    /* single numbers that workers are asked about; see numbers.c */
    _Atomic uint64_t next_request; /* with request_prefix, the ids of requests that bring none */
    uint64_t request_prefix;
    int64_t started_ns; /* wall */
    int64_t began_ns;   /* the same moment, monotonic */
};

enum { REQUEST_ID_SIZE = 128 + 1 };

struct request;

/* Who may go there; see access.h. A route without a rule would answer nobody. */
enum route_rule {
    ROUTE_CLOSED,
    ROUTE_PUBLIC,  /* everybody: it has no data of any client's */
    ROUTE_CLIENT,  /* who has a token; of batches they see their own */
    ROUTE_METRICS, /* who has a token with the right metrics or admin */
};

/* What a path and method lead to. */
struct route {
    const char *method;
    const char *path; /* with at most one {} */
    enum route_rule rule;
    /* Before the body: may reply already (then true). NULL if the route takes no body. */
    bool (*begin)(struct request *request);
    /*
     * A piece of the body: how many of its bytes were taken. The others, of which there may be some
     * only where the connection was suspended, come again.
     */
    size_t (*body)(struct request *request, const char *bytes, size_t size);
    /* The whole request is there, or a wait is over: reply, or suspend. */
    void (*handle)(struct request *request);
};

struct request {
    struct http *http;
    struct MHD_Connection *connection;
    const char *method;        /* libmicrohttpd's; valid as long as the request */
    const struct route *route; /* NULL: none; the reply is an error */
    struct client client;      /* whose it is, once access_check() has let it in */
    char *uri;                 /* the path as the client wrote it, without the query; owned */
    char *argument;            /* what {} stands for, NULL if nothing; owned */
    char id[REQUEST_ID_SIZE];
    struct trace trace;
    int64_t began_ns; /* monotonic */
    bool head;        /* a GET without the body of its reply */
    bool replied;
    unsigned status; /* of the reply; 0 where there could be none, and the connection is closed */
    uint64_t body_declared;  /* what Content-Length says; UINT64_MAX if there is none */
    size_t answer_bytes;     /* of the text it is answered with, part of those of the service */
    uint64_t body_bytes;     /* received and done with */
    int64_t suspended_ns;    /* how long the body was not asked for, since the store had to write */
    int64_t suspended_at_ns; /* monotonic; 0: it is asked for */
    bool end_seen;           /* the client sends no more: daemon.c */

    /* A reply that is known before the body may wait until that is read; see daemon.c. */
    bool hold_reply;
    struct MHD_Response *held_reply;

    _Atomic uint64_t *refusals; /* a problem is counted there, by enum refusal; NULL: it is not */

    /* for whoever waits */
    struct waiter waiter;
    int64_t wait_until_ns; /* monotonic; 0: no wait was asked for */
    bool wait_parsed;

    /* what the handler keeps from one call to the next, and how it is freed; NULL: nothing */
    void *state;
    void (*release)(struct request *request);
};

/*
 * A new request, for a path as the client wrote it, without the query; or NULL without memory. The
 * method must live as long as the request.
 */
struct request *request_new(struct http *http, struct MHD_Connection *connection, const char *path,
                            const char *method);

/* The client has its reply, or has left: free everything. */
void request_free(struct request *request);

/* The value of a query parameter ("" if it has none), or NULL if it is not there. */
const char *request_query(const struct request *request, const char *name);

/* The value of a header, or NULL. */
const char *request_header(const struct request *request, const char *name);

/*
 * Read an integer query parameter of low .. high; *value is left alone where it is not there. False
 * after replying that it is malformed.
 */
bool request_query_integer(struct request *request, const char *name, uint64_t low, uint64_t high,
                           uint64_t *value);

/* Reply that a query parameter is malformed, with what it must be. */
void request_bad_query(struct request *request, const char *name, const char *expected);

/*
 * Work out until when this request wants to wait for its batch, by `?wait=N` or `Prefer: wait=N`;
 * sets wait_until_ns, once. False after replying that it is malformed.
 */
bool request_read_wait(struct request *request);

/*
 * The batch the path names, if the client of the request may see it. False after replying that
 * there is none (any more); another client's is as one that never was.
 */
bool request_batch(struct request *request, struct batch *batch);

/*
 * Has the client closed its end? libmicrohttpd does not look while a connection is suspended. May
 * also be true of one that has merely said all it has to say (a half-closed connection).
 */
bool request_client_left(const struct request *request);

/* A batch, once accepted, has ended: count it, and log it where that is wanted. */
void http_count_end(struct http *http, const struct batch *batch);

/* Is the service draining? */
bool http_is_draining(const struct http *http);

#endif
