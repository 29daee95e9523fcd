/*
 * decoder - undoes the Content-Encoding of a body, piece by piece: gzip (RFC 1952) and Zstandard
 * (RFC 8878, with windows of up to 8 MiB as RFC 9659 says). Several members or frames in a row are
 * one body.
 *
 * Whoever calls says how much may come out of each step, so that a small body that decodes to a
 * huge one never is in memory, and can be stopped at any point. What decoders themselves take is
 * drawn from a budget that they share.
 *
 * A decoder belongs to one thread at a time; a budget to all.
 */
#ifndef SERVER_INTAKE_DECODER_H
#define SERVER_INTAKE_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decoder_coding { DECODER_GZIP, DECODER_ZSTD };

enum decoder_status {
    DECODER_OK,
    DECODER_MALFORMED, /* not in that coding, or damaged: final */
    DECODER_NO_ROOM,   /* the budget is spent, or there is no memory: final */
};

/* Bytes that all decoders may take together. */
struct decoder_budget {
    uint64_t max;
    _Atomic uint64_t used;
};

struct decoder;

/* The coding of that name ("gzip", "x-gzip", "zstd", in any case); false if it is none of ours. */
bool decoder_find(const char *name, enum decoder_coding *coding);

/* A new decoder, or NULL where the budget or memory has no room for it. decoder_free() it. */
struct decoder *decoder_new(enum decoder_coding coding, struct decoder_budget *budget);

/*
 * Decode some of the next bytes, bytes[*from .. size-1], into out: *from moves past those that are
 * done with, *made <= room is set to how many came out. There may be more to come without further
 * bytes where *made == room, and only there.
 */
enum decoder_status decoder_step(struct decoder *decoder, const char *bytes, size_t size,
                                 size_t *from, char *out, size_t room, size_t *made);

/* Are the bytes so far complete? What is not at its end was cut off. An empty body is not one. */
bool decoder_is_complete(const struct decoder *decoder);

/* NULL is harmless. */
void decoder_free(struct decoder *decoder);

#endif
