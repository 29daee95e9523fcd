/* problem - the kinds of problems, and their documents. See problem.h. */
#include "server/http/problem.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned status;
    const char *type;
    const char *title;
} kinds[] = {
    [PROBLEM_MALFORMED_JSON] = {400, "/problems/malformed-json", "Malformed JSON"},
    [PROBLEM_MALFORMED_LINES] = {400, "/problems/malformed-lines", "Malformed lines"},
    [PROBLEM_MALFORMED_OCTETS] = {400, "/problems/malformed-octets", "Malformed octets"},
    [PROBLEM_MALFORMED_ENCODING] = {400, "/problems/malformed-encoding", "Malformed encoding"},
    [PROBLEM_BAD_PARAMETER] = {400, "/problems/bad-parameter", "Malformed parameter"},
    [PROBLEM_BAD_HEADER] = {400, "/problems/bad-header", "Malformed header"},
    [PROBLEM_NOT_AN_INTEGER] = {400, "/problems/not-an-integer", "Not an integer"},
    [PROBLEM_NOT_FOUND] = {404, "/problems/not-found", "Not found"},
    [PROBLEM_METHOD_NOT_ALLOWED] = {405, "/problems/method-not-allowed", "Method not allowed"},
    [PROBLEM_NOT_ACCEPTABLE] = {406, "/problems/not-acceptable", "Not acceptable"},
    [PROBLEM_KEY_BUSY] = {409, "/problems/key-busy", "Idempotency-Key is in use"},
    [PROBLEM_GONE] = {410, "/problems/gone", "Gone"},
    [PROBLEM_BODY_TOO_LARGE] = {413, "/problems/body-too-large", "Body too large"},
    [PROBLEM_UNSUPPORTED_MEDIA_TYPE] = {415, "/problems/unsupported-media-type",
                                        "Unsupported media type"},
    [PROBLEM_INVALID_BATCH] = {422, "/problems/invalid-batch", "Not a batch of integers"},
    [PROBLEM_TOO_MANY_DIGITS] = {422, "/problems/too-many-digits", "Too many digits"},
    [PROBLEM_KEY_REUSED] = {422, "/problems/key-reused", "Idempotency-Key was used before"},
    [PROBLEM_STORE_FAILED] = {500, "/problems/store-failed", "The store has failed"},
    [PROBLEM_FULL] = {503, "/problems/full", "Full"},
    [PROBLEM_NO_SPACE] = {507, "/problems/no-space", "No space"},
    [PROBLEM_DRAINING] = {503, "/problems/draining", "Draining"},
};

/* How the metrics tell it where it is a batch that is refused. */
static enum refusal refusal_of(enum problem problem)
{
    switch (problem) {
    case PROBLEM_BODY_TOO_LARGE:
        return REFUSAL_TOO_LARGE;
    case PROBLEM_KEY_BUSY:
    case PROBLEM_KEY_REUSED:
        return REFUSAL_KEY;
    case PROBLEM_FULL:
        return REFUSAL_FULL;
    case PROBLEM_NO_SPACE:
        return REFUSAL_NO_SPACE;
    case PROBLEM_STORE_FAILED:
        return REFUSAL_STORE_FAILED;
    case PROBLEM_DRAINING:
        return REFUSAL_DRAINING;
    default:
        return REFUSAL_INVALID;
    }
}

/* What a client should let pass before it tries again. */
static const struct reply_header retry_after[] = {{"Retry-After", "5"}, {NULL, NULL}};

/* A JSON string of bytes that may not be UTF-8 (a header, say): then only its ASCII is kept. */
static json_t *lenient_string(const char *bytes)
{
    json_t *string = json_string(bytes);
    if (string)
        return string;
    char *ascii = strdup(bytes);
    if (!ascii)
        return NULL;
    for (char *c = ascii; *c; c++)
        if (*c & 0x80)
            *c = '?';
    string = json_string(ascii);
    free(ascii);
    return string;
}

static json_t *document(const struct request *request, enum problem problem, const char *detail,
                        const struct problem_error *errors, size_t count)
{
    json_t *root = json_pack("{s:s, s:s, s:i, s:o, s:s}", "type", kinds[problem].type, "title",
                             kinds[problem].title, "status", (int)kinds[problem].status, "detail",
                             lenient_string(detail), "instance", request->uri);
    if (count > 0) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, json_pack("{s:o, s:o}", errors[i].member,
                                                  lenient_string(errors[i].where), "detail",
                                                  lenient_string(errors[i].detail)));
        json_object_set_new(root, "errors", list);
    }
    json_object_set_new(root, "request_id", json_string(request->id));
    return root;
}

void problem_reply_errors(struct request *request, enum problem problem, const char *detail,
                          const struct problem_error *errors, size_t count,
                          const struct reply_header *headers)
{
    if (request->refusals)
        atomic_fetch_add(&request->refusals[refusal_of(problem)], 1);
    json_t *root = document(request, problem, detail, errors, count);
    struct text text = {.data = NULL};
    char *json = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (json)
        text_printf(&text, "%s\n", json);
    else
        text.failed = true;
    free(json);
    json_decref(root);

    if (kinds[problem].status >= MHD_HTTP_SERVICE_UNAVAILABLE)
        headers = retry_after;
    reply_text(request, kinds[problem].status, "application/problem+json", &text, headers);
}

void problem_reply(struct request *request, enum problem problem, const char *detail, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, detail);
    vsnprintf(sentence, sizeof sentence, detail, arguments);
    va_end(arguments);
    problem_reply_errors(request, problem, sentence, NULL, 0, NULL);
}
