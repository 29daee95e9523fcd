/*
 * body_json - finds the elements of the array in a JSON body.
 *
 * Only as much of the grammar as that takes: everything outside the array goes to the envelope,
 * with the array as `[]`, and every element that is no plain integer to element_judge(); jansson
 * knows the rest.
 */
#include <inttypes.h>

#include "server/intake/parts.h"

/* Where the next byte stands in brackets and strings, this one read. */
static void follow(struct nesting *nesting, char c)
{
    if (nesting->escaped)
        nesting->escaped = false;
    else if (nesting->in_string && c == '\\')
        nesting->escaped = true;
    else if (c == '"')
        nesting->in_string = !nesting->in_string;
    else if (!nesting->in_string && (c == '[' || c == '{'))
        nesting->depth++;
    else if (!nesting->in_string && (c == ']' || c == '}') && nesting->depth > 0)
        nesting->depth--;
}

/* --- outside the array ------------------------------------------------------------------------ */

/* The array begins, at p. */
static void open_array(struct intake *intake, const char *p, const char *pointer)
{
    struct body_json *json = &intake->json;
    if (json->has_array) {
        report_malformed(intake, intake_offset(intake, p), "a second member \"numbers\"");
        return;
    }
    intake->array_pointer = pointer;
    json->has_array = true;
    json->array_offset = intake_offset(intake, p);
    json->place = JSON_BEFORE_FIRST;
    envelope_add(intake, '[');
    json->envelope.gap_at = json->envelope.text.length;
}

/* The array ends, at p. */
static void close_array(struct intake *intake, const char *p)
{
    struct body_json *json = &intake->json;
    json->envelope.gap_size = intake_offset(intake, p) - json->array_offset - 1;
    json->place = JSON_OUTSIDE;
    json->key = KEY_OTHER;
    envelope_add(intake, ']');
}

/* Read one byte of the envelope, at p. */
static void outside(struct intake *intake, const char *p)
{
    struct body_json *json = &intake->json;
    struct nesting *nesting = &json->nesting;
    if (json->key == KEY_NUMBERS_COLON && *p == '[') {
        open_array(intake, p, "#/numbers");
        return;
    }
    envelope_add(intake, *p);
    bool was_in_string = nesting->in_string;
    follow(nesting, *p);
    if (nesting->in_string && !was_in_string) {
        json->string_start = json->envelope.text.length - 1;
        json->key = KEY_OTHER;
    } else if (was_in_string && !nesting->in_string && nesting->depth == 1 &&
               envelope_names_numbers(&json->envelope, json->string_start)) {
        json->key = KEY_NUMBERS;
    } else if (json->key == KEY_NUMBERS && *p == ':') {
        json->key = KEY_NUMBERS_COLON;
    } else if (!body_json_is_space(*p)) {
        json->key = KEY_OTHER;
    }
}

/* May c begin a value, or a byte order mark, which has an error of its own? */
static bool is_beginning(char c)
{
    return c == '\xef' || c == '{' || c == '[' || c == '"' || c == '-' || integer_is_digit(c) ||
           c == 't' || c == 'f' || c == 'n';
}

/* Before the document: an array is the whole of it, anything else is envelope. */
static void at_start(struct intake *intake, const char *p)
{
    struct body_json *json = &intake->json;
    if (body_json_is_space(*p))
        return;
    if (!is_beginning(*p)) {
        report_malformed(intake, intake_offset(intake, p), "'{' or '[' expected near '%s'",
                         report_shown(p, 1).text);
        return;
    }
    json->place = JSON_OUTSIDE;
    json->envelope.start = intake_offset(intake, p);
    json->envelope.gap_at = SIZE_MAX;
    if (*p == '[')
        open_array(intake, p, "#");
    else
        outside(intake, p);
}

/* --- in the array ----------------------------------------------------------------------------- */

/*
 * Read the elements that are a plain integer and end in a comma; returns where the first other
 * begins, white space before it skipped.
 */
static const char *quick_elements(struct intake *intake, const char *p, const char *end)
{
    struct integer_quick integer;
    struct intake_run run = intake_begin_run(intake);
    while (intake->status == INTAKE_OK) {
        while (p < end && body_json_is_space(*p))
            p++;
        if (end - p <= INTEGER_QUICK_BYTES)
            break;
        const char *q = integer_quick(p, &integer);
        if (!q || *q != ',')
            break;
        p = q + 1;
        intake_run_on(intake, &run, &integer);
    }
    intake_end_run(intake, &run);
    return p;
}

/* May c end an element? A '}' cannot be right there, but what it ends may be, and is left alone. */
static bool is_end(char c)
{
    return c == ',' || c == ']' || c == '}';
}

/* Read one byte of an element that is no plain integer; false where it is over before p. */
static bool in_odd(struct intake *intake, const char *p)
{
    struct body_json *json = &intake->json;
    if (json->odd_nesting.depth == 0 && !json->odd_nesting.in_string && is_end(*p)) {
        json->place = JSON_AFTER_ELEMENT;
        element_judge(intake);
        return false;
    }
    follow(&json->odd_nesting, *p);
    element_add(intake, p);
    return true;
}

/* The element is no plain integer, as the byte at p shows: what was read of it goes to odd. */
static void turn_odd(struct intake *intake, const char *p)
{
    struct body_json *json = &intake->json;
    bool in_string = json->place == JSON_IN_STRING;
    /* The digits of a number need only be a number still, those of a string are its value. */
    size_t digits = in_string ? SIZE_MAX : REPORT_SHOWN;
    intake->odd.length = 0;
    if ((in_string && !text_add(&intake->odd, "\"", 1)) ||
        !integer_spell(intake, &intake->odd, digits))
        report_no_memory(intake);
    json->odd_offset = intake_offset(intake, p) - intake->odd.length;
    json->odd_nesting = (struct nesting){.in_string = in_string};
    json->place = JSON_IN_ODD;
}

/* An element begins at p; returns where to go on. */
static const char *begin_element(struct intake *intake, const char *p)
{
    struct body_json *json = &intake->json;
    if (body_json_is_space(*p))
        return p + 1;
    if (*p == ']' && json->place == JSON_BEFORE_FIRST) {
        close_array(intake, p);
        return p + 1;
    }
    integer_start(intake);
    json->element_offset = intake_offset(intake, p);
    json->place = *p == '"' ? JSON_IN_STRING : JSON_IN_NUMBER;
    if (*p == '"' || (*p == '-' && integer_minus(intake)))
        return p + 1;
    if (is_end(*p))
        report_malformed(intake, json->element_offset, "number %" PRIu64 " expected near '%c'",
                         intake->index, *p);
    else if (!integer_is_digit(*p))
        turn_odd(intake, p);
    return p;
}

/* In what looks like an integer; returns where to go on. */
static const char *in_integer(struct intake *intake, const char *p, const char *end)
{
    struct body_json *json = &intake->json;
    const struct integer *integer = &intake->integer;
    bool in_string = json->place == JSON_IN_STRING;
    if (integer_is_digit(*p)) {
        p = integer_digits(intake, p, end);
        if (!in_string && integer->zeros > 0 && integer->zeros + integer->digits.length > 1)
            report_malformed(intake, json->element_offset + integer->negative,
                             "a number may not have leading zeros");
    } else if (in_string && *p == '-' && integer_minus(intake)) {
        p++;
    } else if (integer_exists(intake) &&
               (in_string ? *p == '"' : is_end(*p) || body_json_is_space(*p))) {
        json->place = JSON_AFTER_ELEMENT;
        integer_accept(intake);
        p += in_string;
    } else {
        turn_odd(intake, p);
    }
    return p;
}

/* Behind an element. */
static void after_element(struct intake *intake, const char *p)
{
    if (*p == ',')
        intake->json.place = JSON_BEFORE_ELEMENT;
    else if (*p == ']')
        close_array(intake, p);
    else if (!body_json_is_space(*p))
        report_malformed(intake, intake_offset(intake, p),
                         "',' or ']' expected after number %" PRIu64 ", near '%s'",
                         intake->index - 1, report_shown(p, 1).text);
}

void body_json_feed(struct intake *intake, const char *p, const char *end)
{
    struct body_json *json = &intake->json;
    while (p < end && intake->status == INTAKE_OK) {
        switch (json->place) {
        case JSON_AT_START:
            at_start(intake, p++);
            break;
        case JSON_OUTSIDE:
            outside(intake, p++);
            break;
        case JSON_BEFORE_ELEMENT:
            p = quick_elements(intake, p, end);
            if (p == end || intake->status != INTAKE_OK)
                break;
            /* fall through */
        case JSON_BEFORE_FIRST:
            p = begin_element(intake, p);
            break;
        case JSON_AFTER_ELEMENT:
            after_element(intake, p++);
            break;
        case JSON_IN_NUMBER:
        case JSON_IN_STRING:
            p = in_integer(intake, p, end);
            break;
        case JSON_IN_ODD:
            p += in_odd(intake, p);
            break;
        }
    }
}

void body_json_finish(struct intake *intake)
{
    switch (intake->json.place) {
    case JSON_AT_START:
        report_malformed(intake, intake->piece_offset, "the body is empty");
        break;
    case JSON_OUTSIDE:
        envelope_finish(intake);
        break;
    default:
        report_malformed(intake, intake->piece_offset,
                         "the body ends inside the array, at number %" PRIu64, intake->index);
    }
}
