/* block - putting a chunk into a block and looking at it there. See block.h. */
#include "common/block.h"

#include <string.h>

#include "common/verdict.h"

void block_fill(struct block *block, struct results *results, const struct chunk *chunk)
{
    atomic_store_explicit(&results->done, 0, memory_order_relaxed);
    memset(results->verdicts, VERDICTS, chunk->count); /* none: whoever skips one is found out */
    atomic_store_explicit(&block->canceled, 0, memory_order_relaxed);
    block->kind = BLOCK_NUMBERS;
    block->singly = 0;
    block->end = chunk->count;
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

uint32_t block_end(const struct block *block)
{
    return at_most(block->end, block_chunk(block).count);
}

/* In a damaged chunk, the numbers past the damage weigh nothing. */
static uint32_t wide_group_end(const struct chunk *chunk, uint32_t done, uint32_t end,
                               chunk_cost *cost)
{
    struct chunk_reader reader;
    struct number number;
    uint64_t cost_ns = 0;
    uint32_t next = done;
    chunk_read(&reader, chunk);
    chunk_seek(&reader, done);
    for (; next < end && next - done < BLOCK_WIDE_GROUP_MAX; next++) {
        if (chunk_next(&reader, &number) && !number.negative)
            cost_ns += cost(64 * number.limb_count);
        if (cost_ns > CHUNK_MAX_COST_NS && next > done)
            break;
    }
    return next;
}

uint32_t block_group_end(const struct block *block, uint32_t done, chunk_cost *cost)
{
    struct chunk chunk = block_chunk(block);
    uint32_t end = block_end(block);
    if (done >= end)
        return end;
    if (block->singly)
        return done + 1;
    if (chunk.kind == CHUNK_WIDE)
        return wide_group_end(&chunk, done, end, cost);
    return end - done < BLOCK_GROUP_MAX ? end : done + BLOCK_GROUP_MAX;
}
