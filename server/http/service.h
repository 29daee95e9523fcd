/* service - health and readiness. Private to server/http. */
#ifndef SERVER_HTTP_SERVICE_H
#define SERVER_HTTP_SERVICE_H

#include "server/http/request.h"

void service_health(struct request *request);
void service_readiness(struct request *request);

/* Worker processes that are running. */
unsigned service_workers(const struct http *http);

/* "ready", "draining" or, while there is no worker, "starting". */
const char *service_state(const struct http *http);

#endif
