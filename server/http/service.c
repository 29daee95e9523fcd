/* service - what tells the state of the service, and what explains it. See service.h. */
#include "server/http/service.h"

#include "server/http/assets.h"
#include "server/http/reply.h"

unsigned service_workers(const struct http *http)
{
    const struct arena *arena = http->options.arena;
    unsigned count = 0;
    for (unsigned i = 0; i < arena->slot_count; i++)
        count += atomic_load_explicit(&arena->slots[i].pid, memory_order_relaxed) > 0;
    return count;
}

void service_health(struct request *request)
{
    static const char ok[] = "{\"status\":\"ok\"}\n";
    reply_static(request, REPLY_JSON, ok, sizeof ok - 1);
}

void service_readiness(struct request *request)
{
    struct http *http = request->http;
    unsigned workers = service_workers(http);
    const char *status = "ready";
    if (http_is_draining(http))
        status = "draining";
    else if (workers == 0)
        status = "starting";
    struct text text = {.data = NULL};
    text_printf(&text, "{\"status\":\"%s\",\"durable\":%s,\"store\":\"%s\",\"workers\":%u}\n",
                status, http->options.store->durable ? "true" : "false", http->options.store->name,
                workers);
    reply_text(request, *status == 'r' ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, REPLY_JSON,
               &text, NULL);
}

void service_contract(struct request *request)
{
    reply_static(request, "application/yaml", asset_openapi,
                 (size_t)(asset_openapi_end - asset_openapi));
}

void service_page(struct request *request)
{
    reply_static(request, "text/html; charset=utf-8", asset_page,
                 (size_t)(asset_page_end - asset_page));
}
