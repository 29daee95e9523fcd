/* journal - which request made which batch, and the lines. See journal.h. */
#include "server/http/journal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/id_map.h"

struct journal {
    pthread_mutex_t lock;
    struct id_map origins; /* id to struct origin */
};

/* The request that made a batch. */
struct origin {
    struct trace trace;
    char request_id[];
};

struct journal *journal_new(void)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal)
        pthread_mutex_init(&journal->lock, NULL);
    return journal;
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    for (size_t i = 0; i < journal->origins.capacity; i++)
        free(journal->origins.entries[i].value);
    id_map_destroy(&journal->origins);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

void journal_expect(struct journal *journal, const struct batch_id *id, const char *request_id,
                    const struct trace *trace)
{
    size_t size = strlen(request_id) + 1;
    struct origin *origin = journal ? malloc(sizeof *origin + size) : NULL;
    if (!origin)
        return;
    origin->trace = *trace;
    memcpy(origin->request_id, request_id, size);
    pthread_mutex_lock(&journal->lock);
    int failed = id_map_put(&journal->origins, id, origin);
    pthread_mutex_unlock(&journal->lock);
    if (failed)
        free(origin);
}

/* Take out what is known of the batch's request; NULL if nothing is. The caller's to free. */
static struct origin *take_origin(struct journal *journal, const struct batch_id *id)
{
    pthread_mutex_lock(&journal->lock);
    struct origin *origin = id_map_remove(&journal->origins, id);
    pthread_mutex_unlock(&journal->lock);
    return origin;
}

void journal_forget(struct journal *journal, const struct batch_id *id)
{
    if (journal)
        free(take_origin(journal, id));
}

void journal_accepted(const struct journal *journal, const struct batch *batch,
                      const char *request_id, const struct trace *trace)
{
    char id[BATCH_ID_TEXT_SIZE];
    if (journal)
        log_info("batch accepted", log_str("batch", batch_id_format(id, &batch->id)),
                 log_int("numbers", (int64_t)batch->total), log_str("id", request_id),
                 trace_field(trace));
}

void journal_ended(struct journal *journal, const struct batch *batch)
{
    char id[BATCH_ID_TEXT_SIZE];
    if (!journal)
        return;
    static const struct trace none;
    struct origin *origin = take_origin(journal, &batch->id);
    log_info("batch ended", log_str("batch", batch_id_format(id, &batch->id)),
             log_str("status", batch_status_name(batch->status)),
             log_int("numbers", (int64_t)batch->total),
             log_seconds("seconds", (double)(batch->ended_ns - batch->created_ns) / 1e9),
             log_str(origin ? "id" : NULL, origin ? origin->request_id : NULL),
             trace_field(origin ? &origin->trace : &none));
    free(origin);
}
