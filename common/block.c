/* block - putting a chunk into a block and looking at it there. See block.h. */
#include "common/block.h"

#include <string.h>

void block_fill(struct block *block, const struct chunk *chunk)
{
    atomic_store_explicit(&block->done, 0, memory_order_relaxed);
    atomic_store_explicit(&block->canceled, 0, memory_order_relaxed);
    block->kind = BLOCK_NUMBERS;
    block->singly = 0;
    block->chunk_kind = chunk->kind;
    block->chunk_count = chunk->count;
    block->chunk_words = chunk->words;
    if (chunk->data != block->words)
        memcpy(block->words, chunk->data, chunk->words * sizeof *chunk->data);
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

struct chunk block_chunk(const struct block *block)
{
    struct chunk chunk = {
        .kind = block->chunk_kind,
        .count = at_most(block->chunk_count, CHUNK_MAX_NUMBERS),
        .words = at_most(block->chunk_words, CHUNK_MAX_WORDS),
        .data = block->words,
    };
    if (chunk.kind == CHUNK_NARROW)
        chunk.count = at_most(chunk.count, chunk.words);
    return chunk;
}
