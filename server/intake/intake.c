/* intake - the public calls, and handing accepted integers to the sink. See intake.h. */
#include <stdlib.h>
#include <string.h>

#include "server/intake/parts.h"
#include "worker/primality/primality.h"

struct intake *intake_new(enum intake_format format, const struct intake_limits *limits,
                          intake_sink *sink, void *context)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (!intake)
        return NULL;
    intake->format = format;
    intake->limits = *limits;
    intake->sink = sink;
    intake->context = context;
    intake->array_pointer = "#";
    intake->envelope.priority = INTAKE_PRIORITY_DEFAULT;
    chunk_builder_init(&intake->builder, primality_cost_ns);
    return intake;
}

void intake_free(struct intake *intake)
{
    if (!intake)
        return;
    chunk_builder_destroy(&intake->builder);
    integer_free(&intake->integer);
    text_destroy(&intake->odd);
    text_destroy(&intake->json.envelope.text);
    free(intake->envelope.metadata);
    free(intake);
}

/* --- to the sink ------------------------------------------------------------------------------ */

/* Hand the chunk under construction to the sink; false when that ends the intake. */
static bool hand_on(struct intake *intake)
{
    intake->sink_result = intake->sink(intake->context, &intake->builder.chunk);
    if (intake->sink_result != 0) {
        report_refused(intake);
        return false;
    }
    intake->envelope.received += intake->builder.chunk.count;
    chunk_builder_clear(&intake->builder);
    return true;
}

bool intake_count_element(struct intake *intake)
{
    if (intake->index == intake->limits.max_numbers) {
        report_too_large(intake, intake->array_pointer, "more than %llu numbers",
                         (unsigned long long)intake->limits.max_numbers);
        return false;
    }
    intake->index++;
    return true;
}

void intake_accept_u64(struct intake *intake, uint64_t magnitude, bool negative)
{
    if (negative) {
        intake_accept(intake, &magnitude, 1, true);
        return;
    }
    if (!intake_count_element(intake) || intake->total > 0)
        return;
    enum chunk_append append = chunk_append_u64(&intake->builder, magnitude);
    if (append == CHUNK_FULL && hand_on(intake))
        append = chunk_append_u64(&intake->builder, magnitude);
    if (append == CHUNK_NO_MEMORY)
        report_no_memory(intake);
}

void intake_accept(struct intake *intake, const uint64_t *limbs, size_t limb_count, bool negative)
{
    if (!intake_count_element(intake) || intake->total > 0)
        return;
    enum chunk_append append = chunk_append(&intake->builder, limbs, limb_count, negative);
    if (append == CHUNK_FULL && hand_on(intake))
        append = chunk_append(&intake->builder, limbs, limb_count, negative);
    if (append == CHUNK_NO_MEMORY)
        report_no_memory(intake);
}

struct intake_run intake_begin_run(struct intake *intake)
{
    struct intake_run run = {.words = NULL};
    uint64_t left = intake->limits.max_numbers - intake->index;
    if (intake->total == 0 && left > 0)
        run.words = chunk_builder_room(&intake->builder, &run.room);
    if (run.room > left)
        run.room = (uint32_t)left;
    return run;
}

void intake_end_run(struct intake *intake, struct intake_run *run)
{
    intake->index += run->count;
    chunk_builder_add(&intake->builder, run->count);
    *run = (struct intake_run){.words = NULL};
}

void intake_exceed_run(struct intake *intake, struct intake_run *run, uint64_t magnitude,
                       bool negative)
{
    intake_end_run(intake, run);
    intake_accept_u64(intake, magnitude, negative);
    *run = intake_begin_run(intake);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Refuse a byte order mark: nobody means it, and half the readers of the world choke on it. */
static void refuse_mark(struct intake *intake, const char *bytes, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t *length = &intake->mark_length;
    for (size_t i = 0; i < size && *length == intake->piece_offset + i && bytes[i] == mark[*length];
         i++)
        if (++*length == sizeof mark - 1) {
            report_malformed(intake, 0, "a UTF-8 byte order mark; send the text without it");
            return;
        }
}

/* Find out which of the text formats it is; returns where its first line or value begins. */
static const char *sniff(struct intake *intake, const char *p, const char *end)
{
    for (; p < end && body_json_is_space(*p); p++)
        intake->lines.number += *p == '\n';
    if (p < end)
        intake->format = *p == '{' || *p == '[' ? INTAKE_JSON : INTAKE_LINES;
    return p;
}

enum intake_status intake_feed(struct intake *intake, const char *bytes, size_t size)
{
    if (intake->status != INTAKE_OK || size == 0)
        return intake->status;
    const char *p = bytes;
    const char *end = bytes + size;
    intake->piece = bytes;
    if (intake->format != INTAKE_OCTETS)
        refuse_mark(intake, bytes, size);
    if (intake->format == INTAKE_SNIFF)
        p = sniff(intake, p, end);
    switch (intake->format) {
    case INTAKE_JSON:
        body_json_feed(intake, p, end);
        break;
    case INTAKE_LINES:
        body_lines_feed(intake, p, end);
        break;
    case INTAKE_OCTETS:
        body_octets_feed(intake, p, end);
        break;
    case INTAKE_SNIFF:
        break;
    }
    intake->piece_offset += size;
    return intake->status;
}

enum intake_status intake_finish(struct intake *intake, struct intake_envelope *envelope)
{
    if (intake->status != INTAKE_OK)
        return intake->status;
    switch (intake->format) {
    case INTAKE_JSON:
        body_json_finish(intake);
        break;
    case INTAKE_LINES:
        body_lines_finish(intake);
        break;
    case INTAKE_OCTETS:
        body_octets_finish(intake);
        break;
    case INTAKE_SNIFF: /* nothing but white space: a text without lines */
        break;
    }
    if (intake->status == INTAKE_OK && intake->total > 0)
        intake->status = INTAKE_INVALID;
    if (intake->status == INTAKE_OK && intake->builder.chunk.count > 0)
        hand_on(intake);
    if (intake->status == INTAKE_OK)
        *envelope = intake->envelope;
    return intake->status;
}

const struct intake_error *intake_errors(const struct intake *intake, size_t *kept, uint64_t *total)
{
    *kept = intake->kept;
    *total = intake->total;
    return intake->errors;
}

bool intake_is_bad(const struct intake *intake)
{
    return intake->status != INTAKE_OK || intake->total > 0;
}

int intake_sink_result(const struct intake *intake)
{
    return intake->sink_result;
}

enum intake_format intake_format_found(const struct intake *intake)
{
    return intake->format;
}
