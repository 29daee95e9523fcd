/*
 * tls - the certificate of the service, by GnuTLS. Private to server/http, but for tls_check().
 *
 * An *identity* is a certificate chain with its private key. Each connection keeps the one it began
 * with, and there may be several at a time: tls_reload() puts another in place for the connections
 * to come, and an identity goes with the last connection that has it.
 */
#ifndef SERVER_HTTP_TLS_H
#define SERVER_HTTP_TLS_H

#include <stdbool.h>

#include "server/config.h"

struct tls;
struct tls_identity;

/*
 * What is spoken: TLS 1.3 and 1.2, forward secrecy and authenticated encryption only (RFC 9325).
 * Renegotiation by a client ends its connection: libmicrohttpd does not take part.
 */
extern const char tls_priorities[];

/*
 * Can the service run with the certificate and the key that are configured? True also where none
 * are; false after saying on standard error why not: one cannot be read, they are not each other's,
 * or the certificate is not valid today. In a process of its own, so that the key is never in the
 * memory of those that do not need it. Call while there is one thread.
 */
bool tls_check(const struct config *config);

/*
 * The identity that is configured, or NULL after logging why there is none. One that has expired is
 * taken with a warning: a front that comes after another must not fail where that one has not.
 */
struct tls *tls_new(const struct config *config);

/*
 * Read the files anew. What is not right, or not valid today, is logged and changes nothing. Any
 * thread, one at a time.
 */
void tls_reload(struct tls *tls);

/*
 * Let a new session (a gnutls_session_t) use the identity of today. Returns it, for
 * tls_release() after the session's end. Any thread.
 */
struct tls_identity *tls_join(struct tls *tls, void *session);

/* NULL is harmless. Any thread. */
void tls_release(struct tls_identity *identity);

/* After the last session; NULL is harmless. */
void tls_free(struct tls *tls);

#endif
