/*
 * http - calls to the service, and patience with it.
 *
 * A call is tried again, with growing pauses, while the service cannot be reached, does not answer,
 * or says that it is busy for now (429, 502, 503, 504), until the timeout has passed since the
 * first failure in a row. Calls that create something carry an Idempotency-Key, the same with each
 * try, so that it is created once. A body that was handed on in part is never fetched again from
 * the start.
 *
 * While it waits, the caller's `tick` is called ten times a second, and a signal that would end the
 * program ends the call. One thread uses it.
 */
#ifndef CLIENT_HTTP_H
#define CLIENT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/terminal.h"
#include "common/text.h"

struct http;

struct http_options {
    const char *url;        /* of the service, "http://127.0.0.1:8080" */
    const char *token_file; /* NULL: the token is in PRIMED_TOKEN, if anywhere */
    const char *cacert;     /* NULL: the system's certificates */
    int64_t timeout_s;
    struct terminal *terminal; /* for its signals; outlives the struct http */
    void (*tick)(void *context);
    void *context; /* of tick */
};

/* A connection to be; NULL if that cannot be, which is said on standard error. */
struct http *http_open(const struct http_options *options);
void http_close(struct http *http);

/* What is read as the body of a request. */
struct http_source {
    /* The next bytes, up to size; 0 at the end. Or HTTP_SOURCE_LATER: wait until `descriptor` is
     * readable. Or HTTP_SOURCE_FAILED. */
    long (*read)(void *context, char *out, size_t size);
    /* Start again from the beginning; false if that cannot be. */
    bool (*rewind)(void *context);
    void *context;
    int descriptor;
};
enum { HTTP_SOURCE_LATER = -1, HTTP_SOURCE_FAILED = -2 };

struct http_call {
    const char *method; /* "GET" */
    const char *path;   /* "/v1/batches" */
    const char *type;   /* the Content-Type of the body; NULL: no body */
    const char *body;   /* the body, terminated; or */
    const struct http_source *source;
    bool keyed;  /* creates something: with an Idempotency-Key */
    bool quick;  /* is answered at once; else the answer may be a long time in coming */
    bool lively; /* the answer is a stream on which something comes every 15 s */
    /* Takes the body of a 2xx answer as it comes; false: enough. NULL: it goes to answer.body. */
    bool (*sink)(void *context, const char *bytes, size_t size);
    void *context; /* of sink */
};

enum http_result {
    HTTP_OK,            /* a 2xx answer, whole, or as much as the sink wanted */
    HTTP_REFUSED,       /* another one; its body is a problem document as a rule */
    HTTP_BROKEN,        /* a 2xx answer that broke off after the sink had some of it */
    HTTP_UNREACHABLE,   /* no answer, or the service is busy, and the time is over */
    HTTP_MISLED,        /* the URL or the certificates are wrong, or no primed answers there */
    HTTP_SOURCE_BROKEN, /* the source failed, or cannot be read again */
    HTTP_INTERRUPTED,   /* by a signal: answer.signal */
};

enum { HTTP_REASON_SIZE = 384 };

struct http_answer {
    enum http_result result;
    long status; /* 0: none came */
    int signal;
    unsigned tries;
    int64_t retry_after_s;         /* of the Retry-After; 0: none */
    char reason[HTTP_REASON_SIZE]; /* why there is no answer, in words */
    struct text body;              /* terminated, but not counting that */
};

/* Make a call, as often as it takes. Free the answer by http_free_answer(). */
void http_perform(struct http *http, const struct http_call *call, struct http_answer *answer);
void http_free_answer(struct http_answer *answer);

/* Let time pass, with ticks; the signal that ended the program meanwhile, or 0. */
int http_pause(struct http *http, int64_t ns);

/*
 * How long to wait after the given number of failures in a row, before the next try: 0.1 s, doubled
 * by each failure up to 5 s, half of it by chance, so that many clients do not come in step.
 * random: 64 random bits.
 */
int64_t http_backoff_ns(unsigned failures, uint64_t random);

const char *http_url(const struct http *http);

/* Does it show a token? */
bool http_has_token(const struct http *http);

/* Why the service seems out of reach, while it is tried again; NULL while it is not. */
const char *http_trouble(const struct http *http);

#endif
