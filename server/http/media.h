/*
 * media - what the headers of a request say its body is. Private to server/http.
 */
#ifndef SERVER_HTTP_MEDIA_H
#define SERVER_HTTP_MEDIA_H

#include "server/http/request.h"
#include "server/intake/decoder.h"
#include "server/intake/intake.h"

/* The format its Content-Type names. False after replying that it is none of ours. */
bool media_read_format(struct request *request, enum intake_format *format);

/*
 * Does it have a Content-Encoding, and which? *coding is set where *encoded is. False after replying
 * that it is none of ours.
 */
bool media_read_coding(struct request *request, bool *encoded, enum decoder_coding *coding);

#endif
