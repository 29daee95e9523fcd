/*
 * framing - is the head of a request one that every reader reads alike? Private to server/http.
 *
 * A request that a proxy and the service behind it read differently is how another is smuggled past
 * the proxy (RFC 9112, 11.2). libmicrohttpd is lenient; what it lets through, and others might read
 * otherwise, is found here.
 */
#ifndef SERVER_HTTP_FRAMING_H
#define SERVER_HTTP_FRAMING_H

#include "server/http/request.h"

/*
 * 0 if all is well; otherwise the status to refuse the request with, and then to close its
 * connection, since nobody knows where the next one begins.
 */
unsigned framing_check(const struct request *request, const char *version);

#endif
