/*
 * access - who may ask for what, and how often. Private to server/http.
 *
 * Each route has a rule. Where the service has tokens, a request to a route that is not public is
 * answered only if it brings one, in the header Authorization (RFC 6750); it is then its client's,
 * and sees the batches of that alone, unless it has the right to see all. Where the service has
 * none, all requests are of one client that has no name and every right: "a client" and "nobody"
 * need no telling apart further on.
 */
#ifndef SERVER_HTTP_ACCESS_H
#define SERVER_HTTP_ACCESS_H

#include "server/http/request.h"

/* NULL without memory. */
struct access *access_new(const struct http_options *options);

/* NULL is harmless. */
void access_free(struct access *access);

/*
 * May the request, whose route is known, go on? Sets its client. False after replying why not: 401,
 * 403, or 429 where its client has asked too often.
 */
bool access_check(struct request *request);

/*
 * Reply that the client of the request may not have so much queued: now (STORE_OVER_QUOTA, 429), or
 * ever (STORE_BEYOND_QUOTA, 413).
 */
void access_refuse_work(struct request *request, enum store_result result);

/* May the client of the request know of batches of that owner? */
bool access_sees(const struct request *request, const char *owner);

/* Whose batches the client of the request may list; NULL: everybody's. */
const char *access_lists(const struct request *request);

#endif
