/* board - posting finished blocks and sleeping until there are some. See board.h. */
#include "common/board.h"

#include "common/fault.h"
#include "common/futex.h"

static unsigned words_of(const struct arena *arena)
{
    return (arena->block_count + 63) / 64;
}

void board_finish(struct arena *arena, uint32_t index)
{
    _Atomic uint64_t *word = arena_claim(arena, index);
    struct claim claim = claim_unpack(atomic_load_explicit(word, memory_order_relaxed));
    claim.state = CLAIM_DONE;
    /* Publishes the verdicts; pairs with the dispatcher's load of the claim word. */
    atomic_store_explicit(word, claim_pack(claim), memory_order_release);
    FAULT_POINT("board_finish.done");
    board_post(arena, index);
}

void board_post(struct arena *arena, uint32_t index)
{
    atomic_fetch_or_explicit(&arena->board->bits[index / 64], UINT64_C(1) << (index % 64),
                             memory_order_seq_cst);
    FAULT_POINT("board_post.posted");
    board_ring_bell(arena);
}

void board_ring_bell(struct arena *arena)
{
    _Atomic uint32_t *sleeping = &arena->board->sleeping;
    if (atomic_load_explicit(sleeping, memory_order_seq_cst) &&
        atomic_exchange_explicit(sleeping, 0, memory_order_relaxed)) {
        FAULT_POINT("board_ring_bell.flag_cleared");
        futex_wake(sleeping, 1);
    }
}

int32_t board_take(struct arena *arena)
{
    for (unsigned i = 0; i < words_of(arena); i++) {
        _Atomic uint64_t *word = &arena->board->bits[i];
        uint64_t bits = atomic_load_explicit(word, memory_order_relaxed);
        if (bits == 0)
            continue;
        unsigned bit = (unsigned)__builtin_ctzll(bits);
        atomic_fetch_and_explicit(word, ~(UINT64_C(1) << bit), memory_order_acquire);
        if (i * 64 + bit < arena->block_count) /* nobody should set the others, but anybody can */
            return (int32_t)(i * 64 + bit);
    }
    return BOARD_EMPTY;
}

static bool has_posts(const struct arena *arena)
{
    for (unsigned i = 0; i < words_of(arena); i++)
        if (atomic_load_explicit(&arena->board->bits[i], memory_order_seq_cst) != 0)
            return true;
    return false;
}

void board_prepare_wait(struct arena *arena)
{
    atomic_store_explicit(&arena->board->sleeping, 1, memory_order_seq_cst);
}

void board_wait(struct arena *arena, int64_t timeout_ns)
{
    if (!has_posts(arena))
        futex_wait(&arena->board->sleeping, 1, timeout_ns);
    atomic_store_explicit(&arena->board->sleeping, 0, memory_order_relaxed);
}
