/*
 * upload - POST /v1/batches: the body goes through the intake into a draft of the store as it
 * arrives; with its end the draft becomes a batch, and the batch goes to the dispatcher. Private to
 * server/http.
 */
#ifndef SERVER_HTTP_UPLOAD_H
#define SERVER_HTTP_UPLOAD_H

#include "server/http/request.h"

/* The three parts of the route; see struct route. */
bool upload_begin(struct request *request);
size_t upload_body(struct request *request, const char *bytes, size_t size);
void upload_handle(struct request *request);

#endif
