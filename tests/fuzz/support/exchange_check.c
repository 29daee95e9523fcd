/* exchange_check - what is true of every reply. See exchange.h. */
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "tests/fuzz/support/exchange.h"
#include "tests/fuzz/support/fuzz.h"

/* A JSON document; NULL where the text is none, or not UTF-8. */
static json_t *document_of(const char *text, size_t length)
{
    return json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
                      NULL);
}

static void check_json(const struct exchange_reply *reply)
{
    json_t *document = document_of(reply->body.data, reply->body.length);
    fuzz_expect(document, "no JSON: %s", reply->body.data);
    json_decref(document);
}

static void check_lines(const struct exchange_reply *reply)
{
    const char *line = reply->body.data;
    for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
        json_t *document = document_of(line, (size_t)(end - line));
        fuzz_expect(json_is_object(document), "no JSON: %s", line);
        json_decref(document);
    }
    fuzz_expect(*line == '\0', "a line without an end: %s", line);
}

static const char *member(const json_t *document, const char *name)
{
    const char *string = json_string_value(json_object_get(document, name));
    fuzz_expect(string && *string, "no %s", name);
    return string;
}

static void check_problem(const struct exchange_reply *reply)
{
    json_t *document = document_of(reply->body.data, reply->body.length);
    fuzz_expect(json_is_object(document), "no problem: %s", reply->body.data);
    fuzz_expect(strncmp(member(document, "type"), "/problems/", 10) == 0, "%s", reply->body.data);
    fuzz_expect(json_integer_value(json_object_get(document, "status")) == reply->status, "%s",
                reply->body.data);
    fuzz_expect(strcmp(member(document, "request_id"), exchange_header(reply, "X-Request-Id")) == 0,
                "%s", reply->body.data);
    member(document, "title");
    member(document, "detail");
    for (const char *c = member(document, "instance"); *c; c++)
        fuzz_expect(*c > ' ' && *c <= '~', "instance %s", member(document, "instance"));

    const json_t *errors = json_object_get(document, "errors");
    size_t i;
    const json_t *error;
    fuzz_expect(!errors || (json_array_size(errors) >= 1 && json_array_size(errors) <= 10), "%s",
                reply->body.data);
    json_array_foreach(errors, i, error)
    {
        member(error, "detail");
        fuzz_expect(json_object_size(error) == 2, "%s", reply->body.data);
    }
    json_decref(document);
}

void exchange_check(const struct exchange_request *request, const struct exchange_reply *reply)
{
    if (request->breaks_off && reply->status == 0)
        return;
    const char *type = exchange_header(reply, "Content-Type");
    const char *length = exchange_header(reply, "Content-Length");
    fuzz_expect(reply->status != 0, "%s %s has no reply", request->method, request->target);
    fuzz_expect(reply->status < 500 || reply->status == 501 || reply->status == 503, "%u: %s",
                reply->status, reply->body.data);
    fuzz_expect(exchange_header(reply, "X-Request-Id") && !length, "the headers of %s",
                request->target);
    if (strcmp(request->method, "HEAD") == 0)
        return;
    fuzz_expect((type != NULL) == (reply->body.length > 0) || reply->status == 200, "%s", type);
    if (!type)
        fuzz_expect(reply->status < 400 || exchange_header(reply, "Connection"), "%u without words",
                    reply->status);
    else if (strcmp(type, "application/problem+json") == 0)
        check_problem(reply);
    else if (strcmp(type, "application/json") == 0)
        check_json(reply);
    else if (strcmp(type, "application/x-ndjson") == 0)
        check_lines(reply);
    fuzz_expect(reply->status < 400 || !type || strstr(type, "json"), "%u of %s", reply->status,
                type);
}
