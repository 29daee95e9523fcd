/* reply - queueing responses. See reply.h. */
#include "server/http/reply.h"

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

void reply_response(struct request *request, unsigned status, const char *type,
                    struct MHD_Response *response, const struct reply_header *headers)
{
    request->replied = true;
    request->status = status;
    bool complete = response != NULL;
    complete = complete && MHD_add_response_header(response, "X-Request-Id", request->id);
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
