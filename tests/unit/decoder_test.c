/* Content codings: whole, in pieces, cut off, damaged, one after another, and beyond the budget. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/text.h"
#include "server/intake/decoder.h"
#include "tests/support/encode.h"

enum { MIB = 1 << 20 };

/* What the coding makes of the text, added to out. */
static void encode(struct text *out, enum decoder_coding coding, const char *text, size_t size)
{
    (coding == DECODER_GZIP ? encode_gzip : encode_zstd)(out, text, size);
}

struct outcome {
    enum decoder_status status;
    bool is_complete;
    struct text text;
};

/* Decode pieces of `cut` bytes into rooms of `room`. */
static struct outcome decode(enum decoder_coding coding, const struct text *bytes, size_t cut,
                             size_t room)
{
    struct decoder_budget budget = {.max = 64 * MIB};
    struct decoder *decoder = decoder_new(coding, &budget);
    cr_assert_not_null(decoder);
    cr_expect_gt(atomic_load(&budget.used), 0);
    struct outcome outcome = {.status = DECODER_OK};
    char *out = malloc(room);
    for (size_t begin = 0; begin < bytes->length && outcome.status == DECODER_OK; begin += cut) {
        size_t size = bytes->length - begin < cut ? bytes->length - begin : cut;
        size_t from = 0;
        size_t made = 0;
        do {
            outcome.status =
                decoder_step(decoder, bytes->data + begin, size, &from, out, room, &made);
            text_add(&outcome.text, out, made);
        } while (outcome.status == DECODER_OK && (from < size || made == room));
    }
    outcome.is_complete = decoder_is_complete(decoder);
    decoder_free(decoder);
    cr_expect_eq(atomic_load(&budget.used), 0);
    free(out);
    return outcome;
}

static void expect_decoded(struct outcome outcome, const struct text *text)
{
    cr_assert_eq(outcome.status, DECODER_OK);
    cr_expect(outcome.is_complete);
    cr_assert_eq(outcome.text.length, text->length);
    cr_expect_arr_eq(outcome.text.data, text->data, text->length);
    text_destroy(&outcome.text);
}

static struct text numbers(int count)
{
    struct text text = {.data = NULL};
    for (int i = 0; i < count; i++)
        text_printf(&text, "%d\n", i * 7919);
    return text;
}

static const enum decoder_coding codings[] = {DECODER_GZIP, DECODER_ZSTD};

Test(decoder, names)
{
    enum decoder_coding coding;
    cr_expect(decoder_find("gzip", &coding) && coding == DECODER_GZIP);
    cr_expect(decoder_find("X-GZip", &coding) && coding == DECODER_GZIP);
    cr_expect(decoder_find("ZSTD", &coding) && coding == DECODER_ZSTD);
    static const char *const others[] = {"",      "deflate",       "br", "identity", "gzip,zstd",
                                         "gzip ", "compress, gzip"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(decoder_find(others[i], &coding), "%s", others[i]);
}

Test(decoder, any_pieces_into_any_rooms)
{
    static const size_t sizes[] = {1, 2, 3, 7, 64, 1000, 1 << 20};
    struct text text = numbers(3000);
    for (size_t c = 0; c < 2; c++) {
        struct text bytes = {.data = NULL};
        encode(&bytes, codings[c], text.data, text.length);
        for (size_t cut = 0; cut < 7; cut++)
            for (size_t room = 0; room < 7; room++)
                expect_decoded(decode(codings[c], &bytes, sizes[cut], sizes[room]), &text);
        text_destroy(&bytes);
    }
    text_destroy(&text);
}

Test(decoder, several_members_are_one_body)
{
    struct text text = numbers(100);
    for (size_t c = 0; c < 2; c++) {
        struct text bytes = {.data = NULL};
        encode(&bytes, codings[c], text.data, 10);
        encode(&bytes, codings[c], "", 0);
        encode(&bytes, codings[c], text.data + 10, text.length - 10);
        for (size_t cut = 1; cut < bytes.length; cut++)
            expect_decoded(decode(codings[c], &bytes, cut, 64), &text);
        text_destroy(&bytes);
    }
    text_destroy(&text);
}

Test(decoder, cut_off_anywhere_it_is_not_complete)
{
    struct text text = numbers(50);
    for (size_t c = 0; c < 2; c++) {
        struct text bytes = {.data = NULL};
        encode(&bytes, codings[c], text.data, text.length);
        for (size_t length = 0; length < bytes.length; length++) {
            struct text part = {.data = bytes.data, .length = length};
            struct outcome outcome = decode(codings[c], &part, 16, 64);
            cr_expect_eq(outcome.status, DECODER_OK);
            cr_expect_not(outcome.is_complete, "%zu of %zu bytes", length, bytes.length);
            text_destroy(&outcome.text);
        }
        text_destroy(&bytes);
    }
    text_destroy(&text);
}

Test(decoder, what_is_in_no_coding_is_malformed)
{
    static const char *const bodies[] = {"1\n2\n3\n", "\x1f\x8b nearly", "[2, 3]",
                                         "\x28\xb5\x2f\x41 and so on"};
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
            struct text bytes = {.data = (char *)bodies[i], .length = strlen(bodies[i])};
            struct outcome outcome = decode(codings[c], &bytes, 4, 64);
            cr_expect_eq(outcome.status, DECODER_MALFORMED, "coding %zu, body %zu", c, i);
            text_destroy(&outcome.text);
        }
    }
}

/*
 * libzstd reads what it wrote before there was RFC 8878, with decoders that know nothing of the limit of
 * windows: not here, neither at the beginning nor after a frame.
 */
Test(decoder, formats_older_than_zstd_s_are_malformed)
{
    static const unsigned char versions[] = {0x1e, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27};
    for (size_t i = 0; i < sizeof versions; i++) {
        const char begun[] = {(char)versions[i],
                              '\xb5',
                              '\x2f',
                              '\xfd',
                              '\x04',
                              '\x58',
                              '\xfd',
                              0,
                              0,
                              '\xc0',
                              '7',
                              '\n',
                              '8',
                              '\n',
                              '9',
                              '2',
                              '2'};
        for (int frames = 0; frames < 2; frames++) {
            struct text bytes = {.data = NULL};
            if (frames > 0)
                encode_zstd(&bytes, "7\n", 2);
            text_add(&bytes, begun, sizeof begun);
            for (size_t cut = 1; cut <= bytes.length; cut++) {
                struct outcome outcome = decode(DECODER_ZSTD, &bytes, cut, 64);
                cr_expect_eq(outcome.status, DECODER_MALFORMED, "version %zu, cut %zu", i, cut);
                text_destroy(&outcome.text);
            }
            text_destroy(&bytes);
        }
    }
}

/* What is to be skipped is skipped, before, between and after frames. */
Test(decoder, skippable_frames)
{
    struct text text = numbers(10);
    struct text bytes = {.data = NULL};
    for (char first = 0x50; first <= 0x5f; first++) {
        const char skipped[] = {first, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'x', 'y'};
        text_add(&bytes, skipped, sizeof skipped);
        if (first == 0x55)
            encode_zstd(&bytes, text.data, text.length);
    }
    for (size_t cut = 1; cut < bytes.length; cut++)
        expect_decoded(decode(DECODER_ZSTD, &bytes, cut, 64), &text);
    text_destroy(&bytes);
    text_destroy(&text);
}

Test(decoder, damage_is_seen)
{
    struct text text = numbers(1000);
    struct text bytes = {.data = NULL};
    encode(&bytes, DECODER_GZIP, text.data, text.length);
    /* Past the header, whose time and system may be any; the checksum sees the rest. */
    for (size_t i = 10; i < bytes.length; i += 17) {
        bytes.data[i] ^= 0x10;
        struct outcome outcome = decode(DECODER_GZIP, &bytes, 100, 1000);
        cr_expect(outcome.status == DECODER_MALFORMED || !outcome.is_complete, "byte %zu", i);
        text_destroy(&outcome.text);
        bytes.data[i] ^= 0x10;
    }
    text_destroy(&bytes);
    text_destroy(&text);
}

Test(decoder, a_small_body_that_decodes_to_a_huge_one_is_never_in_memory)
{
    char *zeros = calloc(8 * MIB, 1);
    for (size_t c = 0; c < 2; c++) {
        struct text bytes = {.data = NULL};
        encode(&bytes, codings[c], zeros, 8 * MIB);
        cr_expect_lt(bytes.length, 16 * 1024);
        struct decoder_budget budget = {.max = 64 * MIB};
        struct decoder *decoder = decoder_new(codings[c], &budget);
        char out[4096];
        size_t from = 0;
        size_t made;
        size_t total = 0;
        do {
            cr_assert_eq(
                decoder_step(decoder, bytes.data, bytes.length, &from, out, sizeof out, &made),
                DECODER_OK);
            total += made;
            cr_assert_lt(atomic_load(&budget.used), 9 * MIB);
        } while (from < bytes.length || made == sizeof out);
        cr_expect_eq(total, 8 * MIB);
        cr_expect(decoder_is_complete(decoder));
        decoder_free(decoder);
        text_destroy(&bytes);
    }
    free(zeros);
}

/* A frame that asks for a window of 2^log bytes. */
static struct text frame_of_window(unsigned log)
{
    struct text bytes = {.data = NULL};
    char frame[64];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, (int)log);
    ZSTD_inBuffer input = {"2\n", 2, 0};
    ZSTD_outBuffer output = {frame, sizeof frame, 0};
    /* Flushed before the end, so that the encoder cannot know the size and make do with less. */
    cr_assert_not(ZSTD_isError(ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush)));
    cr_assert_eq(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0);
    text_add(&bytes, frame, output.pos);
    ZSTD_freeCCtx(context);
    return bytes;
}

Test(decoder, windows_have_a_limit)
{
    struct text largest = frame_of_window(23);
    struct outcome outcome = decode(DECODER_ZSTD, &largest, 100, 100);
    cr_expect_eq(outcome.status, DECODER_OK);
    cr_expect(outcome.is_complete);
    text_destroy(&outcome.text);
    text_destroy(&largest);

    struct text larger = frame_of_window(24);
    outcome = decode(DECODER_ZSTD, &larger, 100, 100);
    cr_expect_eq(outcome.status, DECODER_MALFORMED);
    text_destroy(&outcome.text);
    text_destroy(&larger);
}

Test(decoder, the_budget_is_shared_and_given_back)
{
    struct decoder_budget budget = {.max = 20 * MIB};
    struct text frame = frame_of_window(23);
    struct decoder *decoders[3];
    enum decoder_status status[3];
    for (int i = 0; i < 3; i++) {
        char out[16];
        size_t from = 0;
        size_t made;
        decoders[i] = decoder_new(DECODER_ZSTD, &budget);
        cr_assert_not_null(decoders[i]);
        status[i] =
            decoder_step(decoders[i], frame.data, frame.length, &from, out, sizeof out, &made);
    }
    cr_expect_eq(status[0], DECODER_OK);
    cr_expect_eq(status[1], DECODER_OK);
    cr_expect_eq(status[2], DECODER_NO_ROOM);
    for (int i = 0; i < 3; i++)
        decoder_free(decoders[i]);
    cr_expect_eq(atomic_load(&budget.used), 0);

    struct decoder_budget none = {.max = 100};
    cr_expect_null(decoder_new(DECODER_GZIP, &none));
    cr_expect_null(decoder_new(DECODER_ZSTD, &none));
    cr_expect_eq(atomic_load(&none.used), 0);
    text_destroy(&frame);
}
