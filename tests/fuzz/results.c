/*
 * results - results of any numbers, verdicts and times, in every format: each item is valid in its
 * format, says what it was given, and what a cursor reads of a batch does not depend on how.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "server/http/result_cursor.h"
#include "server/store/memory.h"
#include "tests/fuzz/support/fuzz.h"

enum { STORE_BYTES = 16 << 20, CHUNKS_MAX = 4, LIMBS_MAX = 4, NUMBERS_MAX = 24 };

/* --- one item --------------------------------------------------------------------------------- */

static void check_json(const struct text *text, uint64_t index, const struct number *number,
                       enum verdict verdict)
{
    json_t *item = json_loadb(text->data, text->length, JSON_REJECT_DUPLICATES, NULL);
    fuzz_expect(json_is_object(item), "%.*s", (int)text->length, text->data);
    char *digits = malloc(decimal_number_size(number->limb_count) + 1);
    digits[decimal_number(digits, number)] = '\0';
    fuzz_expect(strcmp(json_string_value(json_object_get(item, "n")), digits) == 0, "%s", digits);
    fuzz_expect((uint64_t)json_integer_value(json_object_get(item, "index")) == index ||
                    index > INT64_MAX,
                "index %llu", (unsigned long long)index);
    const json_t *prime = json_object_get(item, "prime");
    bool answered = verdict <= VERDICT_PROBABLE_PRIME;
    fuzz_expect(json_is_boolean(prime) == answered && json_is_null(prime) != answered &&
                    json_is_true(prime) == (answered && verdict != VERDICT_COMPOSITE),
                "verdict %d", verdict);
    const json_t *elapsed = json_object_get(item, "elapsed");
    fuzz_expect(json_is_number(elapsed) == answered && json_number_value(elapsed) >= 0, "%.*s",
                (int)text->length, text->data);
    free(digits);
    json_decref(item);
}

static void check_csv(const struct text *text)
{
    size_t commas = 0;
    for (size_t i = 0; i < text->length; i++)
        commas += text->data[i] == ',';
    fuzz_expect(commas == 4 && text->data[text->length - 1] == '\n', "%.*s", (int)text->length,
                text->data);
}

static void check_item(uint64_t index, const struct number *number, enum verdict verdict,
                       float seconds)
{
    for (int format = 0; format < RESULT_FORMATS; format++) {
        struct text text = {.data = NULL};
        result_format_item(&text, (enum result_format)format, index, number, verdict, seconds);
        for (size_t i = 0; i < text.length && format != RESULT_OCTETS; i++)
            fuzz_expect(text.data[i] >= ' ' || (text.data[i] == '\n' && i + 1 == text.length),
                        "%.*s", (int)text.length, text.data);
        if (format == RESULT_JSON && index <= INT64_MAX)
            check_json(&text, index, number, verdict);
        else if (format == RESULT_CSV)
            check_csv(&text);
        else if (format == RESULT_OCTETS)
            fuzz_expect(text.length == 1 && text.data[0] == (char)verdict, "an octet");
        text_destroy(&text);
    }
}

/* --- a batch of them -------------------------------------------------------------------------- */

static uint64_t cost(size_t bits)
{
    return bits + 1;
}

/* Fill a chunk with numbers of the input, and check the item of each. */
static void take_chunk(struct fuzz_input *input, struct chunk_builder *builder, uint8_t *verdicts,
                       float *seconds)
{
    uint32_t count = 1 + (uint32_t)fuzz_take(input, 1) % NUMBERS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t limbs[LIMBS_MAX];
        uint64_t shape = fuzz_take(input, 1);
        size_t limb_count = shape % (LIMBS_MAX + 1);
        uint32_t bits = (uint32_t)fuzz_take(input, 4);
        for (size_t limb = 0; limb < limb_count; limb++)
            limbs[limb] = fuzz_take(input, 8);
        fuzz_expect(chunk_append(builder, limbs, limb_count, shape & 0x80) == CHUNK_APPENDED,
                    "a chunk of %u is full", i);
        verdicts[i] = (uint8_t)(shape >> 3 & 7) % VERDICTS;
        memcpy(&seconds[i], &bits, sizeof bits);
    }
    struct chunk_reader reader;
    struct number number;
    uint32_t i = 0;
    for (chunk_read(&reader, &builder->chunk); chunk_next(&reader, &number); i++)
        check_item(i, &number, verdicts[i], seconds[i]);
    fuzz_expect(i == count, "%u of %u numbers", i, count);
}

static struct text read_batch(struct store *store, const struct batch *batch,
                              enum result_format format, enum result_filter filter, size_t piece)
{
    struct text all = {.data = NULL};
    static struct result_cursor cursor;
    result_cursor_set(&cursor, store, &batch->id, format, filter, 0, UINT64_MAX);
    enum result_stop stop;
    do {
        struct text text = {.data = NULL};
        stop = result_cursor_write(&cursor, &text, piece, batch->prefix, "");
        text_add(&all, text.data ? text.data : "", text.length);
        text_destroy(&text);
    } while (stop == RESULT_STOP_SIZE);
    fuzz_expect(stop == RESULT_STOP_END, "stopped for %d", stop);
    return all;
}

/* The octets of each filter are those of all that it lets through. */
static void check_filters(const struct batch *batch, const struct text octets[])
{
    const uint64_t *counts = batch->counts;
    fuzz_expect(octets[RESULT_ALL].length == batch->total, "%zu octets", octets[0].length);
    fuzz_expect(octets[RESULT_PRIME].length ==
                    counts[VERDICT_PRIME] + counts[VERDICT_PROBABLE_PRIME],
                "%zu primes", octets[RESULT_PRIME].length);
    fuzz_expect(octets[RESULT_COMPOSITE].length == counts[VERDICT_COMPOSITE], "%zu composites",
                octets[RESULT_COMPOSITE].length);
    fuzz_expect(octets[RESULT_FAILED].length ==
                    counts[VERDICT_FAILED] + counts[VERDICT_TIMEOUT] + counts[VERDICT_CANCELED],
                "%zu failed", octets[RESULT_FAILED].length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    struct store *store = store_memory_open(STORE_BYTES);
    struct store_draft *draft;
    struct chunk_builder builder;
    static uint8_t verdicts[CHUNKS_MAX][NUMBERS_MAX];
    static float seconds[CHUNKS_MAX][NUMBERS_MAX];
    size_t piece = 1 + (size_t)fuzz_take(&input, 1);
    uint32_t chunks = 1 + (uint32_t)fuzz_take(&input, 1) % CHUNKS_MAX;
    fuzz_expect(store_begin(store, &draft) == STORE_OK, "no draft");
    chunk_builder_init(&builder, cost);
    for (uint32_t i = 0; i < chunks; i++) {
        take_chunk(&input, &builder, verdicts[i], seconds[i]);
        fuzz_expect(store_append(store, draft, &builder.chunk) == STORE_OK, "no room");
        chunk_builder_clear(&builder);
    }
    chunk_builder_destroy(&builder);
    struct batch batch;
    struct batch_spec spec = {.ttl_s = 60};
    fuzz_expect(store_commit(store, draft, &spec, &batch, NULL, NULL) == STORE_OK, "no batch");
    for (uint32_t i = 0; i < chunks; i++)
        store_post(store, &batch.id, i, verdicts[i], seconds[i], &batch);
    fuzz_expect(batch_has_ended(&batch) && batch.prefix == batch.total, "the batch has not ended");
    fuzz_expect(batch.compute_seconds >= 0 && batch.compute_seconds < 1e300, "%g seconds",
                batch.compute_seconds);

    for (int format = 0; format < RESULT_FORMATS; format++) {
        struct text texts[RESULT_FAILED + 1];
        for (int filter = RESULT_ALL; filter <= RESULT_FAILED; filter++) {
            texts[filter] = read_batch(store, &batch, (enum result_format)format,
                                       (enum result_filter)filter, piece);
            struct text whole = read_batch(store, &batch, (enum result_format)format,
                                           (enum result_filter)filter, SIZE_MAX);
            fuzz_expect(whole.length == texts[filter].length &&
                            (whole.length == 0 ||
                             memcmp(whole.data, texts[filter].data, whole.length) == 0),
                        "in pieces of %zu", piece);
            text_destroy(&whole);
        }
        if (format == RESULT_OCTETS)
            check_filters(&batch, texts);
        for (int filter = RESULT_ALL; filter <= RESULT_FAILED; filter++)
            text_destroy(&texts[filter]);
    }
    store_close(store);
    return 0;
}
