/* envelope - the JSON around the array of numbers: its members and their values. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "server/intake/parts.h"

/* The offset in the body of what is at that index of the envelope. */
static uint64_t offset_of(const struct envelope *envelope, size_t index)
{
    return envelope->start + index + (index >= envelope->gap_at ? envelope->gap_size : 0);
}

static void report_fault(struct intake *intake, const struct document_fault *fault)
{
    report_malformed(intake, offset_of(&intake->json.envelope, fault->position), "%s",
                     fault->reason);
}

/* There is too much of it; it may well be garbage. */
static void report_overflow(struct intake *intake)
{
    const struct text *text = &intake->json.envelope.text;
    struct document_fault fault;
    if (document_is_garbage(text, &fault))
        report_fault(intake, &fault);
    else
        report_too_large(intake, "#", "more than %zu bytes of JSON beside the numbers",
                         intake->limits.max_envelope);
}

void envelope_add(struct intake *intake, char byte)
{
    struct text *text = &intake->json.envelope.text;
    if (text->length == intake->limits.max_envelope)
        report_overflow(intake);
    else if (!text_add(text, &byte, 1))
        report_no_memory(intake);
}

bool envelope_names_numbers(const struct envelope *envelope, size_t start)
{
    enum { LONGEST = 2 + 6 * 7 }; /* "numbers", each letter written as \u00xx, in its quotes */
    struct text name = {.data = envelope->text.data + start,
                        .length = envelope->text.length - start};
    if (name.length > LONGEST)
        return false;
    if (!memchr(name.data, '\\', name.length))
        return name.length == 9 && memcmp(name.data, "\"numbers\"", 9) == 0;

    json_t *value;
    struct document_fault fault;
    if (document_parse(&name, 0, &value, &fault) != DOCUMENT_OK)
        return false;
    bool same = json_string_length(value) == 7 && strcmp(json_string_value(value), "numbers") == 0;
    json_decref(value);
    return same;
}

/* Take an integer of least .. most; false for anything else. */
static bool take_integer(const json_t *value, int64_t least, int64_t most, int64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > most)
        return false;
    *out = json_integer_value(value);
    return true;
}

static void take_member(struct intake *intake, const char *name, const json_t *value)
{
    struct intake_envelope *envelope = &intake->envelope;
    int64_t integer;
    if (strcmp(name, "numbers") == 0) {
        if (!json_is_array(value))
            report_member(intake, name, "numbers must be an array of integers");
    } else if (strcmp(name, "priority") == 0) {
        if (take_integer(value, 0, 9, &integer))
            envelope->priority = (int)integer;
        else
            report_member(intake, name, "priority must be an integer from 0 to 9");
    } else if (strcmp(name, "ttl") == 0) {
        if (take_integer(value, 1, INTAKE_TTL_MAX, &integer))
            envelope->ttl = integer;
        else
            report_member(intake, name, "ttl must be an integer from 1 to %d, in seconds",
                          INTAKE_TTL_MAX);
    } else if (strcmp(name, "metadata") == 0) {
        if (!json_is_object(value))
            report_member(intake, name, "metadata must be an object");
        else if (!(envelope->metadata = json_dumps(value, JSON_COMPACT)))
            report_no_memory(intake);
    } else {
        report_member(intake, name,
                      "no member of that name; there are numbers, priority, ttl and metadata");
    }
}

static void take_document(struct intake *intake, json_t *document)
{
    if (json_is_array(document))
        return;
    if (!json_is_object(document)) {
        report_invalid(intake, "#", "the body must be an array of integers, or an object with one");
        return;
    }
    const char *name;
    json_t *value;
    json_object_foreach(document, name, value)
    {
        take_member(intake, name, value);
        if (intake->status != INTAKE_OK)
            return;
    }
    if (!json_object_get(document, "numbers"))
        report_member(intake, "numbers", "numbers is missing");
}

void envelope_finish(struct intake *intake)
{
    json_t *document;
    struct document_fault fault;
    switch (document_parse(&intake->json.envelope.text, 0, &document, &fault)) {
    case DOCUMENT_OK:
        take_document(intake, document);
        json_decref(document);
        break;
    case DOCUMENT_BEYOND:
        report_invalid(intake, "#", "byte %" PRIu64 ": %s",
                       offset_of(&intake->json.envelope, fault.position), fault.reason);
        break;
    case DOCUMENT_UNFINISHED:
    case DOCUMENT_MALFORMED:
        report_fault(intake, &fault);
        break;
    case DOCUMENT_NO_MEMORY:
        report_no_memory(intake);
        break;
    }
}
