/*
 * decoder - bodies that say they are gzip or zstd (server/intake/decoder.h): however the bytes are
 * cut, and whatever room there is for what comes out, it is the same; the decoders take no more than
 * their budget, and give it back.
 *
 * The first byte of an input says which coding; its second bit, that what follows is text, to be
 * encoded first: then it must come back as it was.
 */
#include "server/intake/decoder.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "common/text.h"
#include "tests/fuzz/support/fuzz.h"

enum { OUT_MAX = 1 << 16, BUDGET = 16 << 20, ROOM_MAX = 4096 };

struct outcome {
    enum decoder_status status;
    bool is_complete;
    struct text text; /* cut off after OUT_MAX bytes: a few bytes may be very many */
};

/* The size of the next piece: all at once, one byte, or any. */
static size_t piece_size(int cut, size_t left, uint64_t *random)
{
    size_t size = cut == 0 ? left : cut == 1 ? 1 : 1 + (size_t)fuzz_random(random) % left;
    return size < left ? size : left;
}

/* Step over one piece. It makes headway: bytes are taken, or come out, or it says why not. */
static void feed(struct decoder *decoder, struct outcome *outcome, const char *bytes, size_t size,
                 size_t room)
{
    size_t from = 0;
    size_t made;
    do {
        char *out = malloc(room);
        size_t before = from;
        outcome->status = decoder_step(decoder, bytes, size, &from, out, room, &made);
        fuzz_expect(from >= before && from <= size && made <= room, "%zu of %zu, %zu of %zu", from,
                    size, made, room);
        fuzz_expect(outcome->status != DECODER_OK || from > before || made > 0 || from == size,
                    "no headway at %zu of %zu", from, size);
        size_t wanted = OUT_MAX - outcome->text.length;
        text_add(&outcome->text, out, made < wanted ? made : wanted);
        free(out);
    } while (outcome->status == DECODER_OK && (from < size || made == room) &&
             outcome->text.length < OUT_MAX);
}

static struct outcome decode(enum decoder_coding coding, const uint8_t *bytes, size_t size, int cut)
{
    struct decoder_budget budget = {.max = BUDGET};
    struct decoder *decoder = decoder_new(coding, &budget);
    struct outcome outcome = {.status = DECODER_OK};
    uint64_t random = fuzz_hash(bytes, size);
    fuzz_expect(decoder, "no decoder");
    for (size_t at = 0, length; at < size && outcome.status == DECODER_OK; at += length) {
        length = piece_size(cut, size - at, &random);
        size_t room = cut == 0 ? ROOM_MAX : cut == 1 ? 1 : 1 + fuzz_random(&random) % ROOM_MAX;
        char *piece = fuzz_copy(bytes + at, length);
        feed(decoder, &outcome, piece, length, room);
        free(piece);
        fuzz_expect(atomic_load(&budget.used) <= budget.max, "beyond the budget");
        if (outcome.text.length == OUT_MAX)
            break;
    }
    outcome.is_complete = decoder_is_complete(decoder);
    decoder_free(decoder);
    fuzz_expect(atomic_load(&budget.used) == 0, "kept of the budget");
    return outcome;
}

/*
 * Where bytes are damaged, how much comes out before that is noticed depends on the cuts; one is a
 * beginning of the other.
 */
static void expect_same(const struct outcome *a, const struct outcome *b)
{
    size_t shorter = a->text.length < b->text.length ? a->text.length : b->text.length;
    fuzz_expect(shorter == 0 || memcmp(a->text.data, b->text.data, shorter) == 0, "other bytes");
    if (a->text.length == OUT_MAX || b->text.length == OUT_MAX)
        return;
    fuzz_expect(a->status == b->status, "%d, and cut %d", (int)a->status, (int)b->status);
    fuzz_expect(a->status != DECODER_OK ||
                    (a->is_complete == b->is_complete && a->text.length == b->text.length),
                "%zu bytes, and cut %zu", a->text.length, b->text.length);
}

/* Decode in all ways; the outcome of the first. */
static struct outcome decode_all_ways(enum decoder_coding coding, const uint8_t *bytes, size_t size)
{
    struct outcome whole = decode(coding, bytes, size, 0);
    for (int cut = 1; cut <= 2; cut++) {
        struct outcome other = decode(coding, bytes, size, cut);
        expect_same(&whole, &other);
        text_destroy(&other.text);
    }
    return whole;
}

/* Has it a frame of a format older than RFC 8878, which the library would take, and the service does not? */
static bool is_older(const uint8_t *bytes, size_t size)
{
    for (size_t length; size > 0; bytes += length, size -= length) {
        if (*bytes != 0x28 && (*bytes & 0xf0) != 0x50)
            return true;
        length = ZSTD_findFrameCompressedSize(bytes, size);
        if (ZSTD_isError(length))
            break;
    }
    return false;
}

/* What the library itself makes of all bytes at once: the size of it, or SIZE_MAX. */
static size_t decode_at_once(enum decoder_coding coding, const uint8_t *bytes, size_t size,
                             char out[OUT_MAX])
{
    if (coding == DECODER_ZSTD && is_older(bytes, size))
        return SIZE_MAX;
    if (coding == DECODER_ZSTD) {
        size_t length = ZSTD_decompress(out, OUT_MAX, bytes, size);
        return ZSTD_isError(length) ? SIZE_MAX : length;
    }
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    stream.next_out = (Bytef *)out;
    stream.avail_out = OUT_MAX;
    fuzz_expect(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK, "no zlib");
    bool one_member = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    return one_member ? OUT_MAX - stream.avail_out : SIZE_MAX;
}

static size_t encode(enum decoder_coding coding, const uint8_t *text, size_t size, uint8_t *out,
                     size_t room)
{
    if (coding == DECODER_ZSTD)
        return ZSTD_compress(out, room, text, size, 1);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)size};
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    fuzz_expect(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, 0) == Z_OK, "no zlib");
    fuzz_expect(deflate(&stream, Z_FINISH) == Z_STREAM_END, "no room");
    deflateEnd(&stream);
    return room - stream.avail_out;
}

/* It comes back as it was. */
static void there_and_back(enum decoder_coding coding, const uint8_t *text, size_t size)
{
    size_t room = 2 * size + 1024;
    uint8_t *encoded = malloc(room);
    size_t length = encode(coding, text, size, encoded, room);
    struct outcome outcome = decode_all_ways(coding, encoded, length);
    fuzz_expect(outcome.status == DECODER_OK && outcome.is_complete && outcome.text.length == size,
                "status %d, %zu of %zu bytes", (int)outcome.status, outcome.text.length, size);
    fuzz_expect(size == 0 || memcmp(outcome.text.data, text, size) == 0, "other bytes");
    text_destroy(&outcome.text);
    free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char out[OUT_MAX];
    struct fuzz_input input = {bytes, size};
    uint64_t head = fuzz_take(&input, 1);
    enum decoder_coding coding = head & 1 ? DECODER_ZSTD : DECODER_GZIP;
    if (head & 2) {
        there_and_back(coding, input.bytes, input.size);
        return 0;
    }
    struct outcome outcome = decode_all_ways(coding, input.bytes, input.size);
    size_t length = decode_at_once(coding, input.bytes, input.size, out);
    if (length < OUT_MAX && input.size > 0 && outcome.status != DECODER_NO_ROOM) {
        fuzz_expect(outcome.status == DECODER_OK && outcome.is_complete, "status %d",
                    (int)outcome.status);
        fuzz_expect(outcome.text.length == length &&
                        (length == 0 || memcmp(outcome.text.data, out, length) == 0),
                    "%zu bytes, and at once %zu", outcome.text.length, length);
    }
    text_destroy(&outcome.text);
    return 0;
}
