/*
 * chunk - a packed run of integers: the form numbers have from intake to worker.
 *
 * Intake writes chunks, the store keeps them, a block carries one, the worker and the result
 * writers read them. A chunk is NARROW (all its integers lie in 0 .. 2^64-1, one word each) or WIDE
 * (integers of any size and sign; each is a head word `limbs << 1 | negative` followed by that many
 * 64-bit limbs, least significant first, the highest not zero; 0 is the head word 0 alone).
 *
 * A chunk never exceeds what one block holds, nor (but for a single number) about 5 ms of work, so
 * that no batch keeps a worker from the others for long.
 *
 * Nothing here is thread-safe; a chunk that is only read may be read by any number of threads.
 */
#ifndef COMMON_CHUNK_H
#define COMMON_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHUNK_MAX_NUMBERS = 4096, /* numbers in one chunk */
    CHUNK_MAX_WORDS =
        5600, /* 64-bit words in one chunk: what the papers of a block have room for */
    CHUNK_MAX_COST_NS = 5000000, /* estimated work in one chunk of more than one number */
};

enum chunk_kind { CHUNK_NARROW, CHUNK_WIDE };

/* What describes a chunk; its words lie elsewhere (a buffer, a store, a block). */
struct chunk {
    uint32_t kind;  /* enum chunk_kind */
    uint32_t count; /* numbers, 0 .. CHUNK_MAX_NUMBERS */
    uint32_t words; /* words used, 0 .. CHUNK_MAX_WORDS */
    uint32_t reserved;
    uint64_t cost_ns;     /* estimated work */
    const uint64_t *data; /* the words; not owned */
};

/* One integer: sign and magnitude. limb_count is 0 for zero; the highest limb is not zero. */
struct number {
    const uint64_t *limbs; /* least significant first; points into the chunk */
    size_t limb_count;
    bool negative;
};

/* --- reading ---------------------------------------------------------------------------------- */

struct chunk_reader {
    const struct chunk *chunk;
    uint32_t index;  /* of the number chunk_next() returns next */
    uint32_t offset; /* of its first word */
};

/* Start at the first number. The chunk must outlive the reader. */
void chunk_read(struct chunk_reader *reader, const struct chunk *chunk);

/*
 * The next number, or false at the end, or where the words contradict the chunk's counts: no
 * content of a chunk makes this read outside data[0 .. words-1].
 */
bool chunk_next(struct chunk_reader *reader, struct number *number);

/* Skip numbers, so that chunk_next() returns the one at `index`; false if there is none. */
bool chunk_seek(struct chunk_reader *reader, uint32_t index);

/* --- writing ---------------------------------------------------------------------------------- */

/* The expected work for a number of that many significant bits, in nanoseconds, at least 1. */
typedef uint64_t chunk_cost(size_t bits);

/*
 * A chunk under construction. The buffer grows by doubling up to CHUNK_MAX_WORDS and is kept when
 * the builder is emptied, so filling many chunks allocates only for the first.
 */
struct chunk_builder {
    struct chunk chunk; /* what is in it now; chunk.data == buffer */
    uint64_t *buffer;
    uint32_t capacity; /* words allocated */
    chunk_cost *cost;
    uint64_t word_cost_ns; /* cost(64): that of any number in a narrow chunk */
};

enum chunk_append {
    CHUNK_APPENDED,
    CHUNK_FULL,      /* nothing was added: hand the chunk on, chunk_builder_clear(), append again */
    CHUNK_NO_MEMORY, /* nothing was added */
};

/* An empty builder that owns nothing yet; cost, primality_cost_ns() say, weighs its numbers. */
void chunk_builder_init(struct chunk_builder *builder, chunk_cost *cost);

/* Free the buffer; the builder is as after chunk_builder_init(). */
void chunk_builder_destroy(struct chunk_builder *builder);

/* Forget the numbers, keep the buffer. */
void chunk_builder_clear(struct chunk_builder *builder);

/*
 * Append one integer of limb_count <= CHUNK_MAX_WORDS - 1 limbs (high zero limbs allowed). An empty
 * builder never answers CHUNK_FULL. A narrow chunk that gets a number which does not fit one word
 * becomes wide in place where there is room for that, and is full otherwise.
 */
enum chunk_append chunk_append(struct chunk_builder *builder, const uint64_t *limbs,
                               size_t limb_count, bool negative);

/* The same for one non-negative integer below 2^64: the fast path. */
enum chunk_append chunk_append_u64(struct chunk_builder *builder, uint64_t number);

/*
 * The fast path for many of these: where up to *room of them may be written, to be added by
 * chunk_builder_add(). NULL, and 0, where the chunk is full, is wide or cannot grow: which of these,
 * appending one tells. Good until the builder is touched again.
 */
uint64_t *chunk_builder_room(struct chunk_builder *builder, uint32_t *room);

/* The first `count` of that room have been written. */
void chunk_builder_add(struct chunk_builder *builder, uint32_t count);

#endif
