/*
 * upload_refusal - why a batch is not taken, as a problem. Private to server/http.
 *
 * Each function replies.
 */
#ifndef SERVER_HTTP_UPLOAD_REFUSAL_H
#define SERVER_HTTP_UPLOAD_REFUSAL_H

#include "server/http/request.h"
#include "server/intake/intake.h"

/* The body is longer than we take. */
void upload_refuse_too_large(struct request *request);

/* The store has no room for it, or the service is draining. */
void upload_refuse_unavailable(struct request *request, enum store_result result);

/* The body is no batch: the intake ended with a status other than INTAKE_OK. */
void upload_refuse_body(struct request *request, const struct intake *intake,
                        enum intake_status status);

#endif
