/* Chunks: packing, unpacking, limits, and damaged words. */
#include "common/chunk.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static uint64_t one(size_t bits)
{
    (void)bits;
    return 1;
}

static uint64_t a_millisecond_a_word(size_t bits)
{
    return (bits + 63) / 64 * 1000000 + 1;
}

static uint64_t a_millisecond(size_t bits)
{
    (void)bits;
    return 1000000;
}

static void expect_next(struct chunk_reader *reader, bool negative, size_t count,
                        const uint64_t *limbs)
{
    struct number number;
    cr_assert(chunk_next(reader, &number));
    cr_assert_eq(number.negative, negative);
    cr_assert_eq(number.limb_count, count);
    cr_assert_eq(memcmp(number.limbs, limbs, count * sizeof *limbs), 0);
}

static void expect_word(struct chunk_reader *reader, uint64_t word)
{
    expect_next(reader, false, word != 0, &word);
}

static void expect_end(struct chunk_reader *reader)
{
    struct number number;
    cr_assert_not(chunk_next(reader, &number));
    cr_assert_not(chunk_next(reader, &number));
}

/* --- packing ---------------------------------------------------------------------------------- */

Test(chunk, narrow)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, one);
    cr_assert_eq(builder.chunk.kind, CHUNK_NARROW);
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(chunk_append_u64(&builder, i * i), CHUNK_APPENDED);
    cr_assert_eq(chunk_append_u64(&builder, UINT64_MAX), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.kind, CHUNK_NARROW);
    cr_assert_eq(builder.chunk.count, 1001);
    cr_assert_eq(builder.chunk.words, 1001);
    cr_assert_eq(builder.chunk.cost_ns, 1001);

    struct chunk_reader reader;
    chunk_read(&reader, &builder.chunk);
    for (uint64_t i = 0; i < 1000; i++)
        expect_word(&reader, i * i);
    expect_word(&reader, UINT64_MAX);
    expect_end(&reader);
    chunk_builder_destroy(&builder);
}

Test(chunk, high_zero_limbs_do_not_count)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, one);
    const uint64_t seven[] = {7, 0, 0}, none[] = {0, 0};
    cr_assert_eq(chunk_append(&builder, seven, 3, false), CHUNK_APPENDED);
    cr_assert_eq(chunk_append(&builder, none, 2, true), CHUNK_APPENDED);
    cr_assert_eq(chunk_append(&builder, none, 0, true), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.kind, CHUNK_NARROW, "neither is -0 a negative number");

    struct chunk_reader reader;
    chunk_read(&reader, &builder.chunk);
    expect_word(&reader, 7);
    expect_word(&reader, 0);
    expect_word(&reader, 0);
    expect_end(&reader);
    chunk_builder_destroy(&builder);
}

Test(chunk, becomes_wide_in_place)
{
    const uint64_t wide[] = {1, 2, 3}, word = 5;
    for (size_t before = 0; before < 70; before++) {
        struct chunk_builder builder;
        chunk_builder_init(&builder, one);
        for (uint64_t i = 0; i < before; i++)
            cr_assert_eq(chunk_append_u64(&builder, i % 3), CHUNK_APPENDED);
        cr_assert_eq(chunk_append(&builder, wide, 3, false), CHUNK_APPENDED);
        cr_assert_eq(builder.chunk.kind, CHUNK_WIDE);
        cr_assert_eq(chunk_append_u64(&builder, 0), CHUNK_APPENDED);
        cr_assert_eq(chunk_append_u64(&builder, 9), CHUNK_APPENDED);
        cr_assert_eq(chunk_append(&builder, &word, 1, true), CHUNK_APPENDED);
        cr_assert_eq(builder.chunk.count, before + 4);

        struct chunk_reader reader;
        chunk_read(&reader, &builder.chunk);
        for (uint64_t i = 0; i < before; i++)
            expect_word(&reader, i % 3);
        expect_next(&reader, false, 3, wide);
        expect_word(&reader, 0);
        expect_word(&reader, 9);
        expect_next(&reader, true, 1, &word);
        expect_end(&reader);
        cr_assert_eq(reader.offset, builder.chunk.words);
        chunk_builder_destroy(&builder);
    }
}

Test(chunk, a_negative_number_makes_it_wide)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, a_millisecond_a_word);
    const uint64_t word = 5;
    cr_assert_eq(chunk_append(&builder, &word, 1, true), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.kind, CHUNK_WIDE);
    cr_assert_eq(builder.chunk.words, 2);
    cr_assert_eq(builder.chunk.cost_ns, 1, "its sign settles it");
    chunk_builder_destroy(&builder);
}

/* --- limits ----------------------------------------------------------------------------------- */

Test(chunk, is_full_of_numbers)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, one);
    for (uint64_t i = 0; i < CHUNK_MAX_NUMBERS; i++)
        cr_assert_eq(chunk_append_u64(&builder, i), CHUNK_APPENDED);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_FULL);
    const uint64_t wide[] = {1, 1};
    cr_assert_eq(chunk_append(&builder, wide, 2, false), CHUNK_FULL);
    cr_assert_eq(builder.chunk.count, CHUNK_MAX_NUMBERS);
    cr_assert_eq(builder.chunk.kind, CHUNK_NARROW);

    uint64_t *buffer = builder.buffer;
    chunk_builder_clear(&builder);
    cr_assert_eq(builder.chunk.count, 0);
    cr_assert_eq(builder.chunk.words, 0);
    cr_assert_eq(builder.chunk.cost_ns, 0);
    cr_assert_eq(chunk_append(&builder, wide, 2, false), CHUNK_APPENDED);
    cr_assert_eq(builder.buffer, buffer, "it keeps its buffer");
    chunk_builder_clear(&builder);
    cr_assert_eq(builder.chunk.kind, CHUNK_NARROW);
    chunk_builder_destroy(&builder);
    cr_assert_null(builder.buffer);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_APPENDED);
    chunk_builder_destroy(&builder);
}

Test(chunk, is_full_of_words)
{
    static uint64_t limbs[CHUNK_MAX_WORDS - 1];
    memset(limbs, 0xff, sizeof limbs);
    struct chunk_builder builder;
    chunk_builder_init(&builder, one);
    cr_assert_eq(chunk_append(&builder, limbs, CHUNK_MAX_WORDS - 1, true), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.words, CHUNK_MAX_WORDS);
    cr_assert_eq(chunk_append_u64(&builder, 0), CHUNK_FULL);

    struct chunk_reader reader;
    chunk_read(&reader, &builder.chunk);
    expect_next(&reader, true, CHUNK_MAX_WORDS - 1, limbs);
    expect_end(&reader);

    /* One word less leaves room for a zero, and for nothing else. */
    chunk_builder_clear(&builder);
    cr_assert_eq(chunk_append(&builder, limbs, CHUNK_MAX_WORDS - 2, false), CHUNK_APPENDED);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_FULL);
    cr_assert_eq(chunk_append_u64(&builder, 0), CHUNK_APPENDED);
    cr_assert_eq(chunk_append_u64(&builder, 0), CHUNK_FULL);
    chunk_builder_destroy(&builder);
}

Test(chunk, becomes_wide_only_where_there_is_room)
{
    static uint64_t limbs[CHUNK_MAX_WORDS];
    limbs[CHUNK_MAX_WORDS - 2002] = 1;
    struct chunk_builder builder;
    chunk_builder_init(&builder, one);
    for (uint64_t i = 1; i <= 1000; i++)
        cr_assert_eq(chunk_append_u64(&builder, i), CHUNK_APPENDED);
    cr_assert_eq(chunk_append(&builder, limbs, CHUNK_MAX_WORDS - 2000, false), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.words, CHUNK_MAX_WORDS);

    chunk_builder_clear(&builder);
    for (uint64_t i = 1; i <= 1001; i++)
        cr_assert_eq(chunk_append_u64(&builder, i), CHUNK_APPENDED);
    cr_assert_eq(chunk_append(&builder, limbs, CHUNK_MAX_WORDS - 2001, false), CHUNK_FULL);
    cr_assert_eq(builder.chunk.kind, CHUNK_NARROW);
    cr_assert_eq(builder.chunk.words, 1001);
    chunk_builder_destroy(&builder);
}

Test(chunk, is_full_of_work)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, a_millisecond_a_word);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.cost_ns, 4000004);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_FULL);

    chunk_builder_destroy(&builder);
    chunk_builder_init(&builder, a_millisecond);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_APPENDED);
    cr_assert_eq(builder.chunk.cost_ns, CHUNK_MAX_COST_NS);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_FULL);
    chunk_builder_destroy(&builder);

    const uint64_t wide[] = {0, 0, 0, 0, 0, 1};
    chunk_builder_init(&builder, a_millisecond_a_word);
    chunk_builder_clear(&builder);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_APPENDED);
    cr_assert_eq(chunk_append(&builder, wide, 6, false), CHUNK_FULL);
    cr_assert_eq(chunk_append(&builder, wide, 6, true), CHUNK_APPENDED);
    chunk_builder_clear(&builder);
    cr_assert_eq(chunk_append(&builder, wide, 6, false), CHUNK_APPENDED, "alone it always may");
    cr_assert_eq(builder.chunk.cost_ns, 6000001);
    cr_assert_eq(chunk_append_u64(&builder, 1), CHUNK_FULL);
    cr_assert_eq(chunk_append(&builder, wide, 6, true), CHUNK_FULL);
    chunk_builder_destroy(&builder);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void expect_seek(const struct chunk *chunk, uint64_t (*word_at)(uint32_t))
{
    struct chunk_reader reader;
    chunk_read(&reader, chunk);
    static const uint32_t order[] = {5, 5, 9, 0, 3, 8, 1};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        cr_assert(chunk_seek(&reader, order[i]));
        expect_word(&reader, word_at(order[i]));
    }
    cr_assert_not(chunk_seek(&reader, chunk->count));
    expect_end(&reader);
    cr_assert_not(chunk_seek(&reader, UINT32_MAX));
    expect_end(&reader);
    cr_assert(chunk_seek(&reader, 2));
    expect_word(&reader, word_at(2));
}

static uint64_t by_three(uint32_t index)
{
    return index % 3;
}

Test(chunk, seek)
{
    struct chunk_builder builder;
    chunk_builder_init(&builder, one);
    for (uint32_t i = 0; i < 10; i++)
        cr_assert_eq(chunk_append_u64(&builder, by_three(i)), CHUNK_APPENDED);
    expect_seek(&builder.chunk, by_three);
    const uint64_t wide[] = {0, 1};
    cr_assert_eq(chunk_append(&builder, wide, 2, false), CHUNK_APPENDED);
    expect_seek(&builder.chunk, by_three);
    chunk_builder_destroy(&builder);
}

Test(chunk, an_empty_chunk_has_nothing)
{
    struct chunk chunk = {0};
    struct chunk_reader reader;
    chunk_read(&reader, &chunk);
    expect_end(&reader);
    cr_assert_not(chunk_seek(&reader, 0));
}

/* Counts of more numbers than there are words for. */
Test(chunk, damaged_counts)
{
    for (uint32_t kind = 0; kind < 3; kind++) {
        uint64_t *words = calloc(4, sizeof *words); /* four zeros, in either kind */
        struct chunk chunk = {.kind = kind, .count = 4000, .words = 4, .data = words};
        struct chunk_reader reader;
        chunk_read(&reader, &chunk);
        for (int i = 0; i < 4; i++)
            expect_word(&reader, 0);
        expect_end(&reader);
        struct number number;
        cr_assert_not(chunk_seek(&reader, 3000) && chunk_next(&reader, &number));
        free(words);
    }
}

/* Random words: whatever the reader returns lies inside. */
Test(chunk, damaged_words)
{
    srand(1);
    for (int round = 0; round < 20000; round++) {
        uint32_t size = (uint32_t)rand() % 8;
        uint64_t *words = malloc(size * sizeof *words + 1);
        for (uint32_t i = 0; i < size; i++)
            words[i] =
                rand() % 4 ? (uint64_t)rand() % 16 : (uint64_t)rand() << 33 | (uint64_t)rand() << 2;
        struct chunk chunk = {
            .kind = CHUNK_WIDE, .count = (uint32_t)rand() % 10, .words = size, .data = words};
        struct chunk_reader reader;
        struct number number;
        uint32_t returned = 0;
        for (chunk_read(&reader, &chunk); chunk_next(&reader, &number); returned++)
            cr_assert(number.limbs >= words && number.limbs + number.limb_count <= words + size);
        cr_assert(returned <= chunk.count && reader.offset <= size);
        chunk_seek(&reader, (uint32_t)rand() % 10);
        free(words);
    }
}
