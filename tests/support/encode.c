/* encode - by zlib and libzstd. See encode.h. */
#include "tests/support/encode.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

void encode_gzip(struct text *out, const char *bytes, size_t size)
{
    z_stream stream = {.next_in = (const Bytef *)bytes, .avail_in = (uInt)size};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    uLong room = deflateBound(&stream, size);
    char *made = malloc(room);
    cr_assert_not_null(made);
    stream.next_out = (Bytef *)made;
    stream.avail_out = (uInt)room;
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    text_add(out, made, stream.total_out);
    deflateEnd(&stream);
    free(made);
}

void encode_zstd(struct text *out, const char *bytes, size_t size)
{
    size_t room = ZSTD_compressBound(size);
    char *made = malloc(room);
    cr_assert_not_null(made);
    size_t length = ZSTD_compress(made, room, bytes, size, 3);
    cr_assert_not(ZSTD_isError(length));
    text_add(out, made, length);
    free(made);
}
