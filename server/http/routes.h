/* routes - which path and method goes where. Private to server/http. */
#ifndef SERVER_HTTP_ROUTES_H
#define SERVER_HTTP_ROUTES_H

#include "server/http/request.h"

/*
 * Find the route of a request by its decoded path and its method: sets route and argument. False after
 * replying, as there is none: 404, 405, or 204 to OPTIONS.
 */
bool routes_find(struct request *request, const char *path);

#endif
