/* dispatcher - blocks out, blocks back, and what becomes of a dead worker's block. See dispatcher.h. */
#include "server/dispatcher.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/ring.h"
#include "server/id_map.h"
#include "server/schedule.h"

enum {
    ATTEMPTS_MAX = 3,     /* workers a number may kill before it is failed */
    BULK_PER_WORKER = 2,  /* blocks in flight for each worker: one running, one to go on with */
    CANCEL_GRACE_MS = 20, /* a worker that has not seen a cancellation by then is killed */
    TIMEOUT_CHECKS = 10,  /* how often within its time limit a number is looked at */
    BEHIND_CHECK_MS = 5,  /* how often a store that is behind is looked at */
    LOOK_AGAIN_S = 1,     /* after which the dispatcher looks at blocks in flight in any case */
};

/* What the dispatcher knows of the block of the same index. */
struct flight {
    struct job *job; /* NULL: free, or a sentinel */
    uint32_t chunk_index;
    uint64_t cost_ns;
    uint32_t suspects_end; /* numbers before it may have killed the last worker */
    int64_t canceled_ns;   /* when the block was told to stop, 0: not */
    bool bulk;             /* counts against what the rounds may have in flight */
    bool overdue;          /* a kill was asked for because of the number at overdue_index */
    uint32_t overdue_index;
};

struct dispatcher {
    struct dispatcher_options options;
    struct arena *arena; /* options.arena */
    pthread_t thread;

    pthread_mutex_t lock; /* of all below, and of pushing and harvesting */
    struct schedule schedule;
    struct id_map jobs; /* id to struct job */
    struct flight *flights;
    uint32_t *free_blocks;
    unsigned free_count;
    unsigned in_flight;   /* blocks of numbers out */
    unsigned bulk_flight; /* those of them that the rounds have sent */
    bool waits_for_store; /* work was not handed out because a store is behind */
    bool closed;          /* the sentinels are out: nothing more may follow */
    bool idle;            /* the thread found nothing in flight when it last looked */
    bool dormant;         /* ... twice in a row, so it sleeps until somebody rings */
    uint32_t sentinels_sent;
    struct dispatcher_stats stats; /* but for queue_length */
    double seconds_per_cost_ns;    /* measured time over estimated, a moving average */
};

/* --- jobs --------------------------------------------------------------------------------------- */

/* Free a job that has nothing left to hand out and nothing in flight. */
static void release_job(struct dispatcher *d, struct job *job)
{
    if (job->listed || job->in_flight > 0)
        return;
    id_map_remove(&d->jobs, &job->id);
    free(job);
}

/* --- blocks out --------------------------------------------------------------------------------- */

static unsigned live_workers(const struct dispatcher *d)
{
    unsigned count = 0;
    for (unsigned i = 0; i < d->arena->slot_count; i++)
        count += atomic_load_explicit(&d->arena->slots[i].pid, memory_order_seq_cst) != 0;
    return count;
}

/* How many blocks the rounds may have in flight. */
static unsigned bulk_limit(const struct dispatcher *d)
{
    unsigned workers = live_workers(d);
    return BULK_PER_WORKER * (workers ? workers : 1);
}

/*
 * Put the job's next chunk without verdicts into a free block and push it. False if there is none, or
 * the batch is gone.
 */
static bool hand_out(struct dispatcher *d, struct job *job, bool bulk)
{
    struct chunk chunk;
    uint32_t index = d->free_blocks[d->free_count - 1];
    struct block *block = arena_block(d->arena, index);
    if (!job->started) {
        struct batch batch;
        if (store_start(job->store, &job->id, &batch) != STORE_OK)
            return false;
        job->started = true;
    }
    if (store_pending(job->store, &job->id, job->next_chunk, &job->next_chunk) != STORE_OK ||
        job->next_chunk == job->chunk_count)
        return false;
    if (store_numbers(job->store, &job->id, job->next_chunk, &chunk, block->words) != STORE_OK)
        return false;

    block_fill(block, &chunk);
    d->flights[index] = (struct flight){
        .job = job, .chunk_index = job->next_chunk, .cost_ns = chunk.cost_ns, .bulk = bulk};
    d->free_count--;
    d->in_flight++;
    d->bulk_flight += bulk;
    job->in_flight++;
    schedule_charge(&d->schedule, job, chunk.cost_ns);
    ring_push(d->arena, index, 0);
    return true;
}

static bool push_sentinel(struct dispatcher *d)
{
    if (d->free_count == 0)
        return false;
    uint32_t index = d->free_blocks[--d->free_count];
    struct block *block = arena_block(d->arena, index);
    block->kind = BLOCK_SENTINEL;
    d->flights[index] = (struct flight){.job = NULL};
    ring_push(d->arena, index, 0);
    return true;
}

/* Sentinels the supervisor has asked for, then as much work as there should be in flight. */
static void fill(struct dispatcher *d)
{
    unsigned pushed = 0;
    uint32_t wanted =
        atomic_load_explicit(&d->arena->control->sentinels_wanted, memory_order_seq_cst);
    while (d->sentinels_sent != wanted && push_sentinel(d)) {
        d->sentinels_sent++;
        pushed++;
    }

    unsigned limit = bulk_limit(d);
    d->waits_for_store = false;
    while (d->free_count > 0 && d->bulk_flight < limit) {
        struct job *job = schedule_next(&d->schedule);
        if (!job)
            break;
        d->waits_for_store = store_is_behind(job->store);
        if (d->waits_for_store)
            break;
        if (hand_out(d, job, true)) {
            pushed++;
        } else {
            schedule_remove(&d->schedule, job);
            release_job(d, job);
        }
    }
    ring_wake(d->arena, pushed);
}

/* --- blocks back -------------------------------------------------------------------------------- */

static void free_block(struct dispatcher *d, uint32_t index)
{
    atomic_store_explicit(&arena_block(d->arena, index)->claim, 0, memory_order_relaxed);
    d->flights[index] = (struct flight){.job = NULL};
    d->free_blocks[d->free_count++] = index;
}

/* What to tell the listener: the new state of a batch. */
struct news {
    struct store *store; /* NULL: there is none */
    struct batch batch;
};

/* Without the lock. */
static void tell(struct dispatcher *d, const struct news *news)
{
    if (news->store)
        d->options.listener(d->options.context, news->store, &news->batch);
}

/* Post the verdicts of a block that is finished or given up. */
static void collect(struct dispatcher *d, uint32_t index, struct news *news)
{
    struct block *block = arena_block(d->arena, index);
    struct flight *flight = &d->flights[index];
    struct job *job = flight->job;
    uint32_t count = block_chunk(block).count;
    uint32_t done = atomic_load_explicit(&block->done, memory_order_acquire);

    double seconds = 0;
    for (uint32_t i = 0; i < done && i < count; i++)
        seconds += (double)block->seconds[i];
    for (uint32_t i = done; i < count; i++) {
        block->verdicts[i] = VERDICT_CANCELED;
        block->seconds[i] = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        d->stats.verdicts[block->verdicts[i] < VERDICTS ? block->verdicts[i] : VERDICT_FAILED]++;
    d->stats.blocks_done++;
    d->stats.compute_seconds += seconds;
    if (done == count && flight->cost_ns > 0)
        d->seconds_per_cost_ns += (seconds / (double)flight->cost_ns - d->seconds_per_cost_ns) / 16;

    if (store_post(job->store, &job->id, flight->chunk_index, block->verdicts, block->seconds,
                   &news->batch) == STORE_OK)
        news->store = job->store;
    d->in_flight--;
    d->bulk_flight -= flight->bulk;
    free_block(d, index);
    job->in_flight--;
    release_job(d, job);
}

/* Write the verdict of the number a worker could not finish, and step past it. */
static void give_up_number(struct block *block, uint32_t number, enum verdict verdict)
{
    block->verdicts[number] = (uint8_t)verdict;
    block->seconds[number] = 0;
    atomic_store_explicit(&block->done, number + 1, memory_order_release);
}

/*
 * The worker of a block has died: charge the death to the number it died on, and push the block again
 * from there. A worker that dies on a group may have died on any of it; the successor goes singly, and
 * a number of that group that kills it again has killed both. False if the block has nothing left.
 */
static bool resume_orphan(struct dispatcher *d, uint32_t index, struct claim claim)
{
    struct block *block = arena_block(d->arena, index);
    struct flight *flight = &d->flights[index];
    struct chunk chunk = block_chunk(block);
    uint32_t number = atomic_load_explicit(&block->done, memory_order_acquire);
    if (number >= chunk.count || atomic_load(&block->canceled))
        return false;

    bool singly = block->singly || chunk.kind == CHUNK_WIDE;
    unsigned deaths = number < flight->suspects_end ? claim.attempts : 1;
    flight->suspects_end = number + (singly ? 1 : BLOCK_GROUP_MAX);
    block->singly = 1;
    if (singly && flight->overdue && flight->overdue_index == number) {
        give_up_number(block, number++, VERDICT_TIMEOUT);
        deaths = 0;
    } else if (deaths >= ATTEMPTS_MAX) {
        log_warning("number failed: its workers died on it", log_int("deaths", deaths));
        give_up_number(block, number++, VERDICT_FAILED);
        deaths = 0;
    }
    flight->overdue = false;
    if (number == chunk.count)
        return false;
    d->stats.blocks_resumed++;
    ring_push(d->arena, index, deaths);
    ring_wake(d->arena, 1);
    return true;
}

/* Take one block off the board and deal with it. False if there was none. */
static bool harvest_one(struct dispatcher *d, struct news *news)
{
    int32_t posted = board_take(d->arena);
    if (posted == BOARD_EMPTY)
        return false;
    uint32_t index = (uint32_t)posted;
    if (index >= d->arena->block_count)
        return true;
    /* Pairs with the release in board_finish() and in arena_reap(). */
    struct claim claim = claim_unpack(
        atomic_load_explicit(&arena_block(d->arena, index)->claim, memory_order_acquire));
    if (claim.state != CLAIM_DONE && claim.state != CLAIM_ORPHANED)
        return true; /* posted twice */

    if (!d->flights[index].job)
        free_block(d, index); /* a sentinel: claimed, so its worker is gone or going */
    else if (claim.state == CLAIM_DONE || !resume_orphan(d, index, claim))
        collect(d, index, news);
    return true;
}

/* --- stuck workers ------------------------------------------------------------------------------ */

/* Ask the supervisor to kill the worker of a block if it is still at what it is at now. */
static void request_kill(struct dispatcher *d, struct flight *flight, const struct block *block,
                         struct worker_slot *slot, int64_t began_ns)
{
    flight->overdue = true;
    flight->overdue_index = atomic_load_explicit(&block->done, memory_order_acquire);
    atomic_store_explicit(&slot->overdue_ns, began_ns, memory_order_seq_cst);
    kill(d->options.supervisor, SIGUSR1);
}

/* How often blocks in flight are looked at. */
static int64_t look_interval(const struct dispatcher *d)
{
    int64_t interval = d->options.number_timeout_ns / TIMEOUT_CHECKS;
    return interval > 0 && interval < LOOK_AGAIN_S * NS_PER_S ? interval : LOOK_AGAIN_S * NS_PER_S;
}

/*
 * Look at the blocks that run: is a number over its time, or a cancellation not heeded? Returns the
 * time until somebody should look again.
 */
static int64_t check_running(struct dispatcher *d)
{
    int64_t timeout = d->options.number_timeout_ns;
    int64_t next = look_interval(d);
    /* A worker that was stopped right after it was woken holds up nothing but itself. */
    if (ring_length(d->arena) > 0)
        ring_wake(d->arena, 1);
    int64_t now = clock_monotonic_ns();
    for (uint32_t i = 0; i < d->arena->block_count; i++) {
        struct flight *flight = &d->flights[i];
        if (!flight->job || (timeout == 0 && !flight->canceled_ns))
            continue;
        struct block *block = arena_block(d->arena, i);
        struct claim claim = claim_unpack(atomic_load(&block->claim));
        if (claim.state != CLAIM_RUNNING || claim.owner >= d->arena->slot_count)
            continue;
        struct worker_slot *slot = &d->arena->slots[claim.owner];
        int64_t began = atomic_load_explicit(&slot->began_ns, memory_order_relaxed);
        if (began == 0)
            continue;
        bool stuck =
            flight->canceled_ns && now - flight->canceled_ns >= CANCEL_GRACE_MS * NS_PER_MS;
        if (stuck || (timeout > 0 && now - began > timeout))
            request_kill(d, flight, block, slot, began);
        if (flight->canceled_ns)
            next = CANCEL_GRACE_MS * NS_PER_MS;
    }
    return next;
}

/*
 * How long the thread may sleep. While something is in flight, until it should be looked at again. When
 * nothing is, as long once more, so that under steady traffic nobody need wake the thread to tell
 * it that there is something again; after that, until somebody does. Nobody says when a store has caught up.
 */
static int64_t sleep_time(struct dispatcher *d)
{
    d->dormant = d->in_flight == 0 && d->idle && !d->waits_for_store;
    d->idle = d->in_flight == 0;
    int64_t running_ns = d->in_flight > 0 ? check_running(d) : -1;
    if (d->waits_for_store)
        return BEHIND_CHECK_MS * NS_PER_MS;
    if (d->in_flight > 0)
        return running_ns;
    return d->dormant ? -1 : look_interval(d);
}

/* Blocks have been pushed by another thread: let the dispatcher's own look after them in time. */
static void rouse(struct dispatcher *d)
{
    d->idle = false;
    if (d->dormant)
        board_ring_bell(d->arena);
    d->dormant = false;
}

/* --- the thread --------------------------------------------------------------------------------- */

/* When draining: is everything done that should be before the pool may close? */
static bool is_drained(struct dispatcher *d)
{
    return d->in_flight == 0 && (d->schedule.count == 0 || !d->options.finish_all);
}

/* A sentinel for each worker there is. The supervisor forks none once it sees pool_closing. */
static void close_pool(struct dispatcher *d)
{
    d->closed = true;
    atomic_store(&d->arena->control->pool_closing, 1);
    unsigned workers = live_workers(d);
    for (unsigned i = 0; i < workers && push_sentinel(d); i++)
        ;
    ring_wake(d->arena, workers);
}

/* After board_prepare_wait(): is there something, beside the board, that came in since the last look? */
static bool has_news(struct dispatcher *d, bool draining, int64_t sleep_ns)
{
    bool drain = atomic_load(&d->arena->control->state) == CONTROL_DRAIN;
    uint32_t wanted = atomic_load(&d->arena->control->sentinels_wanted);
    pthread_mutex_lock(&d->lock);
    bool can_send = wanted != d->sentinels_sent && d->free_count > 0;
    bool roused = sleep_ns < 0 && d->in_flight > 0;
    pthread_mutex_unlock(&d->lock);
    return drain != draining || can_send || roused;
}

static void *dispatcher_main(void *argument)
{
    struct dispatcher *d = argument;
    for (;;) {
        struct news news = {.store = NULL};
        bool draining = atomic_load(&d->arena->control->state) == CONTROL_DRAIN;
        pthread_mutex_lock(&d->lock);
        bool harvested = harvest_one(d, &news);
        if (!draining || d->options.finish_all)
            fill(d);
        bool drained = draining && is_drained(d);
        if (drained)
            close_pool(d);
        int64_t sleep_ns = harvested ? 0 : sleep_time(d);
        pthread_mutex_unlock(&d->lock);

        tell(d, &news);
        if (drained)
            return NULL;
        if (harvested)
            continue;
        board_prepare_wait(d->arena);
        if (!has_news(d, draining, sleep_ns))
            board_wait(d->arena, sleep_ns);
    }
}

/* --- what the front calls ----------------------------------------------------------------------- */

struct dispatcher *dispatcher_start(const struct dispatcher_options *options)
{
    unsigned blocks = options->arena->block_count;
    struct dispatcher *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->options = *options;
    d->arena = options->arena;
    d->seconds_per_cost_ns = 1e-9;
    d->flights = calloc(blocks, sizeof *d->flights);
    d->free_blocks = calloc(blocks, sizeof *d->free_blocks);
    if (!d->flights || !d->free_blocks)
        goto failed;
    for (uint32_t i = 0; i < blocks; i++)
        d->free_blocks[d->free_count++] = blocks - 1 - i;
    schedule_init(&d->schedule);
    pthread_mutex_init(&d->lock, NULL);
    if (pthread_create(&d->thread, NULL, dispatcher_main, d) != 0) {
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
    schedule_add(&d->schedule, job);
    /* A newcomer's first chunk takes any block that is free, beyond what is kept for the rounds. */
    unsigned limit = bulk_limit(d);
    unsigned kept = limit > d->bulk_flight ? limit - d->bulk_flight : 0;
    if (d->free_count > kept && hand_out(d, job, false))
        ring_wake(d->arena, 1);
    fill(d);
    rouse(d);
    pthread_mutex_unlock(&d->lock);
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
        if (store_drop(job->store, &job->id, job->next_chunk, &news.batch) == STORE_OK)
            news.store = job->store;
        for (uint32_t i = 0; i < d->arena->block_count; i++) {
            if (d->flights[i].job == job) {
                d->flights[i].canceled_ns = clock_monotonic_ns();
                atomic_store(&arena_block(d->arena, i)->canceled, 1);
            }
        }
        release_job(d, job);
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
    unsigned workers = live_workers(d);
    if (job && workers > 0) {
        uint64_t cost_ns = schedule_cost_until_done(&d->schedule, job);
        for (uint32_t i = 0; i < d->arena->block_count; i++)
            cost_ns += d->flights[i].job ? d->flights[i].cost_ns : 0;
        eta = (double)cost_ns * d->seconds_per_cost_ns / workers;
    }
    pthread_mutex_unlock(&d->lock);
    return eta;
}

void dispatcher_read_stats(struct dispatcher *d, struct dispatcher_stats *stats)
{
    pthread_mutex_lock(&d->lock);
    *stats = d->stats;
    stats->queue_length = d->schedule.count;
    pthread_mutex_unlock(&d->lock);
}

void dispatcher_drain(struct dispatcher *d)
{
    pthread_join(d->thread, NULL);
}

void dispatcher_free(struct dispatcher *d)
{
    for (struct job *job; (job = schedule_next(&d->schedule)) != NULL;) {
        schedule_remove(&d->schedule, job);
        release_job(d, job);
    }
    id_map_destroy(&d->jobs);
    pthread_mutex_destroy(&d->lock);
    free(d->flights);
    free(d->free_blocks);
    free(d);
}
