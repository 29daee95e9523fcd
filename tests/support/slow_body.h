/*
 * slow_body - a request whose body comes in parts, and what the service has made of it meanwhile.
 */
#ifndef TESTS_SUPPORT_SLOW_BODY_H
#define TESTS_SUPPORT_SLOW_BODY_H

#include "common/text.h"
#include "tests/support/client.h"

/* Numbers in a chunk of small ones; see common/chunk.h. */
enum { CHUNK = 4096 };

/* Numbers of range_of() beyond its chunks. */
enum { FEW = 10 };

struct slow_body {
    struct primed *service;
    int connection;
    struct text body;
    size_t sent;
};

/* Send the head of a request with that body, which is the upload's from now on. */
struct slow_body slow_body_begin(struct primed *service, const char *query, const char *header,
                                 struct text body);

/* Send the body up to so many bytes before its end. */
void slow_body_until(struct slow_body *upload, size_t left);

/* Leave, whatever of the body was sent. */
void slow_body_close(struct slow_body *upload);

/* Send the rest; the answer. */
struct client_answer slow_body_finish(struct slow_body *upload);

double blocks_done(struct primed *service);
double discarded(struct primed *service);

/* Verdicts that are counted as those of batches. */
double verdicts(struct primed *service);

/* The service has nothing, has nothing to do, and has accepted nothing. */
void expect_nothing(struct primed *service);

/* The numbers 0 .. so many chunks, and a few. */
struct text range_of(size_t chunks);

/* A flag for each store: the durable one is the default. */
extern const char *const stores[2];

#endif
