/* dispatcher - the thread, and the calls of dispatcher.h. */
#include "server/dispatcher/dispatcher.h"

#include <signal.h>
#include <stdlib.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/ring.h"
#include "server/dispatcher/parts.h"

/* Tell the listener; without the lock. */
static void tell(struct dispatcher *d, const struct news *news)
{
    if (news->store)
        d->options.listener(d->options.context, news->store, &news->batch);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* When draining: is everything done that should be before the pool may close? */
static bool is_drained(struct dispatcher *d)
{
    bool all_out = d->schedule.count == 0 && TAILQ_EMPTY(&d->held);
    return d->in_flight == 0 && (all_out || !d->options.finish_all);
}

/* A sentinel for each worker there is. The supervisor forks none once it sees pool_closing. */
static void close_pool(struct dispatcher *d)
{
    d->closed = true;
    atomic_store(&d->arena->control->pool_closing, 1);
    FAULT_POINT("close_pool.closing");
    handout_sentinels(d, handout_workers(d));
}

static bool is_asked(const struct control *control)
{
    return atomic_load(&control->alive_asked) != atomic_load(&control->alive_answered);
}

/* Tell the supervisor that this thread goes round, where it has asked. */
static void answer_alive(const struct dispatcher *d)
{
    struct control *control = d->arena->control;
    if (!is_asked(control))
        return;
    atomic_store(&control->alive_answered, atomic_load(&control->alive_asked));
    kill(d->options.supervisor, SIGUSR1);
}

/*
 * After board_prepare_wait(): is there something, beside the board, that came in since the last
 * look?
 */
static bool has_news(struct dispatcher *d, bool draining, int64_t sleep_ns)
{
    bool drain = atomic_load(&d->arena->control->state) == CONTROL_DRAIN;
    uint32_t wanted = atomic_load(&d->arena->control->sentinels_wanted);
    bool asked = is_asked(d->arena->control);
    pthread_mutex_lock(&d->lock);
    bool fills = !draining || d->options.finish_all;
    bool can_send = fills && wanted != d->sentinels_sent && d->free_count > 0;
    bool roused = sleep_ns < 0 && d->in_flight > 0;
    pthread_mutex_unlock(&d->lock);
    return drain != draining || asked || can_send || roused;
}

static void *dispatcher_main(void *argument)
{
    pthread_setname_np(pthread_self(), "dispatcher"); /* for who looks at threads */
    struct dispatcher *d = argument;
    for (;;) {
        struct news news = {.store = NULL};
        bool draining = atomic_load(&d->arena->control->state) == CONTROL_DRAIN;
        pthread_mutex_lock(&d->lock);
        bool harvested = harvest_one(d, &news);
        if (!draining || d->options.finish_all)
            handout_fill(d);
        bool drained = draining && is_drained(d);
        if (drained)
            close_pool(d);
        int64_t sleep_ns = harvested ? 0 : watch_sleep_time(d);
        pthread_mutex_unlock(&d->lock);

        tell(d, &news);
        answer_alive(d);
        if (drained)
            return NULL;
        if (harvested)
            continue;
        board_prepare_wait(d->arena);
        if (!has_news(d, draining, sleep_ns))
            board_wait(d->arena, sleep_ns);
    }
}

/* --- what the front calls --------------------------------------------------------------------- */

struct dispatcher *dispatcher_start(const struct dispatcher_options *options)
{
    unsigned blocks = options->arena->block_count;
    struct dispatcher *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->options = *options;
    d->arena = options->arena;
    d->pace = 1;
    d->trial = NO_TRIAL;
    d->head = atomic_load(&d->arena->ring->head);
    d->flights = calloc(blocks, sizeof *d->flights);
    d->free_blocks = calloc(blocks, sizeof *d->free_blocks);
    if (!d->flights || !d->free_blocks)
        goto failed;
    for (uint32_t i = 0; i < blocks; i++)
        d->free_blocks[d->free_count++] = blocks - 1 - i;
    schedule_init(&d->schedule);
    schedule_init(&d->early);
    TAILQ_INIT(&d->held);
    pthread_mutex_init(&d->lock, NULL);
    pthread_mutex_init(&d->stats_lock, NULL);
    if (pthread_create(&d->thread, NULL, dispatcher_main, d) != 0) {
        pthread_mutex_destroy(&d->stats_lock);
        pthread_mutex_destroy(&d->lock);
        goto failed;
    }
    return d;

failed:
    free(d->flights);
    free(d->free_blocks);
    free(d);
    return NULL;
}

int dispatcher_submit(struct dispatcher *d, struct store *store, const struct batch *batch)
{
    struct news news = {.store = NULL};
    if (!spot_test(d, store, batch, &news))
        return dispatcher_resume(d, store, batch);
    tell(d, &news);
    return 0;
}

int dispatcher_resume(struct dispatcher *d, struct store *store, const struct batch *batch)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return -1;
    job->id = batch->id;
    job->store = store;
    job->priority = batch->priority;
    job->chunk_count = batch->chunk_count;
    job->cost_ns = batch->cost_ns;

    pthread_mutex_lock(&d->lock);
    if (d->closed || id_map_put(&d->jobs, &job->id, job) < 0) {
        pthread_mutex_unlock(&d->lock);
        free(job);
        return -1;
    }
    schedule_guess_pace(job, d->pace);
    schedule_add(&d->schedule, job);
    handout_first(d, job);
    handout_fill(d);
    watch_rouse(d);
    pthread_mutex_unlock(&d->lock);

    /* Somebody may have found it in the store and canceled it before it was here. */
    struct batch now;
    if (store_get(store, &batch->id, &now) == STORE_OK && now.status == BATCH_CANCELING)
        dispatcher_cancel(d, &batch->id);
    return 0;
}

void dispatcher_cancel(struct dispatcher *d, const struct batch_id *id)
{
    struct news news = {.store = NULL};
    pthread_mutex_lock(&d->lock);
    struct job *job = id_map_get(&d->jobs, id);
    if (job && !job->canceled) {
        job->canceled = true;
        schedule_remove(&d->schedule, job);
        handout_let_go(d, job);
        if (store_drop(job->store, &job->id, job->next_chunk, &news.batch) == STORE_OK)
            news.store = job->store;
        FAULT_POINT("dispatcher_cancel.dropped");
        watch_stop(d, job);
        handout_release(d, job);
        board_ring_bell(d->arena); /* to look after those in flight */
    }
    pthread_mutex_unlock(&d->lock);
    tell(d, &news);
}

double dispatcher_eta(struct dispatcher *d, const struct batch_id *id)
{
    double eta = -1;
    pthread_mutex_lock(&d->lock);
    const struct job *job = id_map_get(&d->jobs, id);
    unsigned workers = handout_workers(d);
    if (job && workers > 0) {
        double time_ns = schedule_time_until_done(&d->schedule, job);
        for (uint32_t i = 0; i < d->arena->block_count; i++) {
            const struct flight *flight = &d->flights[i];
            time_ns += flight->job ? (double)flight->cost_ns * flight->job->pace : 0;
        }
        eta = time_ns / 1e9 / harvest_concurrency(d);
    }
    pthread_mutex_unlock(&d->lock);
    return eta;
}

void dispatcher_read_stats(struct dispatcher *d, struct dispatcher_stats *stats)
{
    pthread_mutex_lock(&d->stats_lock);
    *stats = d->stats;
    pthread_mutex_unlock(&d->stats_lock);
    pthread_mutex_lock(&d->lock);
    stats->queue_length = d->schedule.count;
    uint64_t cost_ns = d->schedule.cost_ns;
    const struct job *job;
    TAILQ_FOREACH(job, &d->held, turn)
    {
        stats->queue_length++;
        cost_ns += job->cost_ns;
    }
    stats->queue_seconds = (double)cost_ns * d->pace / 1e9;
    stats->blocks_done = d->blocks_done;
    stats->blocks_resumed = d->blocks_resumed;
    pthread_mutex_unlock(&d->lock);
}

void dispatcher_drain(struct dispatcher *d)
{
    pthread_join(d->thread, NULL);
}

void dispatcher_free(struct dispatcher *d)
{
    handout_unhold(d);
    for (struct job *job; (job = schedule_next(&d->schedule)) != NULL;) {
        schedule_remove(&d->schedule, job);
        handout_release(d, job);
    }
    id_map_destroy(&d->jobs);
    pthread_mutex_destroy(&d->stats_lock);
    pthread_mutex_destroy(&d->lock);
    free(d->flights);
    free(d->free_blocks);
    free(d);
}
