/* madness - writing random words where they do not belong. See madness.h. */
#include "worker/madness.h"

#if FAULT_POINTS
#include <sys/socket.h>

#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"

enum { WORDS_EACH = 16 }; /* written at random places of a small part */

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

/* Every eighth word of it at random, and WORDS_EACH at least. */
static void scribble(struct part part, uint64_t *state)
{
    volatile uint64_t *words = part.at;
    size_t count = part.size / sizeof *words;
    for (size_t i = 0; i < count / 8 + WORDS_EACH; i++)
        words[next_random(state) % count] = next_random(state);
}

static struct part find(struct arena *arena, const char *name, uint32_t index)
{
    char *blocks = (char *)arena->blocks;
    if (strcmp(name, "block") == 0)
        return (struct part){arena_block(arena, index), sizeof(struct block)};
    if (strcmp(name, "tail") == 0)
        return (struct part){&arena->ring->tail, sizeof arena->ring->tail};
    if (strcmp(name, "ring") == 0)
        return (struct part){&arena->ring->head,
                             (size_t)((char *)arena->board - (char *)arena->ring) - ARENA_PAGE};
    if (strcmp(name, "board") == 0)
        return (struct part){arena->board, (size_t)(blocks - (char *)arena->board)};
    if (strcmp(name, "slots") == 0)
        return (struct part){arena->slots, arena->slot_count * sizeof *arena->slots};
    if (strcmp(name, "control") == 0)
        return (struct part){arena->control, sizeof *arena->control};
    return (struct part){NULL, 0};
}

void madness_strike(struct arena *arena, uint32_t index)
{
    const char *name = getenv("PRIMED_MAD");
    const char *token = getenv("PRIMED_FAULT_TOKEN");
    if (!name || (token && unlink(token) != 0))
        return;
    uint64_t state = (uint64_t)clock_monotonic_ns() | 1;
    if (strcmp(name, "call") == 0)
        socket(AF_INET, SOCK_STREAM, 0);
    struct part part = find(arena, name, index);
    if (part.at)
        scribble(part, &state);
    for (uint32_t i = 0; strcmp(name, "claims") == 0 && i < arena->block_count; i++)
        atomic_store(&arena_block(arena, i)->claim, next_random(&state));
}
#endif
