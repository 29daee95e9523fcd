/* routes - which path and method goes where. Private to server/http. */
#ifndef SERVER_HTTP_ROUTES_H
#define SERVER_HTTP_ROUTES_H

#include "server/http/request.h"

/*
 * Find the route of a request by its path, decoded, and its method: sets route and argument. False,
 * mostly after replying (404, 405, or 204 to OPTIONS), as there is none.
 */
bool routes_find(struct request *request);

#endif
