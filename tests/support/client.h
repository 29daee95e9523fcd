/* client - talking HTTP to a service as an ordinary client does, with libcurl. */
#ifndef TESTS_SUPPORT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_H

#include "tests/support/primed.h"

struct client_request {
    const char *method;
    const char *path;
    const char *type;       /* the Content-Type, NULL: none */
    const void *body;       /* NULL: none */
    size_t size;            /* 0: the body is a string */
    bool chunked;           /* without a Content-Length */
    const char *headers[4]; /* "Name: value", as many as there are */
};

/* All of it lives until the service's end. */
struct client_answer {
    long status;         /* 0: none came */
    const char *headers; /* as they came, one a line */
    const char *body;    /* terminated */
    size_t size;
};

/* Send a request given as members of struct client_request, and receive the answer. */
#define client_send(service, ...) client_call(service, &(struct client_request){__VA_ARGS__})
struct client_answer client_call(struct primed *service, const struct client_request *request);

struct client_answer client_get(struct primed *service, const char *path);

/* The value of a header; NULL if there is none. Lives until the service's end. */
const char *client_header(struct primed *service, const struct client_answer *answer,
                          const char *name);

/* The body as JSON, which it must be; lives until the service's end. */
json_t *client_json(struct primed *service, const struct client_answer *answer);

/* Fail the test unless it is a problem document of that status and type ("gone"). */
void client_expect_problem(struct primed *service, const struct client_answer *answer, long status,
                           const char *type);

/*
 * The value of a sample in /metrics ("primed_workers", `name{label="value"}`); -1 if it is not
 * there.
 */
double client_metric(struct primed *service, const char *sample);

#endif
