/*
 * connection - what is kept of a client's connection from its opening to its end. Private to
 * server/http.
 */
#ifndef SERVER_HTTP_CONNECTION_H
#define SERVER_HTTP_CONNECTION_H

#include <microhttpd.h>
#include <stdint.h>

#include "server/http/head_clock.h"
#include "server/http/tls.h"

struct connection {
    struct head_debt debt;
    struct tls_identity *identity; /* NULL in the clear */
};

/*
 * A connection has been accepted: give it a certificate (NULL: none) and the time for a head. NULL
 * without memory; over TLS its handshake fails then.
 */
struct connection *connection_new(struct MHD_Connection *handle, struct head_clock *clock,
                                  struct tls *tls);

/*
 * It ends: libmicrohttpd has closed the session, and not yet the socket. What the client has not read
 * by then the kernel goes on sending, for idle_timeout_s from the last it took. NULL is harmless.
 */
void connection_free(struct connection *connection, struct head_clock *clock,
                     int64_t idle_timeout_s);

/* The connection of a handle, or NULL where there was no memory for it. */
struct connection *connection_of(struct MHD_Connection *handle);

/* The socket of a handle. */
int connection_socket(struct MHD_Connection *handle);

/*
 * Has the client closed its end, as far as its socket tells? What it sent before may yet be unread.
 */
bool connection_has_left(struct MHD_Connection *handle);

#endif
