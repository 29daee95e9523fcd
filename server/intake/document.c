/* document - jansson, and its errors in our terms. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/intake/parts.h"

/* Whether jansson was refused memory since this was last cleared. */
static _Thread_local bool ran_out;

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    ran_out = ran_out || !memory;
    return memory;
}

void intake_prepare(void)
{
    json_object_seed(0);
    json_set_alloc_funcs(allocate, free);
}

/* Where jansson runs out of memory, it mostly finds fault with the text. */
static enum document_status status_of(enum json_error_code code)
{
    if (ran_out)
        return DOCUMENT_NO_MEMORY;
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

/*
 * jansson tells the end of a bad token and, where it is short, its text behind "near". The first
 * byte of that is where to look; of a bad string, the last one.
 */
static size_t position_of(const struct text *text, size_t end, const char *reason)
{
    static const char before[] = "near '";
    const char *token = strstr(reason, before);
    if (token) {
        token += sizeof before - 1;
        size_t size = strlen(token) - 1;
        if (size > 0 && size <= end && token[0] != '"' &&
            memcmp(text->data + end - size, token, size) == 0)
            return end - size;
    }
    return end > 0 ? end - 1 : 0;
}

enum document_status document_parse(const struct text *text, size_t flags, struct json_t **value,
                                    struct document_fault *fault)
{
    const char *nul = memchr(text->data, '\0', text->length);
    if (nul) { /* for jansson that is the end of the text */
        *fault =
            (struct document_fault){.position = (size_t)(nul - text->data), .reason = "a NUL byte"};
        *value = NULL;
        return DOCUMENT_MALFORMED;
    }
    json_error_t error;
    ran_out = false;
    *value = json_loadb(text->data, text->length,
                        flags | JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (*value)
        return DOCUMENT_OK;

    enum document_status status = status_of(json_error_code(&error));
    fault->position = status == DOCUMENT_UNFINISHED
                          ? text->length
                          : position_of(text, (size_t)error.position, error.text);
    /* The end jansson expects is that of its text, which need not be the end of the body. */
    const char *near = strstr(error.text, " near");
    if (json_error_code(&error) == json_error_end_of_input_expected && near)
        snprintf(fault->reason, sizeof fault->reason, "nothing more expected%s", near);
    else
        snprintf(fault->reason, sizeof fault->reason, "%s", error.text);
    return status;
}

bool document_is_garbage(const struct text *text, struct document_fault *fault)
{
    enum { CUT = 24 }; /* so near the end it may be the cut, in a character or a short token */
    json_t *value = NULL;
    enum document_status status = document_parse(text, 0, &value, fault);
    json_decref(value);
    return status == DOCUMENT_MALFORMED && fault->position + CUT < text->length;
}
