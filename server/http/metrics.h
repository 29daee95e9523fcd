/* metrics - GET /metrics, in the text format of Prometheus. Private to server/http. */
#ifndef SERVER_HTTP_METRICS_H
#define SERVER_HTTP_METRICS_H

#include "server/http/request.h"

void metrics_get(struct request *request);

#endif
