/* batches - looking at batches, listing, canceling and deleting them. Private to server/http. */
#ifndef SERVER_HTTP_BATCHES_H
#define SERVER_HTTP_BATCHES_H

#include "common/text.h"
#include "server/http/request.h"

void batches_list(struct request *request);
void batches_get(struct request *request);
void batches_delete(struct request *request);
void batches_cancel(struct request *request);

/*
 * While the disk takes a batch in: write the reply of a request that waits for it to an empty text,
 * if the batch has ended already, as the smallest have. It is in memory still. A long
 * one is left to be written when it can be sent.
 */
void batches_prepare(struct request *request, const struct batch_id *id, struct text *prepared);

/*
 * Reply to the POST of a batch: 202, or, where the request waits and the batch ends in time, 200
 * with its results. `repeated`: an earlier request has made the batch, and the reply says so.
 * `prepared`, if neither NULL nor empty, is that reply, and used up. May suspend the connection;
 * then call it again.
 */
void batches_reply_accepted(struct request *request, const struct batch *batch, bool repeated,
                            struct text *prepared);

/* Write a batch as JSON, without a line end, and without its last brace if `open`. */
void batches_write(struct http *http, struct text *text, const struct batch *batch, bool open);

#endif
