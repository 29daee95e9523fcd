/*
 * reply - sending what a handler has to say. Private to server/http.
 *
 * Each function replies once and for all: it sets request->replied and queues the response with the
 * headers every response has. Where memory runs out the connection is closed instead.
 */
#ifndef SERVER_HTTP_REPLY_H
#define SERVER_HTTP_REPLY_H

#include "common/text.h"
#include "server/http/request.h"

/* A header of a reply. */
struct reply_header {
    const char *name;
    const char *value;
};

#define REPLY_JSON "application/json"

/* Headers beside those every reply has; the list ends with an empty one. */
#define reply_headers(...) ((const struct reply_header[]){__VA_ARGS__, {NULL, NULL}})

/*
 * Send a text, which is used up, as the body. A NULL type sends no body and no Content-Type.
 * headers may be NULL.
 */
void reply_text(struct request *request, unsigned status, const char *type, struct text *text,
                const struct reply_header *headers);

/* Send bytes that live as long as the process. headers may be NULL. */
void reply_static(struct request *request, const char *type, const char *bytes, size_t size,
                  const struct reply_header *headers);

/* Send nothing but a status and headers. */
void reply_empty(struct request *request, unsigned status, const struct reply_header *headers);

/* Send a response made by the caller, which is used up; NULL: memory ran out. */
void reply_response(struct request *request, unsigned status, const char *type,
                    struct MHD_Response *response, const struct reply_header *headers);

/* Send the reply that was held until the body was read. */
void reply_release(struct request *request);

#endif
