/* document - jansson, and its errors in our terms. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "server/intake/parts.h"

static enum document_status status_of(enum json_error_code code)
{
    switch (code) {
    case json_error_out_of_memory:
        return DOCUMENT_NO_MEMORY;
    case json_error_premature_end_of_input:
        return DOCUMENT_UNFINISHED;
    case json_error_numeric_overflow:
    case json_error_stack_overflow:
        return DOCUMENT_BEYOND;
    default:
        return DOCUMENT_MALFORMED;
    }
}

enum document_status document_parse(const struct text *text, size_t flags, struct json_t **value,
                                    struct document_fault *fault)
{
    const char *nul = memchr(text->bytes, '\0', text->length);
    if (nul) { /* for jansson that is the end of the text */
        *fault = (struct document_fault){.position = (size_t)(nul - text->bytes),
                                         .reason = "a NUL byte"};
        *value = NULL;
        return DOCUMENT_MALFORMED;
    }
    json_error_t error;
    *value = json_loadb(text->bytes, text->length,
                        flags | JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (*value)
        return DOCUMENT_OK;

    enum document_status status = status_of(json_error_code(&error));
    fault->position = (size_t)error.position;
    if (status != DOCUMENT_UNFINISHED && fault->position > 0)
        fault->position--;
    snprintf(fault->reason, sizeof fault->reason, "%s", error.text);
    return status;
}

bool document_is_garbage(const struct text *text, struct document_fault *fault)
{
    enum { CUT = 4 }; /* what is wrong with so many bytes at the end may be the cut */
    json_t *value = NULL;
    enum document_status status = document_parse(text, 0, &value, fault);
    json_decref(value);
    return status == DOCUMENT_MALFORMED && fault->position + CUT < text->length;
}
