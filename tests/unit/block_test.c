/* block_test - a chunk goes into a block and comes out the same, and never larger than a block. */
#include "common/block.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/verdict.h"

static struct results results;

static struct block *new_block(int garbage)
{
    struct block *block = aligned_alloc(ARENA_PAGE, sizeof *block);
    cr_assert_not_null(block);
    memset(block, garbage, sizeof *block);
    memset(&results, garbage, sizeof results);
    return block;
}

static uint64_t cost_of_bits(size_t bits)
{
    return bits <= 64 ? 1 : CHUNK_MAX_COST_NS / 4;
}

Test(block, fill_replaces_all_that_was_left)
{
    static const uint64_t numbers[] = {2, UINT64_MAX, 0};
    struct chunk chunk = {.kind = CHUNK_NARROW, .count = 3, .words = 3, .data = numbers};
    struct block *block = new_block(0xff);
    block_fill(block, &results, &chunk);

    cr_assert_eq(atomic_load(&results.done), 0);
    for (int i = 0; i < 3; i++)
        cr_assert_geq(results.verdicts[i], VERDICTS, "no verdict");
    cr_assert_eq(atomic_load(&block->canceled), 0);
    cr_assert_eq(block->kind, BLOCK_NUMBERS);
    cr_assert_eq(block->singly, 0);
    cr_assert_eq(block_end(block), 3);
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
    block_fill(block, &results, &chunk);

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
    block->end = UINT32_MAX;
    cr_assert_eq(block_end(block), 7);
    free(block);
}

Test(block, a_worker_may_be_told_to_come_back_before_the_last_number)
{
    static const uint64_t words[9];
    for (uint32_t kind = CHUNK_NARROW; kind <= CHUNK_WIDE; kind++) {
        struct chunk chunk = {.kind = kind, .count = 9, .words = 9, .data = words};
        struct block *block = new_block(0);
        block_fill(block, &results, &chunk);
        block->end = 4;
        cr_assert_eq(block_end(block), 4);
        cr_assert_eq(block_group_end(block, 2, cost_of_bits), 4);
        cr_assert_eq(block_group_end(block, 4, cost_of_bits), 4);
        cr_assert_eq(block_group_end(block, 5, cost_of_bits), 4);
        free(block);
    }
}

Test(block, a_group_ends_where_its_work_does)
{
    static uint64_t words[2 * CHUNK_MAX_WORDS];
    struct block *block = new_block(0);
    struct chunk narrow = {
        .count = BLOCK_GROUP_MAX + 7, .words = BLOCK_GROUP_MAX + 7, .data = words};
    block_fill(block, &results, &narrow);
    cr_assert_eq(block_group_end(block, 0, cost_of_bits), BLOCK_GROUP_MAX);
    cr_assert_eq(block_group_end(block, BLOCK_GROUP_MAX, cost_of_bits), narrow.count);
    cr_assert_eq(block_group_end(block, narrow.count, cost_of_bits), narrow.count);

    struct chunk cheap = {
        .kind = CHUNK_WIDE, .count = 300, .words = 300, .data = words}; /* zeros */
    block_fill(block, &results, &cheap);
    cr_assert_eq(block_group_end(block, 0, cost_of_bits), BLOCK_WIDE_GROUP_MAX);
    cr_assert_eq(block_group_end(block, 290, cost_of_bits), 300);
    block->singly = 1;
    cr_assert_eq(block_group_end(block, 290, cost_of_bits), 291);

    for (uint32_t i = 0; i < 9; i++)
        words[3 * i] = 2 << 1 | (i == 1); /* the second is negative and costs nothing */
    struct chunk dear = {.kind = CHUNK_WIDE, .count = 9, .words = 27, .data = words};
    block_fill(block, &results, &dear);
    cr_assert_eq(block_group_end(block, 0, cost_of_bits), 5);
    cr_assert_eq(block_group_end(block, 5, cost_of_bits), 9);
    block->words[15] = UINT64_MAX; /* damaged from the sixth on */
    cr_assert_eq(block_group_end(block, 5, cost_of_bits), 9);
    cr_assert_eq(block_group_end(block, 8, cost_of_bits), 9);
    free(block);
}

static uint64_t cost_beyond(size_t bits)
{
    return bits + CHUNK_MAX_COST_NS;
}

Test(block, a_dear_number_is_a_group_of_its_own)
{
    static const uint64_t words[] = {2 << 1, 1, 1, 2 << 1, 1, 1};
    struct chunk chunk = {.kind = CHUNK_WIDE, .count = 2, .words = 6, .data = words};
    struct block *block = new_block(0);
    block_fill(block, &results, &chunk);
    cr_assert_eq(block_group_end(block, 0, cost_beyond), 1);
    cr_assert_eq(block_group_end(block, 1, cost_beyond), 2);
    free(block);
}
