/*
 * arena - the walker over the arena (common/arena_check.h) on arenas of any content: it ends, reads
 * nothing outside, finds nothing wrong with what the protocol itself leaves, and finds what was
 * planted.
 *
 * An input is a program: steps of the protocol, of which each leaves an arena in order; then a
 * planted fault; then bytes written anywhere.
 */
#include "common/arena.h"

#include <string.h>

#include "common/arena_check.h"
#include "common/board.h"
#include "common/ring.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/support/peek.h"

enum { SLOTS = 3, BLOCKS = 6, STEPS_MAX = 64, REPORTS_MAX = 4096 };

static struct arena arena;

/* Who holds what: the protocol's own bookkeeping, in the plainest form. */
struct roles {
    int32_t running[SLOTS]; /* the block of the worker, or RING_EMPTY */
    bool free[BLOCKS];
};

static void count_report(void *context, const char *violation)
{
    unsigned *count = context;
    fuzz_expect(*violation && !strchr(violation, '\n'), "'%s'", violation);
    fuzz_expect(++*count < REPORTS_MAX, "it does not end");
}

static unsigned violations(enum arena_check what)
{
    unsigned reported = 0;
    unsigned counted = arena_check(&arena, what, count_report, &reported);
    fuzz_expect(counted == reported, "%u counted, %u reported", counted, reported);
    return counted;
}

/* --- the protocol ----------------------------------------------------------------------------- */

static void push(struct roles *roles, uint32_t block, uint32_t numbers)
{
    static const uint64_t words[8];
    struct chunk chunk = {
        .kind = CHUNK_NARROW, .count = numbers % 8, .words = numbers % 8, .data = words};
    struct claim claim = peek_claim(&arena, block);
    if (!roles->free[block] && claim.state != CLAIM_ORPHANED)
        return;
    if (roles->free[block])
        block_fill(arena_block(&arena, block), arena_results(&arena, block), &chunk);
    ring_push(&arena, block, roles->free[block] ? 0 : claim.attempts);
    roles->free[block] = false;
}

static void harvest(struct roles *roles)
{
    int32_t block = board_take(&arena);
    if (block == BOARD_EMPTY)
        return;
    enum claim_state state = peek_claim(&arena, (uint32_t)block).state;
    if (state == CLAIM_ORPHANED) {
        push(roles, (uint32_t)block, 1);
    } else if (state == CLAIM_DONE) {
        poke_claim(&arena, (uint32_t)block, (struct claim){.state = CLAIM_FREE});
        roles->free[block] = true;
    }
}

static void step(struct roles *roles, uint32_t what, uint32_t which)
{
    uint32_t slot = which % SLOTS;
    bool lives = atomic_load(&arena.slots[slot].pid) != 0;
    switch (what % 5) {
    case 0:
        push(roles, which % BLOCKS, which / BLOCKS);
        break;
    case 1:
        if (roles->running[slot] == RING_EMPTY && lives)
            roles->running[slot] = ring_pop(&arena, slot);
        break;
    case 2:
        if (roles->running[slot] != RING_EMPTY && lives)
            board_finish(&arena, (uint32_t)roles->running[slot]);
        roles->running[slot] = RING_EMPTY;
        break;
    case 3: /* the worker dies, and its successor comes with the next such step */
        atomic_store(&arena.slots[slot].pid, lives ? 0 : 4711);
        if (lives)
            arena_reap(&arena, slot);
        roles->running[slot] = RING_EMPTY;
        break;
    case 4:
        harvest(roles);
        break;
    }
}

static void begin(struct roles *roles, uint64_t position)
{
    static uint8_t header[CACHE_LINE]; /* as it was made */
    if (!arena.base) {
        fuzz_expect(arena_create(&arena, SLOTS, BLOCKS) == 0, "no arena");
        memcpy(header, arena.base, sizeof header);
    }
    memset(arena.base, 0, arena.size);
    memcpy(arena.base, header, sizeof header);
    atomic_store(&arena.ring->tail, position);
    atomic_store(&arena.ring->head, position);
    for (uint32_t i = 0; i < BLOCKS; i++)
        roles->free[i] = true;
    for (uint32_t i = 0; i < SLOTS; i++) {
        roles->running[i] = RING_EMPTY;
        atomic_store(&arena.slots[i].pid, 4711);
    }
}

/* --- faults ----------------------------------------------------------------------------------- */

/* Break it in a way there is a rule against. */
static void plant(uint32_t fault, uint32_t which)
{
    uint32_t block = which % BLOCKS;
    struct claim claim = peek_claim(&arena, block);
    switch (fault % 8) {
    case 0:
        claim.state = (enum claim_state)(CLAIM_STATES + which % (16 - CLAIM_STATES));
        poke_claim(&arena, block, claim);
        break;
    case 1:
        poke_claim(&arena, block,
                   (struct claim){.state = CLAIM_RUNNING,
                                  .owner = SLOTS + which % 1000,
                                  .attempts = 1,
                                  .ticket = claim.ticket});
        break;
    case 2: /* lost: claimed by nobody */
        poke_claim(&arena, block, (struct claim){.state = CLAIM_DONE, .ticket = claim.ticket});
        break;
    case 3:
        atomic_store(&arena.ring->cells[which % (arena.ring_mask + 1)], BLOCKS + which);
        break;
    case 4:
        atomic_fetch_or(&arena.board->bits[0], UINT64_C(1) << (BLOCKS + which % (64 - BLOCKS)));
        break;
    case 5:
        atomic_store(&arena.ring->tail, atomic_load(&arena.ring->head) + 1 + which);
        break;
    case 6:
        atomic_store(&arena.slots[which % SLOTS].dismissed, 2 + which);
        break;
    case 7:
        ((uint8_t *)arena.base)[which % 24] ^= (uint8_t)(1 + which / 24 % 255);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint64_t positions[] = {0, UINT64_MAX - 3, CLAIM_TICKET_MASK - 3,
                                         UINT64_C(1) << 39};
    struct fuzz_input input = {bytes, size};
    struct roles roles;
    begin(&roles, positions[fuzz_take(&input, 1) % 4]);
    uint64_t steps = fuzz_take(&input, 1) % STEPS_MAX;
    for (uint64_t i = 0; i < steps; i++) {
        uint32_t what = (uint32_t)fuzz_take(&input, 1);
        step(&roles, what, (uint32_t)fuzz_take(&input, 1));
        fuzz_expect(violations(ARENA_AT_REST) == 0, "after step %u", what);
    }

    uint32_t fault = (uint32_t)fuzz_take(&input, 1);
    plant(fault, (uint32_t)fuzz_take(&input, 2));
    fuzz_expect(violations(ARENA_AT_REST) > 0, "the fault %u was not found", fault % 8);
    unsigned fewer = violations(ARENA_IN_USE);
    fuzz_expect(violations(ARENA_AT_REST) >= fewer && violations(ARENA_DRAINED) >= fewer,
                "the stricter check finds less");

    while (input.size > 0) { /* anywhere, but mostly before the blocks */
        uint64_t at = fuzz_take(&input, 3);
        uint64_t end = at & 0x800000 ? arena.size
                                     : (uint64_t)((uint8_t *)arena.blocks - (uint8_t *)arena.base);
        uint64_t word = fuzz_take(&input, 8);
        at %= end - sizeof word;
        memcpy((uint8_t *)arena.base + at, &word, sizeof word);
        violations(ARENA_DRAINED);
    }
    return 0;
}
