/*
 * journal - the log's lines on batches: that one was accepted, and how it ended, each with the
 * request that made it and the trace that request belonged to. Private to server/http.
 *
 *     batch accepted batch=0192... numbers=20 id=5f3a... trace_id=0af7...
 *     batch ended batch=0192... status=completed numbers=20 seconds=0.000153 id=5f3a... trace_id=0af7...
 *
 * Written where every request gets a line (--log-requests=all). Which request it was is kept in
 * memory until the end, some 200 bytes a batch, and not in the store: it is for whoever follows a
 * request through logs, and the line of the acceptance has it for good. A batch that ends after a
 * restart has its line without. A batch that is at once at its end may be logged as ended before it
 * is as accepted.
 *
 * Any thread. A journal that is NULL writes nothing and costs nothing.
 */
#ifndef SERVER_HTTP_JOURNAL_H
#define SERVER_HTTP_JOURNAL_H

#include "server/batch.h"
#include "server/http/trace.h"

struct journal;

/* NULL without memory. */
struct journal *journal_new(void);

void journal_free(struct journal *journal);

/*
 * A request is about to make that batch: before the batch can end. Followed by journal_accepted()
 * or journal_forget(). Without memory the lines will lack the request. Both texts are copied.
 */
void journal_expect(struct journal *journal, const struct batch_id *id, const char *request_id,
                    const struct trace *trace);

void journal_accepted(const struct journal *journal, const struct batch *batch,
                      const char *request_id, const struct trace *trace);

/* It was not accepted. */
void journal_forget(struct journal *journal, const struct batch_id *id);

/* Once a batch. */
void journal_ended(struct journal *journal, const struct batch *batch);

#endif
