/*
 * exchange - requests to the service without a network: it runs in this process, its own code whole,
 * on a stand-in for libmicrohttpd that hands it requests which were never bytes on a wire.
 *
 * The stand-in (exchange.c) has those functions of libmicrohttpd that know a connection or a
 * response, and calls the service back as libmicrohttpd does: once for the headers, for each piece
 * of the body, at the end, again after each suspension, and at last when the reply is over.
 */
#ifndef TESTS_FUZZ_EXCHANGE_H
#define TESTS_FUZZ_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

enum { EXCHANGE_HEADERS_MAX = 24 };

struct exchange_header {
    char *name;
    char *value;
};

/* A request, as libmicrohttpd would have read it. */
struct exchange_request {
    const char *method;
    const char *target;
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    const char *body;
    size_t body_size;
    bool breaks_off; /* the client leaves when half of the body was sent */
};

struct exchange_reply {
    unsigned status; /* 0: none, the connection was closed */
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    struct text body; /* terminated */
};

/* Start the service: a store in memory, one worker. Once in a process; it ends with it. */
void exchange_start(void);

/* Send a request, and take all of its reply, which exchange_free() frees. */
struct exchange_reply exchange(const struct exchange_request *request);
void exchange_free(struct exchange_reply *reply);

/* The value of the reply's header of that name, or NULL. */
const char *exchange_header(const struct exchange_reply *reply, const char *name);

/* Delete the batch at that address, if it is not NULL: it must be there, or have been. */
void exchange_delete(const char *location);

/*
 * A connection on which that request has come, which must outlive it, for parts of the service that
 * look at no more than its head; from a client of 127.0.0.1. exchange_hang_up() frees it, and returns
 * the status of the reply that was queued meanwhile, 0 if there was none.
 */
struct MHD_Connection *exchange_connection(const struct exchange_request *request);
unsigned exchange_hang_up(struct MHD_Connection *connection);

/* Hold a reply to what is true of all of them. */
void exchange_check(const struct exchange_request *request, const struct exchange_reply *reply);

#endif
