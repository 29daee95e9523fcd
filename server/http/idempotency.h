/*
 * idempotency - Idempotency-Key: a request that is sent again makes no second batch. Private to
 * server/http.
 *
 * A client that has heard no answer cannot know whether its batch was accepted. Where it names its
 * request by a key, it may send it again: the store finds the batch the key has made, and the
 * request is answered with that (draft-ietf-httpapi-idempotency-key-header, which leaves the rest
 * to the service; the contract says what that is here).
 *
 *   read ──► begin ──► a draft, the key is claimed ──► feed, end ──► commit, with the fingerprint
 *               │
 *               └────► a repeat: there is a batch ──► feed, end ──► recall: the batch
 *
 * What the store gets are hashes (SHA-256): of the key, and of the request as the fingerprint that
 * tells whether a repeat asks for the same. That is the hash of the octets of the body and of how
 * they were read, taken as they arrive: equal fingerprints mean equal batches, whatever the chunks
 * of a body or the version of this program. Each client has keys of its own: its
 * name is hashed before the key.
 *
 * Requests without the header cost nothing here: they have no struct idempotency. One thread at a
 * time.
 */
#ifndef SERVER_HTTP_IDEMPOTENCY_H
#define SERVER_HTTP_IDEMPOTENCY_H

#include "server/http/request.h"
#include "server/intake/intake.h"

enum { IDEMPOTENCY_KEY_MAX = 255 }; /* octets of a key, its quotes and backslashes not counted */

struct idempotency;

/*
 * Read the header: *idempotency, to be freed, or NULL if the request has none. False after replying
 * that it is malformed, or that there is no memory.
 */
bool idempotency_read(struct request *request, struct idempotency **idempotency);

/*
 * Begin a draft under the key, see store_begin_owned(); where that answers STORE_KNOWN, the request
 * is a repeat, and may have its body read.
 */
enum store_result idempotency_begin(struct idempotency *idempotency, struct store *store,
                                    const struct store_owner *owner, struct store_draft **draft);

/* A piece of the body. */
void idempotency_feed(struct idempotency *idempotency, const char *bytes, size_t size);

/* The body is complete, and was read in that format: the fingerprint of the request. */
const struct store_hash *idempotency_end(struct idempotency *idempotency,
                                         enum intake_format format);

/* Is the request a repeat? False for NULL. */
bool idempotency_is_repeat(const struct idempotency *idempotency);

/* Does the repeat, which has ended, ask for what the first request asked for? */
bool idempotency_is_same(const struct idempotency *idempotency);

/* The batch of the first request, as it is now. False after replying that there is none any more. */
bool idempotency_recall(struct request *request, const struct idempotency *idempotency,
                        struct batch *batch);

/* Reply that another request with the key is under way. */
void idempotency_reply_busy(struct request *request);

/* Reply that the key was used for another request. */
void idempotency_reply_reused(struct request *request);

/* NULL is harmless. */
void idempotency_free(struct idempotency *idempotency);

#endif
