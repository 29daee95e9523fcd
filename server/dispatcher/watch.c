/* watch - blocks that stay out too long, and how long the dispatcher's thread may sleep. */
#include <signal.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/futex.h"
#include "common/ring.h"
#include "server/dispatcher/parts.h"

enum {
    CANCEL_GRACE_MS = 20, /* a worker that has not seen a cancellation by then is killed */
    TIMEOUT_CHECKS = 10,  /* how often within its time limit a number is looked at */
    BEHIND_CHECK_MS = 5,  /* how often a store that is behind is looked at */
    LOOK_AGAIN_S = 1,     /* after which the dispatcher looks at blocks in flight in any case */
};

/* Ask the supervisor to kill the worker of a block if it is still at what it is at now. */
static void request_kill(struct dispatcher *d, uint32_t index, unsigned slot, int64_t began_ns)
{
    d->flights[index].overdue = true;
    d->flights[index].overdue_index =
        atomic_load_explicit(&arena_results(d->arena, index)->done, memory_order_acquire);
    atomic_store_explicit(&d->arena->slots[slot].overdue_ns, began_ns, memory_order_seq_cst);
    kill(d->options.supervisor, SIGUSR1);
}

/* How often blocks in flight are looked at. */
static int64_t look_interval(const struct dispatcher *d)
{
    int64_t interval = d->options.number_timeout_ns / TIMEOUT_CHECKS;
    return interval > 0 && interval < LOOK_AGAIN_S * NS_PER_S ? interval : LOOK_AGAIN_S * NS_PER_S;
}

/* Put back on the board a block whose verdicts could not be stored, when it is time. */
static int64_t post_again(struct dispatcher *d, uint32_t index, int64_t now)
{
    int64_t left_ns = d->flights[index].post_again_ns - now;
    if (left_ns > 0)
        return left_ns;
    d->flights[index].post_again_ns = 0;
    board_post(d->arena, index);
    return 0;
}

static int64_t sooner(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/*
 * Look at the blocks that are out: is a number over its time, a cancellation not heeded, a store to
 * be tried again? Returns the time until somebody should look again.
 */
static int64_t check_running(struct dispatcher *d)
{
    int64_t timeout = d->options.number_timeout_ns;
    int64_t next = look_interval(d);
    /* A worker that was stopped right after it was woken holds up nothing but itself. */
    if (ring_length(d->arena) > 0)
        ring_wake(d->arena, 1);
    trust_audit(d);
    int64_t now = clock_monotonic_ns();
    for (uint32_t i = 0; i < d->arena->block_count; i++) {
        struct flight *flight = &d->flights[i];
        if (flight->post_again_ns)
            next = sooner(next, post_again(d, i, now));
        if (!flight->job || (timeout == 0 && !flight->canceled_ns))
            continue;
        struct claim claim = claim_unpack(atomic_load(arena_claim(d->arena, i)));
        if (claim.state != CLAIM_RUNNING || !trust_claim(d, i, claim))
            continue;
        int64_t began =
            atomic_load_explicit(&d->arena->desks[claim.owner].began_ns, memory_order_relaxed);
        if (began <= 0 || began > now)
            continue;
        /* Nobody waits for the end of work on a draft that became nothing. */
        bool awaited = flight->canceled_ns && flight->job->store;
        bool stuck = awaited && now - flight->canceled_ns >= CANCEL_GRACE_MS * NS_PER_MS;
        if (stuck || (timeout > 0 && now - began > timeout))
            request_kill(d, i, claim.owner, began);
        if (awaited)
            next = sooner(next, CANCEL_GRACE_MS * NS_PER_MS);
    }
    return next;
}

/*
 * How long the thread may sleep. While something is in flight, until it should be looked at again.
 * When nothing is, as long once more, so that under steady traffic nobody need wake the thread to
 * tell it that there is something again; after that, until somebody does. Nobody says when a store
 * has caught up, or can be read again.
 */
int64_t watch_sleep_time(struct dispatcher *d)
{
    int64_t retry_ns = d->retry_ns ? d->retry_ns - clock_monotonic_ns() : INT64_MAX;
    if (retry_ns <= 0) {
        d->retry_ns = 0;
        handout_unhold(d);
        return 0;
    }
    d->dormant = d->in_flight == 0 && d->idle && !d->waits_for_store && !d->retry_ns;
    d->idle = d->in_flight == 0;
    int64_t running_ns = d->in_flight > 0 ? check_running(d) : -1;
    if (d->waits_for_store)
        return BEHIND_CHECK_MS * NS_PER_MS;
    if (d->dormant)
        return -1;
    return sooner(retry_ns, d->in_flight > 0 ? running_ns : look_interval(d));
}

void watch_stop(struct dispatcher *d, const struct job *job)
{
    for (uint32_t i = 0; i < d->arena->block_count; i++) {
        if (d->flights[i].job == job) {
            d->flights[i].canceled_ns = clock_monotonic_ns();
            atomic_store(&arena_block(d->arena, i)->canceled, 1);
        }
    }
}

void watch_rouse(struct dispatcher *d)
{
    d->idle = false;
    if (d->dormant) {
        board_ring_bell(d->arena);
        futex_wake(&d->arena->board->sleeping,
                   1); /* whatever the flag says: anybody may clear it */
    }
    d->dormant = false;
}
