/*
 * status - what the page for people shows, as totals: whoever wants rates asks twice and divides by
 * the difference of `uptime_seconds`. See status.h.
 */
#include "server/http/status.h"

#include <string.h>

#include "common/clock.h"
#include "server/http/access.h"
#include "server/http/reply.h"
#include "server/http/service.h"
#include "worker/primality/primality.h"

static unsigned long long load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void write_store(struct text *text, const struct store *store,
                        const struct store_stats *stats)
{
    text_printf(text,
                "\"store\":{\"name\":\"%s\",\"durable\":%s,\"bytes\":%llu,\"bytes_max\":%llu},\n",
                store->name, store->durable ? "true" : "false", (unsigned long long)stats->bytes,
                (unsigned long long)stats->bytes_max);
}

/* The batches that the client of the request may see. */
static void write_queue(struct text *text, const struct request *request,
                        const struct store_stats *store)
{
    const char *owner = access_lists(request);
    struct store_usage usage = {.queued.numbers = store->numbers_pending,
                                .oldest_queued_ns = store->oldest_queued_ns};
    memcpy(usage.batches, store->batches, sizeof usage.batches);
    if (owner)
        store_usage(request->http->options.store, owner, &usage);
    text_add_string(text, "\"batches\":{");
    for (int i = 0; i < BATCH_STATUSES; i++)
        text_printf(text, "%s\"%s\":%llu", i ? "," : "", batch_status_name((enum batch_status)i),
                    (unsigned long long)usage.batches[i]);
    int64_t age_ns = clock_wall_ns() - usage.oldest_queued_ns;
    if (usage.oldest_queued_ns == 0 || age_ns < 0)
        age_ns = 0;
    text_printf(text, "},\n\"queue\":{\"numbers\":%llu,\"oldest_age_seconds\":%.6f},\n",
                (unsigned long long)usage.queued.numbers, (double)age_ns / 1e9);
}

static void write_totals(struct text *text, const struct http *http,
                         const struct dispatcher_stats *dispatcher)
{
    const struct http_counters *counters = &http->counters;
    const struct control *control = http->options.arena->control;
    unsigned long long requests = 0;
    for (size_t i = 0; i < sizeof counters->requests / sizeof *counters->requests; i++)
        requests += load(&counters->requests[i]);
    unsigned long long done = 0;
    for (int i = 0; i < VERDICTS; i++)
        done += i == VERDICT_CANCELED ? 0 : dispatcher->verdicts[i];
    unsigned long long refused = 0; /* what is not the client's fault */
    for (int i = REFUSAL_FULL; i < REFUSALS; i++)
        refused += load(&counters->batches_refused[i]);
    unsigned restarts = 0;
    for (int i = 0; i < RESTART_CAUSES; i++)
        restarts += atomic_load(&control->worker_restarts[i]);
    text_printf(text,
                "\"totals\":{\"requests\":%llu,\"batches_accepted\":%llu,\"batches_refused\":%llu,"
                "\"batches_ended\":%llu,\"numbers_accepted\":%llu,\"numbers_done\":%llu,"
                "\"compute_seconds\":%.6g,\"worker_restarts\":%u,"
                "\"worker_crashes\":%u,\"front_restarts\":%u},\n",
                requests, load(&counters->batches_accepted), refused,
                load(&counters->batches_ended[BATCH_COMPLETED]) +
                    load(&counters->batches_ended[BATCH_CANCELED]),
                load(&counters->numbers_accepted), done, dispatcher->compute_seconds, restarts,
                atomic_load(&control->worker_restarts[RESTART_CRASHED]),
                atomic_load(&control->front_restarts));
}

static void write_counts(struct text *text, const char *name, const struct histogram *histogram)
{
    text_printf(text, ",\n\"%s\":[", name);
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        text_printf(text, "%s%llu", i ? "," : "", load(&histogram->counts[i]));
    text_add_string(text, "]");
}

static void write_durations(struct text *text, const struct http_counters *counters)
{
    text_add_string(text, "\"durations\":{\"bounds_seconds\":[");
    for (int i = 0; i < HISTOGRAM_BOUNDS; i++)
        text_printf(text, "%s%g", i ? "," : "", (double)histogram_bound_ns(i) / 1e9);
    text_add_string(text, "]");
    write_counts(text, "small_batches", &counters->small_batches);
    write_counts(text, "large_batches", &counters->large_batches);
    write_counts(text, "requests", &counters->request_durations);
    text_add_string(text, "},\n");
}

static void write_worker(struct text *text, unsigned number, const struct arena *arena,
                         int64_t now_ns)
{
    const struct worker_slot *slot = &arena->slots[number];
    const struct worker_desk *desk = &arena->desks[number];
    int64_t began_ns = atomic_load_explicit(&desk->block_began_ns, memory_order_relaxed);
    if (began_ns < 0)
        began_ns = 0; /* a worker may write anything there */
    text_printf(text, "{\"worker\":%u,\"pid\":%d,\"state\":\"%s\",\"block_age_seconds\":", number,
                atomic_load(&slot->pid), began_ns ? "running" : "idle");
    if (began_ns)
        text_printf(text, "%.6f", now_ns > began_ns ? (double)(now_ns - began_ns) / 1e9 : 0.0);
    else
        text_add_string(text, "null");
    text_printf(text, ",\"blocks\":%llu,\"numbers\":%llu,\"restarts\":%u}",
                load(&desk->blocks_done), load(&desk->numbers_done), atomic_load(&slot->restarts));
}

static void write_workers(struct text *text, const struct arena *arena)
{
    int64_t now_ns = clock_monotonic_ns();
    const char *separator = "\n";
    text_add_string(text, "\"workers\":[");
    for (unsigned i = 0; i < arena->slot_count; i++) {
        if (atomic_load_explicit(&arena->slots[i].pid, memory_order_relaxed) <= 0)
            continue;
        text_add_string(text, separator);
        write_worker(text, i, arena, now_ns);
        separator = ",\n";
    }
    text_add_string(text, "\n]");
}

void status_get(struct request *request)
{
    struct http *http = request->http;
    struct store_stats store;
    struct dispatcher_stats dispatcher;
    store_stats(http->options.store, &store);
    dispatcher_read_stats(http->dispatcher, &dispatcher);

    struct text text = {.data = NULL};
    char started[CLOCK_RFC3339_SIZE];
    text_printf(&text,
                "{\"status\":\"%s\",\"version\":\"%s\",\"kernel\":\"%s\",\"started_at\":\"%s\","
                "\"uptime_seconds\":%.6f,\n",
                service_state(http), PRIMED_VERSION, primality_kernel(),
                clock_rfc3339(started, http->started_ns),
                (double)(clock_monotonic_ns() - http->began_ns) / 1e9);
    write_store(&text, http->options.store, &store);
    write_queue(&text, request, &store);
    write_totals(&text, http, &dispatcher);
    write_durations(&text, &http->counters);
    write_workers(&text, http->options.arena);
    text_add_string(&text, "}\n");
    reply_text(request, MHD_HTTP_OK, REPLY_JSON, &text, NULL);
}
