/* early - a job that grows, and what becomes of it. See early.h. */
#include "server/dispatcher/early.h"

#include <stdlib.h>

#include "common/board.h"
#include "common/fault.h"
#include "server/dispatcher/parts.h"

/* With the second chunk it is no small batch, which would be tested at once and as a whole. */
enum { EARLY_CHUNKS = 2 };

/* --- what the rest of the dispatcher asks ----------------------------------------------------- */

/* May anything be begun that may be for nothing? A drain refuses the bodies that are under way. */
static bool may_begin(const struct dispatcher *d)
{
    return !d->closed && atomic_load(&d->arena->control->state) == CONTROL_RUN;
}

struct job *early_next(struct dispatcher *d)
{
    return may_begin(d) ? schedule_next(&d->early) : NULL;
}

void early_wait(struct dispatcher *d, struct job *job)
{
    schedule_remove(&d->early, job);
    job->waits = true;
}

enum store_result early_numbers(const struct job *job, uint32_t index, struct chunk *chunk,
                                uint64_t *words)
{
    if (job->draft)
        return store_draft_numbers(job->store, job->draft, index, chunk, words);
    return job->store ? store_numbers(job->store, &job->id, index, chunk, words) : STORE_GONE;
}

enum store_result early_post(struct dispatcher *d, struct job *job, uint32_t index,
                             struct news *news)
{
    const struct post *post = &d->post;
    if (job->draft)
        return store_draft_post(job->store, job->draft, index, post->verdicts, post->seconds);
    if (!job->store)
        return STORE_GONE;
    enum store_result result =
        store_post(job->store, &job->id, index, post->verdicts, post->seconds, &news->batch);
    if (result == STORE_OK)
        news->store = job->store;
    return result;
}

/* --- what the front calls --------------------------------------------------------------------- */

/* The job of a draft that has become no batch, or one the job cannot go on with. */
static void abandon(struct dispatcher *d, struct job *job)
{
    schedule_remove(&d->early, job);
    job->draft = NULL;
    job->store = NULL;
    tally_discarded(d, job->posted);
    watch_stop(d, job);
    handout_release(d, job);
    board_ring_bell(d->arena); /* to look after those in flight */
}

static struct job *new_job(struct dispatcher *d, struct store *store, struct store_draft *draft)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->store = store;
    job->draft = draft;
    schedule_guess_pace(job, d->pace);
    return job;
}

void early_append(struct early *early, struct store_draft *draft, uint64_t cost_ns)
{
    struct dispatcher *d = early->dispatcher;
    early->chunk_count++;
    early->cost_ns += cost_ns;
    if (!early->job && early->chunk_count < EARLY_CHUNKS)
        return;
    pthread_mutex_lock(&d->lock);
    if (!early->job)
        early->job = new_job(d, early->store, draft);
    if (early->job) {
        schedule_grow(&d->early, early->job, early->chunk_count, early->cost_ns);
        early->chunk_count = 0;
        early->cost_ns = 0;
        if (may_begin(d)) {
            handout_fill(d);
            watch_rouse(d);
        }
    }
    pthread_mutex_unlock(&d->lock);
    FAULT_POINT("early_append.handed_out");
}

void early_discard(struct early *early)
{
    struct dispatcher *d = early->dispatcher;
    if (!early->job)
        return;
    pthread_mutex_lock(&d->lock);
    abandon(d, early->job);
    pthread_mutex_unlock(&d->lock);
    early->job = NULL;
    FAULT_POINT("early_discard.stopped");
}

/* The job of a draft that has just become that batch goes on as any other. False if it cannot. */
static bool go_on(struct dispatcher *d, struct job *job, struct batch *batch)
{
    tally_batch(d, batch);
    job->posted = 0;
    if (d->closed || id_map_put(&d->jobs, &batch->id, job) < 0)
        return false;
    job->id = batch->id;
    job->draft = NULL;
    job->priority = batch->priority;
    job->started = job->next_chunk > 0 && store_start(job->store, &job->id, batch) == STORE_OK;
    if (job->next_chunk < job->chunk_count) {
        schedule_add(&d->schedule, job);
        handout_fill(d);
        watch_rouse(d);
    } else {
        handout_release(d, job);
    }
    return true;
}

enum store_result early_commit(struct early *early, struct store_draft *draft,
                               const struct batch_spec *spec, struct batch *batch,
                               store_committed *done, early_made *made, void *context)
{
    struct dispatcher *d = early->dispatcher;
    struct job *job = early->job;
    early->job = NULL;
    /* Of one lock, so that no verdict goes to a draft that is none any more. */
    if (job) {
        pthread_mutex_lock(&d->lock);
        schedule_remove(&d->early, job);
    }
    enum store_result result = store_commit(early->store, draft, spec, batch, done, context);
    if (result == STORE_OK)
        made(context, batch);
    FAULT_POINT("early_commit.committed");
    if (job) {
        early->submitted = result == STORE_OK && go_on(d, job, batch);
        if (!early->submitted)
            abandon(d, job);
        pthread_mutex_unlock(&d->lock);
    }
    return result;
}
