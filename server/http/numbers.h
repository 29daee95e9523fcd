/* numbers - GET /v1/numbers/{n}: one number, answered at once. Private to server/http. */
#ifndef SERVER_HTTP_NUMBERS_H
#define SERVER_HTTP_NUMBERS_H

#include "server/http/request.h"

void numbers_get(struct request *request);

#endif
