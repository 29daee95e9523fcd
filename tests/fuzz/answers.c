/*
 * answers - what a hostile service may answer the client: batches, results, problems. What
 * the client prints of it is printable, lest it command the terminal, and its JSON is JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/batch.h"
#include "client/output.h"
#include "client/problem.h"
#include "tests/fuzz/support/fuzz.h"

/* --- what is printed -------------------------------------------------------------------------- */

static char *printed; /* by the last function between capture() and captured() */
static size_t printed_size;
static FILE *kept;

/* From now on `*stream`, stdout or stderr, writes to memory. */
static void capture(FILE **stream)
{
    kept = *stream;
    *stream = open_memstream(&printed, &printed_size);
}

static void captured(FILE **stream)
{
    fclose(*stream);
    *stream = kept;
}

/* Nothing that a terminal obeys, but the ends of lines. */
static void expect_printable(void)
{
    for (size_t i = 0; i < printed_size; i++) {
        unsigned char c = (unsigned char)printed[i];
        bool c1 = c == 0xc2 && i + 1 < printed_size && (unsigned char)printed[i + 1] < 0xa0;
        fuzz_expect((c >= ' ' && c != 0x7f && !c1) || c == '\n', "the byte %u in: %s", c, printed);
    }
    free(printed);
}

/* --- the parts -------------------------------------------------------------------------------- */

static void name_place(void *context, uint64_t index, char out[PROBLEM_PLACE_SIZE])
{
    (void)context;
    snprintf(out, PROBLEM_PLACE_SIZE, "line %llu of numbers.txt", (unsigned long long)index + 1);
}

static void read_problem(const char *bytes, size_t size)
{
    struct http_answer answer = {.result = HTTP_REFUSED, .status = 422};
    answer.body = (struct text){.data = fuzz_string(bytes, size), .length = size};
    capture(&stderr);
    int status = problem_report(NULL, &answer, "batch 0123", name_place, NULL);
    captured(&stderr);
    fuzz_expect(status == EXIT_REFUSED && printed_size > 0, "status %d", status);
    expect_printable();
    free(answer.body.data);
}

static void read_batch(const char *bytes, size_t size)
{
    struct batch batch;
    if (!batch_parse(bytes, size, &batch))
        return;
    fuzz_expect(strspn(batch.id, "0123456789abcdef-") == strlen(batch.id), "id %s", batch.id);
    fuzz_expect(strspn(batch.status, "abcdefghijklmnopqrstuvwxyz") == strlen(batch.status),
                "status %s", batch.status);
    batch_status(&batch);
}

static void read_result(const char *bytes, size_t size)
{
    struct terminal terminal = {.out_colour = false};
    struct outcome outcome;
    json_t *document;
    if (output_parse(bytes, size, &outcome, &document)) {
        for (int format = OUTPUT_TABLE; format <= OUTPUT_CLASSIC; format++) {
            struct output output;
            capture(&stdout);
            output_begin(&output, (enum output_format)format, &terminal);
            output_make_room(&output, outcome.n);
            output_add(&output, &outcome);
            output_end(&output);
            captured(&stdout);
            json_t *again = json_loadb(printed, printed_size, JSON_REJECT_DUPLICATES, NULL);
            fuzz_expect(again || (format != OUTPUT_JSON && format != OUTPUT_NDJSON), "%s", printed);
            json_decref(again);
            expect_printable();
        }
    }
    json_decref(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_copy(bytes, size);
    read_problem(text, size);
    read_batch(text, size);
    read_result(text, size);
    free(text);
    return 0;
}
