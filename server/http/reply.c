/* reply - queueing responses. See reply.h. */
#include "server/http/reply.h"

#include <string.h>

#include "server/http/origin.h"

/*
 * What browsers are told with every reply, unless the handler says otherwise: it is nobody's to
 * keep, no page to show or to frame, of no other type than it says, and no part of other sites.
 */
static const struct reply_header defaults[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};
enum { DEFAULTS = sizeof defaults / sizeof *defaults };

/* Queue a response, which is used up; where that fails, daemon.c closes the connection. */
static void queue(struct request *request, struct MHD_Response *response)
{
    if (!MHD_queue_response(request->connection, request->status, response))
        request->status = 0;
    MHD_destroy_response(response);
}

void reply_release(struct request *request)
{
    queue(request, request->held_reply);
    request->held_reply = NULL;
}

static bool is_among(const struct reply_header *headers, const char *name)
{
    for (; headers && headers->name; headers++)
        if (strcmp(headers->name, name) == 0)
            return true;
    return false;
}

/* The headers every reply has. False without memory. */
static bool add_common(const struct request *request, struct MHD_Response *response,
                       const struct reply_header *headers)
{
    bool complete = MHD_add_response_header(response, "X-Request-Id", request->id);
    for (size_t i = 0; i < DEFAULTS; i++)
        if (!is_among(headers, defaults[i].name))
            complete =
                complete && MHD_add_response_header(response, defaults[i].name, defaults[i].value);
    if (request->http->tls)
        complete = complete && MHD_add_response_header(response, "Strict-Transport-Security",
                                                       "max-age=31536000");
    return complete && origin_mark(request, response);
}

void reply_response(struct request *request, unsigned status, const char *type,
                    struct MHD_Response *response, const struct reply_header *headers)
{
    request->replied = true;
    request->status = status;
    bool complete = response && add_common(request, response, headers);
    if (type)
        complete = complete && MHD_add_response_header(response, "Content-Type", type);
    for (; headers && headers->name; headers++)
        complete = complete && MHD_add_response_header(response, headers->name, headers->value);
    if (complete && request->hold_reply) {
        request->held_reply = response;
    } else if (complete) {
        queue(request, response);
    } else {
        request->status = 0;
        if (response)
            MHD_destroy_response(response);
    }
}

void reply_text(struct request *request, unsigned status, const char *type, struct text *text,
                const struct reply_header *headers)
{
    struct MHD_Response *response = NULL;
    if (!text->failed)
        response = MHD_create_response_from_buffer(text->length, text->data, MHD_RESPMEM_MUST_FREE);
    if (response) {
        request->answer_bytes += text->length;
        atomic_fetch_add(&request->http->answer_bytes, text->length);
    }
    if (response)
        *text = (struct text){.data = NULL};
    else
        text_destroy(text);
    reply_response(request, status, type, response, headers);
}

void reply_static(struct request *request, const char *type, const char *bytes, size_t size,
                  const struct reply_header *headers)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
    reply_response(request, MHD_HTTP_OK, type, response, headers);
}

void reply_empty(struct request *request, unsigned status, const struct reply_header *headers)
{
    struct text nothing = {.data = NULL};
    reply_text(request, status, NULL, &nothing, headers);
}
