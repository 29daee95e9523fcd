/* batch - calls about one batch: its document, following it, canceling it, its verdicts. */
#ifndef CLIENT_BATCH_H
#define CLIENT_BATCH_H

#include "client/client.h"

/*
 * The id in an argument of the command line, alone or at the end of the batch's address; false if
 * it is none, which is said.
 */
bool batch_read_id(const char *argument, char id[BATCH_ID_SIZE]);

/* The batch in a document of the service; false if it is none. */
bool batch_parse(const char *text, size_t length, struct batch *batch);

/*
 * Follow client->batch, of which the id is enough, until it has ended, with progress. 0, or the
 * exit status when that fails; see client_failed().
 */
int batch_follow(struct client *client);

/* Ask the service to cancel client->batch, because a signal ends the program; says what came of it. */
void batch_cancel_for_signal(struct client *client);

/* Takes a line of the verdicts, without its end; false: enough. */
typedef bool batch_line(void *context, const char *line, size_t length);

/* Which verdicts. */
struct batch_query {
    const char *format; /* "ndjson" or "csv" */
    const char *only;   /* NULL: all */
    const char *after;  /* an index; NULL: from the start */
    uint64_t limit;     /* 0: none */
};

/*
 * Stream the verdicts of a batch line by line; goes on where the connection broke off. 0, or the
 * exit status when that fails.
 */
int batch_results(struct client *client, const char *id, const struct batch_query *query,
                  batch_line *take, void *context);

/* What became of it, a line on standard output: for people, or its document for programs. */
void batch_summarize(const struct client *client);

/* The exit status for how it ended. */
int batch_status(const struct batch *batch);

#endif
