/* chunk - packing integers into words and reading them back. See chunk.h for the format. */
#include "common/chunk.h"

#include <stdlib.h>
#include <string.h>

enum { INITIAL_WORDS = 64 };

/* --- reading ---------------------------------------------------------------------------------- */

void chunk_read(struct chunk_reader *reader, const struct chunk *chunk)
{
    *reader = (struct chunk_reader){.chunk = chunk};
}

bool chunk_next(struct chunk_reader *reader, struct number *number)
{
    const struct chunk *chunk = reader->chunk;
    if (reader->index >= chunk->count || reader->offset >= chunk->words)
        return false;

    const uint64_t *word = chunk->data + reader->offset;
    if (chunk->kind == CHUNK_NARROW) {
        *number = (struct number){.limbs = word, .limb_count = *word != 0};
        reader->offset += 1;
    } else {
        uint64_t limbs = *word >> 1;
        if (limbs >= chunk->words - reader->offset)
            return false;
        *number = (struct number){
            .limbs = word + 1, .limb_count = (size_t)limbs, .negative = (*word & 1) != 0};
        reader->offset += 1 + (uint32_t)limbs;
    }
    reader->index++;
    return true;
}

bool chunk_seek(struct chunk_reader *reader, uint32_t index)
{
    if (index < reader->index)
        chunk_read(reader, reader->chunk);
    if (reader->chunk->kind == CHUNK_NARROW) {
        reader->index = index;
        reader->offset = index;
        return index < reader->chunk->count;
    }
    struct number skipped;
    while (reader->index < index)
        if (!chunk_next(reader, &skipped))
            return false;
    return reader->index < reader->chunk->count;
}

/* --- writing ---------------------------------------------------------------------------------- */

void chunk_builder_init(struct chunk_builder *builder, chunk_cost *cost)
{
    *builder = (struct chunk_builder){.cost = cost, .word_cost_ns = cost(64)};
}

void chunk_builder_destroy(struct chunk_builder *builder)
{
    free(builder->buffer);
    chunk_builder_init(builder, builder->cost);
}

void chunk_builder_clear(struct chunk_builder *builder)
{
    builder->chunk = (struct chunk){.kind = CHUNK_NARROW, .data = builder->buffer};
}

/* Make room for `words` more words; CHUNK_FULL where no chunk may have that many. */
static enum chunk_append reserve(struct chunk_builder *builder, size_t words)
{
    size_t needed = builder->chunk.words + words;
    if (needed <= builder->capacity)
        return CHUNK_APPENDED;
    if (needed > CHUNK_MAX_WORDS)
        return CHUNK_FULL;

    size_t capacity = builder->capacity ? builder->capacity : INITIAL_WORDS;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > CHUNK_MAX_WORDS)
        capacity = CHUNK_MAX_WORDS;
    uint64_t *buffer = realloc(builder->buffer, capacity * sizeof *buffer);
    if (!buffer)
        return CHUNK_NO_MEMORY;
    builder->buffer = buffer;
    builder->chunk.data = buffer;
    builder->capacity = (uint32_t)capacity;
    return CHUNK_APPENDED;
}

/* May a number of that cost join? The first always may. */
static bool has_room(const struct chunk *chunk, uint64_t cost_ns)
{
    return chunk->count == 0 || (chunk->count < CHUNK_MAX_NUMBERS && cost_ns <= CHUNK_MAX_COST_NS &&
                                 chunk->cost_ns <= CHUNK_MAX_COST_NS - cost_ns);
}

/* Rewrite the words of a narrow chunk, back to front, as those of a wide one; room is reserved. */
static void widen(struct chunk_builder *builder)
{
    struct chunk *chunk = &builder->chunk;
    uint32_t words = chunk->count;
    for (uint32_t i = 0; i < chunk->count; i++)
        words += builder->buffer[i] != 0;

    uint32_t end = words;
    for (uint32_t i = chunk->count; i-- > 0;) {
        uint64_t number = builder->buffer[i];
        if (number != 0)
            builder->buffer[--end] = number;
        builder->buffer[--end] = (uint64_t)(number != 0) << 1;
    }
    chunk->kind = CHUNK_WIDE;
    chunk->words = words;
}

enum chunk_append chunk_append_u64(struct chunk_builder *builder, uint64_t number)
{
    struct chunk *chunk = &builder->chunk;
    if (chunk->kind == CHUNK_WIDE)
        return chunk_append(builder, &number, 1, false);
    if (!has_room(chunk, builder->word_cost_ns))
        return CHUNK_FULL;
    enum chunk_append room = reserve(builder, 1);
    if (room != CHUNK_APPENDED)
        return room;
    builder->buffer[chunk->words] = number;
    chunk_builder_add(builder, 1);
    return CHUNK_APPENDED;
}

uint64_t *chunk_builder_room(struct chunk_builder *builder, uint32_t *room)
{
    const struct chunk *chunk = &builder->chunk;
    *room = 0;
    if (chunk->kind == CHUNK_WIDE || !has_room(chunk, builder->word_cost_ns) ||
        reserve(builder, 1) != CHUNK_APPENDED)
        return NULL;
    uint64_t affordable = (CHUNK_MAX_COST_NS - chunk->cost_ns) / builder->word_cost_ns;
    *room = CHUNK_MAX_NUMBERS - chunk->count;
    if (*room > builder->capacity - chunk->words)
        *room = builder->capacity - chunk->words;
    if (*room > affordable)
        *room = affordable ? (uint32_t)affordable : 1; /* a first one is affordable always */
    return builder->buffer + chunk->words;
}

void chunk_builder_add(struct chunk_builder *builder, uint32_t count)
{
    builder->chunk.words += count;
    builder->chunk.count += count;
    builder->chunk.cost_ns += count * builder->word_cost_ns;
}

enum chunk_append chunk_append(struct chunk_builder *builder, const uint64_t *limbs,
                               size_t limb_count, bool negative)
{
    struct chunk *chunk = &builder->chunk;
    // cppcheck-suppress objectIndex ; the limb of chunk_append_u64() comes with a count of 1
    while (limb_count > 0 && limbs[limb_count - 1] == 0)
        limb_count--;
    if (limb_count == 0)
        negative = false;
    if (chunk->kind == CHUNK_NARROW && limb_count <= 1 && !negative)
        return chunk_append_u64(builder, limb_count ? limbs[0] : 0);

    /* A negative number is settled by its sign. */
    uint64_t cost_ns = negative ? 1 : builder->cost(64 * limb_count);
    if (!has_room(chunk, cost_ns))
        return CHUNK_FULL;
    size_t widening = chunk->kind == CHUNK_NARROW ? chunk->count : 0;
    enum chunk_append room = reserve(builder, widening + 1 + limb_count);
    if (room != CHUNK_APPENDED)
        return room;
    if (chunk->kind == CHUNK_NARROW)
        widen(builder);
    builder->buffer[chunk->words++] = (uint64_t)limb_count << 1 | negative;
    if (limb_count > 0)
        memcpy(builder->buffer + chunk->words, limbs, limb_count * sizeof *limbs);
    chunk->words += (uint32_t)limb_count;
    chunk->count++;
    chunk->cost_ns += cost_ns;
    return CHUNK_APPENDED;
}
