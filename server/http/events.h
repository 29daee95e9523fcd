/* events - GET /v1/batches/{id}/events: progress as server-sent events. Private to server/http. */
#ifndef SERVER_HTTP_EVENTS_H
#define SERVER_HTTP_EVENTS_H

#include "server/http/request.h"

void events_get(struct request *request);

#endif
