/* element - judges an element of a JSON array that is no plain integer. */
#include <inttypes.h>
#include <jansson.h>

#include "server/intake/parts.h"

static void report_fault(struct intake *intake, const struct document_fault *fault)
{
    report_malformed(intake, intake->json.odd_offset + fault->position, "%s", fault->reason);
}

void element_add(struct intake *intake, const char *p)
{
    struct document_fault fault;
    if (intake->odd.length < intake->limits.max_envelope) {
        if (!text_add(&intake->odd, p, 1))
            report_no_memory(intake);
    } else if (document_is_garbage(&intake->odd, &fault)) {
        report_fault(intake, &fault);
    } else {
        report_too_large(intake, intake->array_pointer,
                         "number %" PRIu64 " has more than %zu bytes and is no plain integer",
                         intake->index, intake->limits.max_envelope);
    }
}

/* A string may spell its digits with escapes. */
static bool accept_string(struct intake *intake, const json_t *string)
{
    const char *p = json_string_value(string);
    const char *end = p + json_string_length(string);
    integer_start(intake);
    if (p < end && *p == '-' && integer_minus(intake))
        p++;
    p = integer_digits(intake, p, end);
    if (p != end || !integer_exists(intake))
        return false;
    integer_accept(intake);
    return true;
}

/* Say what it is instead of an integer. */
static void refuse(struct intake *intake)
{
    const struct text *odd = &intake->odd;
    if (odd->data[0] == '[')
        report_element(intake, "an array is not an integer");
    else if (odd->data[0] == '{')
        report_element(intake, "an object is not an integer");
    else
        report_no_integer(intake, "", odd->data, odd->length);
}

void element_judge(struct intake *intake)
{
    struct text *odd = &intake->odd;
    while (odd->length > 0 && body_json_is_space(odd->data[odd->length - 1]))
        odd->length--;

    json_t *value;
    struct document_fault fault;
    /* Only of a string the value matters; a large integer is not to hide what is behind it. */
    switch (document_parse(odd, JSON_DECODE_INT_AS_REAL, &value, &fault)) {
    case DOCUMENT_OK:
        if (!json_is_string(value) || !accept_string(intake, value))
            refuse(intake);
        json_decref(value);
        break;
    case DOCUMENT_BEYOND:
        refuse(intake);
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
