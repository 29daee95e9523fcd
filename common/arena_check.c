/* arena_check - the rules, one function a part of the arena. See arena_check.h. */
#include "common/arena_check.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/board.h"
#include "common/ring.h"

struct check {
    const struct arena *arena;
    enum arena_check what;
    arena_check_report *report;
    void *context;
    unsigned violations;
    uint64_t tail, head; /* tail was loaded before the blocks were looked at, head after */
};

static const char *const state_names[CLAIM_STATES] = {
    [CLAIM_FREE] = "FREE", [CLAIM_QUEUED] = "QUEUED",     [CLAIM_RUNNING] = "RUNNING",
    [CLAIM_DONE] = "DONE", [CLAIM_ORPHANED] = "ORPHANED",
};

__attribute__((format(printf, 2, 3))) static void violated(struct check *c, const char *format, ...)
{
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->violations++;
    c->report(c->context, text);
}

static void check_flag(struct check *c, const _Atomic uint32_t *flag, const char *name)
{
    uint32_t value = atomic_load(flag);
    if (value > 1)
        violated(c, "%s is %u, neither 0 nor 1", name, value);
}

static void check_control(struct check *c)
{
    const struct control *control = c->arena->control;
    if (!arena_is_intact(c->arena))
        violated(c, "the header is not what it was");
    check_flag(c, &control->state, "the control state");
    check_flag(c, &control->front_ready, "front_ready");
    check_flag(c, &control->pool_closing, "pool_closing");
    check_flag(c, &c->arena->board->sleeping, "the dispatcher's sleeping");
}

static void check_slots(struct check *c)
{
    for (unsigned i = 0; i < c->arena->slot_count; i++) {
        const struct worker_slot *slot = &c->arena->slots[i];
        int32_t pid = atomic_load(&slot->pid);
        uint32_t sleeping = atomic_load(&c->arena->desks[i].sleeping);
        uint32_t dismissed = atomic_load(&slot->dismissed);
        if (pid < -1)
            violated(c, "slot %u has the process %d", i, pid);
        if (sleeping > 1)
            violated(c, "slot %u has sleeping %u, neither 0 nor 1", i, sleeping);
        if (dismissed > 1)
            violated(c, "slot %u has dismissed %u, neither 0 nor 1", i, dismissed);
        if (c->what < ARENA_DRAINED)
            continue;
        if (pid != 0)
            violated(c, "slot %u still has the process %d", i, pid);
        if (sleeping == 1)
            violated(c, "slot %u sleeps, without a process", i);
    }
}

/* --- ring and board --------------------------------------------------------------------------- */

static void check_ring(struct check *c)
{
    const struct ring *ring = c->arena->ring;
    uint64_t tail = atomic_load(&ring->tail);
    uint64_t head = atomic_load(&ring->head);
    /* Where tail has not moved meanwhile, it was that when head was loaded. */
    bool at_once = atomic_load(&ring->tail) == tail;
    if (head - tail > UINT64_MAX / 2)
        violated(c, "tail is %llu ahead of head", (unsigned long long)(tail - head));
    else if (at_once && head - tail > (uint64_t)c->arena->block_count + 1)
        violated(c, "%llu tickets are out, with %u blocks", (unsigned long long)(head - tail),
                 c->arena->block_count);
    for (uint32_t i = 0; i <= c->arena->ring_mask; i++) {
        uint32_t block = atomic_load(&ring->cells[i]);
        if (block >= c->arena->block_count)
            violated(c, "cell %u holds block %u of %u", i, block, c->arena->block_count);
    }
}

static bool is_posted(const struct arena *arena, uint32_t block)
{
    return atomic_load(&arena->board->bits[block / 64]) >> (block % 64) & 1;
}

static void check_board(struct check *c)
{
    uint32_t last = c->arena->block_count / 64;
    unsigned used = c->arena->block_count % 64;
    if (used != 0 && atomic_load(&c->arena->board->bits[last]) >> used != 0)
        violated(c, "the board has a bit for a block there is not");
}

/* --- blocks ----------------------------------------------------------------------------------- */

static struct claim claim_of(const struct arena *arena, uint32_t block)
{
    return claim_unpack(atomic_load(arena_claim(arena, block)));
}

/* Is a ticket older than the other? Each is less than half of all tickets away from the other. */
static bool is_before(uint64_t ticket, uint64_t other)
{
    return ((other - ticket - 1) & CLAIM_TICKET_MASK) < (CLAIM_TICKET_MASK >> 1);
}

static bool is_known(struct claim claim)
{
    return (unsigned)claim.state < CLAIM_STATES;
}

/* QUEUED, RUNNING, DONE or ORPHANED: it bears a ticket. */
static bool is_out(struct claim claim)
{
    return is_known(claim) && claim.state != CLAIM_FREE;
}

/*
 * What the claim word alone says. A ticket that tail, loaded before, had passed was claimed. One
 * that head, loaded after, has not reached was not pushed; but the claim word is written just
 * before head is.
 */
static void check_claim(struct check *c, uint32_t index, struct claim claim)
{
    if (!is_known(claim)) {
        violated(c, "block %u is in state %u", index, claim.state);
        return;
    }
    const char *state = state_names[claim.state];
    unsigned long long ticket = claim.ticket;
    if (claim.state == CLAIM_FREE && claim_pack(claim) != 0)
        violated(c, "block %u is FREE and has ticket %llu, owner %u, attempts %u", index, ticket,
                 claim.owner, claim.attempts);
    else if (claim.state > CLAIM_QUEUED && claim.owner >= c->arena->slot_count)
        violated(c, "block %u is %s at slot %u of %u", index, state, claim.owner,
                 c->arena->slot_count);
    else if (claim.state > CLAIM_QUEUED && claim.attempts == 0)
        violated(c, "block %u is %s, claimed by nobody", index, state);
    if (claim.state == CLAIM_QUEUED && is_before(claim.ticket, c->tail))
        violated(c, "block %u is QUEUED under ticket %llu, which tail has passed", index, ticket);
    if (claim.state != CLAIM_FREE && is_before(c->head, claim.ticket))
        violated(c, "block %u is %s under ticket %llu, which was not pushed", index, state, ticket);
}

/* What can be asked of a block in its state when nobody else may move it. */
static void check_at_rest(struct check *c, uint32_t index, struct claim claim)
{
    const struct arena *arena = c->arena;
    const struct block *block = arena_block(arena, index);
    if (!is_out(claim))
        return;
    if (claim.ticket == (c->head & CLAIM_TICKET_MASK))
        violated(c, "block %u has the ticket %llu of the next push", index,
                 (unsigned long long)claim.ticket);
    if (claim.state == CLAIM_RUNNING && claim.owner < arena->slot_count &&
        atomic_load(&arena->slots[claim.owner].pid) == 0)
        violated(c, "block %u is RUNNING at slot %u, which has no process", index, claim.owner);
    if (claim.state == CLAIM_QUEUED &&
        atomic_load(&arena->ring->cells[claim.ticket & arena->ring_mask]) != index)
        violated(c, "block %u is QUEUED and not in its cell", index);
    if ((claim.state == CLAIM_DONE || claim.state == CLAIM_ORPHANED) && !is_posted(arena, index))
        violated(c, "block %u is %s and not on the board", index, state_names[claim.state]);

    uint32_t done = atomic_load(&arena_results(arena, index)->done);
    bool is_sentinel = block->kind == BLOCK_SENTINEL;
    if (!is_sentinel && done > block_chunk(block).count)
        violated(c, "block %u has %u of %u numbers done", index, done, block_chunk(block).count);
    if (c->what == ARENA_DRAINED && !is_sentinel)
        violated(c, "block %u was left behind %s", index, state_names[claim.state]);
}

/* A ticket is given once, so two blocks never bear the same, not even one after the other. */
static void check_ticket_is_alone(struct check *c, uint32_t index, struct claim claim)
{
    for (uint32_t i = 0; i < index; i++) {
        struct claim other = claim_of(c->arena, i);
        if (is_out(other) && other.ticket == claim.ticket)
            violated(c, "blocks %u and %u have the same ticket %llu", i, index,
                     (unsigned long long)claim.ticket);
    }
}

static void check_blocks(struct check *c)
{
    for (uint32_t i = 0; i < c->arena->block_count; i++) {
        c->tail = atomic_load(&c->arena->ring->tail);
        struct claim claim = claim_of(c->arena, i);
        c->head = atomic_load(&c->arena->ring->head);
        check_claim(c, i, claim);
        if (is_out(claim))
            check_ticket_is_alone(c, i, claim);
        if (c->what >= ARENA_AT_REST)
            check_at_rest(c, i, claim);
    }
}

unsigned arena_check(const struct arena *arena, enum arena_check what, arena_check_report *report,
                     void *context)
{
    struct check check = {.arena = arena, .what = what, .report = report, .context = context};
    check_control(&check);
    check_slots(&check);
    check_ring(&check);
    check_board(&check);
    check_blocks(&check);
    return check.violations;
}
