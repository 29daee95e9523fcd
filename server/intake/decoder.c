/* decoder - by zlib and libzstd. See decoder.h. */
#include "server/intake/decoder.h"

#define ZLIB_CONST /* its input is not written to */
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    GZIP_ONLY = 16 + MAX_WBITS, /* zlib's way to say: a gzip header, the largest window */
    GZIP_MEMORY = 8192 + (1 << MAX_WBITS), /* zconf.h: about 7 KiB and the window */
    ZSTD_WINDOW_LOG_MAX = 23,              /* 8 MiB: RFC 9659, 3 */
};

struct decoder {
    enum decoder_coding coding;
    struct decoder_budget *budget;
    uint64_t charged; /* of the budget */
    bool is_complete; /* at the end of a member or frame */
    bool has_begun;   /* zstd: within a frame */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

bool decoder_find(const char *name, enum decoder_coding *coding)
{
    static const struct {
        const char *name;
        enum decoder_coding coding;
    } codings[] = {{"gzip", DECODER_GZIP}, {"x-gzip", DECODER_GZIP}, {"zstd", DECODER_ZSTD}};
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        if (strcasecmp(codings[i].name, name) == 0) {
            *coding = codings[i].coding;
            return true;
        }
    }
    return false;
}

/* The decoder takes that much now: raise what it has drawn from the budget. False if that is spent. */
static bool charge(struct decoder *decoder, uint64_t bytes)
{
    if (bytes <= decoder->charged)
        return true;
    uint64_t more = bytes - decoder->charged;
    if (atomic_fetch_add(&decoder->budget->used, more) + more > decoder->budget->max) {
        atomic_fetch_sub(&decoder->budget->used, more);
        return false;
    }
    decoder->charged = bytes;
    return true;
}

static bool open_gzip(struct decoder *decoder)
{
    return charge(decoder, GZIP_MEMORY) && inflateInit2(&decoder->gzip, GZIP_ONLY) == Z_OK;
}

static bool open_zstd(struct decoder *decoder)
{
    decoder->zstd = ZSTD_createDStream();
    return decoder->zstd && charge(decoder, ZSTD_sizeof_DStream(decoder->zstd)) &&
           !ZSTD_isError(
               ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX));
}

struct decoder *decoder_new(enum decoder_coding coding, struct decoder_budget *budget)
{
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->coding = coding;
    decoder->budget = budget;
    if (coding == DECODER_GZIP ? open_gzip(decoder) : open_zstd(decoder))
        return decoder;
    decoder_free(decoder);
    return NULL;
}

static enum decoder_status step_gzip(struct decoder *decoder, const char *bytes, size_t size,
                                     size_t *from, char *out, size_t room, size_t *made)
{
    z_stream *stream = &decoder->gzip;
    if (decoder->is_complete && *from < size) {
        inflateReset(stream); /* another member follows */
        decoder->is_complete = false;
    }
    stream->next_in = (const Bytef *)bytes + *from;
    stream->avail_in = (uInt)(size - *from);
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)room;
    int code = decoder->is_complete ? Z_BUF_ERROR : inflate(stream, Z_NO_FLUSH);
    *from = size - stream->avail_in;
    *made = room - stream->avail_out;
    if (code == Z_STREAM_END)
        decoder->is_complete = true;
    if (code == Z_MEM_ERROR)
        return DECODER_NO_ROOM;
    /* Z_BUF_ERROR: nothing to do, which is harmless. */
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ? DECODER_OK
                                                                       : DECODER_MALFORMED;
}

/*
 * May a frame begin like that? libzstd would take those of its formats from before RFC 8878 too, if
 * it got enough of them at once, with decoders that know neither the limit of windows nor the
 * budget. Their first byte is another; that of frames to be skipped is any of sixteen (3.1.2).
 */
static bool begins_frame(char first)
{
    return first == '\x28' || (first & 0xf0) == '\x50';
}

static enum decoder_status step_zstd(struct decoder *decoder, const char *bytes, size_t size,
                                     size_t *from, char *out, size_t room, size_t *made)
{
    ZSTD_inBuffer input = {bytes, size, *from};
    ZSTD_outBuffer output = {out, room, 0};
    if (!decoder->has_begun && *from < size && !begins_frame(bytes[*from]))
        return DECODER_MALFORMED;
    /* Without input it would begin a frame, and the body would no longer be complete. */
    size_t left = 0;
    if (!decoder->is_complete || *from < size) {
        left = ZSTD_decompressStream(decoder->zstd, &output, &input);
        if (ZSTD_isError(left))
            return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation ? DECODER_NO_ROOM
                                                                           : DECODER_MALFORMED;
        decoder->is_complete = left == 0;
        decoder->has_begun = left != 0 && (decoder->has_begun || input.pos > *from);
    }
    *from = input.pos;
    *made = output.pos;
    return charge(decoder, ZSTD_sizeof_DStream(decoder->zstd)) ? DECODER_OK : DECODER_NO_ROOM;
}

enum decoder_status decoder_step(struct decoder *decoder, const char *bytes, size_t size,
                                 size_t *from, char *out, size_t room, size_t *made)
{
    *made = 0;
    return decoder->coding == DECODER_GZIP ? step_gzip(decoder, bytes, size, from, out, room, made)
                                           : step_zstd(decoder, bytes, size, from, out, room, made);
}

bool decoder_is_complete(const struct decoder *decoder)
{
    return decoder->is_complete;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->coding == DECODER_GZIP)
        inflateEnd(&decoder->gzip);
    ZSTD_freeDStream(decoder->zstd);
    atomic_fetch_sub(&decoder->budget->used, decoder->charged);
    free(decoder);
}
