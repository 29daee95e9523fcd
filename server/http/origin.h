/*
 * origin - what web pages may ask of the service. Private to server/http.
 *
 * A browser sends requests for whatever page it shows, with the reach of its user: to a service on
 * the same machine, say. Two headers tell such requests apart, and no page can forge them.
 *
 * - Origin (RFC 6454): the page a request is for. It must be the service's own, which is the case
 *   where it names the same host and port as Host does, or one of --cors-origin. Some requests of
 *   other pages would need no leave of the service otherwise: a POST of text/plain, which makes a
 *   batch.
 * - Host: a page whose name has been made to mean 127.0.0.1 (DNS rebinding) is of the same origin,
 *   but asks for its own name. So a service on the loopback answers to addresses, to localhost, and
 *   to names without a dot, which nobody can register; behind a trusted proxy, to any.
 *
 * Clients other than browsers send no Origin and are not concerned.
 */
#ifndef SERVER_HTTP_ORIGIN_H
#define SERVER_HTTP_ORIGIN_H

#include "server/http/request.h"

/* May the request go on? False after replying why not: 403, or 421 for a foreign Host. */
bool origin_check(struct request *request);

/*
 * Where pages of other origins are let in: add the headers that let this one read the reply, and
 * tell caches that it depends on who asks. False without memory.
 */
bool origin_mark(const struct request *request, struct MHD_Response *response);

/* Is it a question whether such a page may send a request (CORS preflight)? */
bool origin_is_preflight(const struct request *request);

#endif
