/* madness - writing random words where they do not belong. See madness.h. */
#include "worker/madness.h"

#if FAULT_POINTS
#include <sys/socket.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"

struct part {
    void *at;
    size_t size;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* All of it; no octet becomes one that could be a verdict, or the block's own might pass for right. */
static void scribble(struct part part, uint64_t *state)
{
    volatile uint64_t *words = part.at;
    for (size_t i = 0; i < part.size / sizeof *words; i++)
        words[i] = next_random(state) | UINT64_C(0x8080808080808080);
}

/* The part of that name, seen from a worker with a block in hand. */
static struct part find(struct arena *arena, unsigned slot, uint32_t index, const char *name)
{
    uint32_t other = (index + 1) % arena->block_count;
    unsigned neighbour = (slot + 1) % arena->slot_count;
    struct ring *ring = arena->ring;
    char *blocks = (char *)arena->blocks;
    const struct {
        const char *name;
        struct part part;
    } parts[] = {
        {"results", {arena_results(arena, index), sizeof(struct results)}},
        {"tail", {&ring->tail, sizeof ring->tail}},
        {"board", {arena->board, (size_t)((char *)ring - (char *)arena->board)}},
        {"claims", {arena->claims, (size_t)((char *)arena->board - (char *)arena->claims)}},
        {"desk", {&arena->desks[slot], sizeof(struct worker_desk)}},
        {"papers", {arena_block(arena, index), sizeof(struct block)}},
        {"others", {arena_results(arena, other), sizeof(struct results)}},
        {"desks", {&arena->desks[neighbour], sizeof(struct worker_desk)}},
        {"slots", {arena->slots, arena->slot_count * sizeof *arena->slots}},
        {"ring", {&ring->head, (size_t)(blocks - (char *)&ring->head)}},
        {"control", {arena->control, sizeof *arena->control}},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0)
            return parts[i].part;
    return (struct part){NULL, 0};
}

static bool is_among(const char *number, const uint64_t *numbers, size_t count)
{
    uint64_t wanted = strtoull(number, NULL, 10);
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == wanted)
            return true;
    return false;
}

void madness_strike(struct arena *arena, unsigned slot, uint32_t index, const uint64_t *numbers,
                    size_t count)
{
    const char *name = getenv("PRIMED_MAD");
    const char *number = getenv("PRIMED_MAD_NUMBER");
    const char *token = getenv("PRIMED_FAULT_TOKEN");
    if (!name || (number && !is_among(number, numbers, count)) || (token && unlink(token) != 0))
        return;
    uint64_t state = (uint64_t)clock_monotonic_ns() | 1;
    if (strcmp(name, "call") == 0)
        socket(AF_INET, SOCK_STREAM, 0);
    struct part part = find(arena, slot, index, name);
    if (part.at)
        scribble(part, &state);
}
#endif
