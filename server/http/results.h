/* results - GET /v1/batches/{id}/results, as a page or as a stream. Private to server/http. */
#ifndef SERVER_HTTP_RESULTS_H
#define SERVER_HTTP_RESULTS_H

#include "common/text.h"
#include "server/http/request.h"

void results_get(struct request *request);

/*
 * Write all results of a batch that has ended as JSON items, a comma between two. False, and
 * nothing is written, where that would be more than a page may hold, or the batch is gone.
 */
bool results_write_all(const struct http *http, const struct batch *batch, struct text *text);

#endif
