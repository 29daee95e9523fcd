/* block_test - a chunk goes into a block and comes out the same, and never larger than a block. */
#include "common/block.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct block *new_block(int garbage)
{
    struct block *block = aligned_alloc(CACHE_LINE, sizeof *block);
    cr_assert_not_null(block);
    memset(block, garbage, sizeof *block);
    return block;
}

Test(block, fill_replaces_all_that_was_left)
{
    static const uint64_t numbers[] = {2, UINT64_MAX, 0};
    struct chunk chunk = {.kind = CHUNK_NARROW, .count = 3, .words = 3, .data = numbers};
    struct block *block = new_block(0xff);
    block_fill(block, &chunk);

    cr_assert_eq(atomic_load(&block->done), 0);
    cr_assert_eq(atomic_load(&block->canceled), 0);
    cr_assert_eq(block->kind, BLOCK_NUMBERS);
    cr_assert_eq(block->singly, 0);
    struct chunk seen = block_chunk(block);
    cr_assert_eq(seen.kind, CHUNK_NARROW);
    cr_assert_eq(seen.count, 3);
    cr_assert_eq(seen.words, 3);
    cr_assert_arr_eq(seen.data, numbers, sizeof numbers);
    free(block);
}

Test(block, the_largest_chunk_fits)
{
    uint64_t *words = malloc(CHUNK_MAX_WORDS * sizeof *words);
    cr_assert_not_null(words);
    for (uint32_t i = 0; i < CHUNK_MAX_WORDS; i++)
        words[i] = i * UINT64_C(0x9e3779b97f4a7c15);
    struct chunk chunk = {.kind = CHUNK_WIDE, .count = 1, .words = CHUNK_MAX_WORDS, .data = words};
    struct block *block = new_block(0);
    block_fill(block, &chunk);

    struct chunk seen = block_chunk(block);
    cr_assert_eq(seen.kind, CHUNK_WIDE);
    cr_assert_eq(seen.words, CHUNK_MAX_WORDS);
    cr_assert_arr_eq(seen.data, words, CHUNK_MAX_WORDS * sizeof *words);
    free(block);
    free(words);
}

Test(block, damaged_counts_are_cut_to_what_a_block_holds)
{
    struct block *block = new_block(0);
    block->chunk_kind = CHUNK_WIDE;
    block->chunk_count = UINT32_MAX;
    block->chunk_words = UINT32_MAX;
    cr_assert_eq(block_chunk(block).count, CHUNK_MAX_NUMBERS);
    cr_assert_eq(block_chunk(block).words, CHUNK_MAX_WORDS);

    block->chunk_kind = CHUNK_NARROW;
    block->chunk_words = 7;
    cr_assert_eq(block_chunk(block).count, 7, "a narrow number is a word");
    free(block);
}
