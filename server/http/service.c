/* service - what tells the state of the service. See service.h. */
#include "server/http/service.h"

#include "server/http/reply.h"

unsigned service_workers(const struct http *http)
{
    const struct arena *arena = http->options.arena;
    unsigned count = 0;
    for (unsigned i = 0; i < arena->slot_count; i++)
        count += atomic_load_explicit(&arena->slots[i].pid, memory_order_relaxed) > 0;
    return count;
}

const char *service_state(const struct http *http)
{
    if (http_is_draining(http))
        return "draining";
    /* From then on the supervisor replaces a front that dies, instead of giving up. */
    bool stands = atomic_load(&http->options.arena->control->front_ready);
    return stands && service_workers(http) > 0 ? "ready" : "starting";
}

void service_health(struct request *request)
{
    static const char ok[] = "{\"status\":\"ok\"}\n";
    reply_static(request, REPLY_JSON, ok, sizeof ok - 1, NULL);
}

void service_readiness(struct request *request)
{
    struct http *http = request->http;
    const char *status = service_state(http);
    struct text text = {.data = NULL};
    text_printf(&text, "{\"status\":\"%s\",\"durable\":%s,\"store\":\"%s\",\"workers\":%u}\n",
                status, http->options.store->durable ? "true" : "false", http->options.store->name,
                service_workers(http));
    reply_text(request, *status == 'r' ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, REPLY_JSON,
               &text, NULL);
}
