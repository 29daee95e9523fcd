/* status - GET /v1/status, the live state in one document. Private to server/http. */
#ifndef SERVER_HTTP_STATUS_H
#define SERVER_HTTP_STATUS_H

#include "server/http/request.h"

void status_get(struct request *request);

#endif
