/* peek - looking at claim words, and setting them by hand to what a dead process would leave. */
#ifndef TESTS_SUPPORT_PEEK_H
#define TESTS_SUPPORT_PEEK_H

#include "common/arena.h"

static inline struct claim peek_claim(const struct arena *arena, uint32_t block)
{
    return claim_unpack(atomic_load(arena_claim(arena, block)));
}

static inline void poke_claim(const struct arena *arena, uint32_t block, struct claim claim)
{
    atomic_store(arena_claim(arena, block), claim_pack(claim));
}

#endif
