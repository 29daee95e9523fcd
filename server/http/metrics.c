/* metrics - the figures, and what each means. See metrics.h. */
#include "server/http/metrics.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/busy.h"
#include "common/clock.h"
#include "common/ring.h"
#include "server/http/reply.h"
#include "server/http/service.h"
#include "worker/primality/primality.h"

/* The head of a metric; its samples follow. */
static void describe(struct text *text, const char *name, const char *type, const char *help)
{
    text_printf(text, "# HELP primed_%s %s\n# TYPE primed_%s %s\n", name, help, name, type);
}

static void write_one(struct text *text, const char *name, const char *type, const char *help,
                      double value)
{
    describe(text, name, type, help);
    text_printf(text, "primed_%s %.17g\n", name, value);
}

/* A sample of the metric described last. */
static void write_labelled(struct text *text, const char *name, const char *label,
                           const char *value, uint64_t count)
{
    text_printf(text, "primed_%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)count);
}

/* The buckets of a histogram, cumulative as Prometheus wants them. labels: "" or `size="small",`. */
static void write_histogram(struct text *text, const char *name, const char *labels,
                            const struct histogram *histogram)
{
    uint64_t count = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        text_printf(text, "primed_%s_bucket{%sle=\"", name, labels);
        if (i < HISTOGRAM_BOUNDS)
            text_printf(text, "%g", (double)histogram_bound_ns(i) / 1e9);
        else
            text_add_string(text, "+Inf");
        text_printf(text, "\"} %llu\n", (unsigned long long)count);
    }
    char set[32] = "";
    if (*labels)
        snprintf(set, sizeof set, "{%.*s}", (int)strlen(labels) - 1, labels);
    text_printf(text, "primed_%s_sum%s %.9g\nprimed_%s_count%s %llu\n", name, set,
                (double)atomic_load(&histogram->sum_ns) / 1e9, name, set,
                (unsigned long long)count);
}

static void write_requests(struct text *text, struct http *http)
{
    static const char *const classes[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
    describe(text, "http_requests_total", "counter", "Requests answered, by class of status.");
    for (int i = 2; i <= 5; i++)
        write_labelled(text, "http_requests_total", "status", classes[i],
                       atomic_load(&http->counters.requests[i]));
    write_one(text, "http_requests_in_flight", "gauge",
              "Requests begun and not yet answered in full.",
              (double)atomic_load(&http->open_requests));
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    write_one(text, "http_connections", "gauge", "Connections that are open.",
              info ? info->num_connections : 0);
    write_one(text, "http_connections_limit", "gauge", "Connections that may be open.",
              http->options.config->max_connections);
    describe(text, "http_request_duration_seconds", "histogram",
             "Time from the headers of a request to the end of its reply, waits included.");
    write_histogram(text, "http_request_duration_seconds", "", &http->counters.request_durations);
}

static void write_refusals(struct text *text, const struct http_counters *counters)
{
    static const char *const reasons[REFUSALS] = {
        [REFUSAL_INVALID] = "invalid",
        [REFUSAL_TOO_LARGE] = "too_large",
        [REFUSAL_QUOTA] = "quota",
        [REFUSAL_KEY] = "key",
        [REFUSAL_FULL] = "full",
        [REFUSAL_NO_SPACE] = "no_space",
        [REFUSAL_STORE_FAILED] = "store_failed",
        [REFUSAL_DRAINING] = "draining",
    };
    describe(text, "batches_refused_total", "counter", "Batches refused, by why.");
    for (int i = 0; i < REFUSALS; i++)
        write_labelled(text, "batches_refused_total", "reason", reasons[i],
                       atomic_load(&counters->batches_refused[i]));
}

static void write_batches(struct text *text, struct http *http, const struct store_stats *store)
{
    write_one(text, "batches_accepted_total", "counter", "Batches accepted.",
              (double)atomic_load(&http->counters.batches_accepted));
    write_one(text, "batches_repeated_total", "counter",
              "Requests answered with the batch an earlier one of the same key had made.",
              (double)atomic_load(&http->counters.batches_repeated));
    write_refusals(text, &http->counters);
    write_one(text, "batches_evicted_total", "counter",
              "Ended batches dropped before their time to make room.", (double)store->evicted);
    describe(text, "batches_ended_total", "counter", "Batches that have ended, by how.");
    for (int i = BATCH_COMPLETED; i <= BATCH_CANCELED; i++)
        write_labelled(text, "batches_ended_total", "status",
                       batch_status_name((enum batch_status)i),
                       atomic_load(&http->counters.batches_ended[i]));
    describe(text, "batch_duration_seconds", "histogram",
             "Time from the acceptance of a batch to its completion; small: up to 1,000 numbers.");
    write_histogram(text, "batch_duration_seconds", "size=\"small\",",
                    &http->counters.small_batches);
    write_histogram(text, "batch_duration_seconds", "size=\"large\",",
                    &http->counters.large_batches);
    describe(text, "batches", "gauge", "Batches kept now, by status.");
    for (int i = 0; i < BATCH_STATUSES; i++)
        write_labelled(text, "batches", "status", batch_status_name((enum batch_status)i),
                       store->batches[i]);
}

static void write_numbers(struct text *text, struct http *http,
                          const struct dispatcher_stats *dispatcher)
{
    static const char *const verdicts[] = {
        [VERDICT_COMPOSITE] = "composite",
        [VERDICT_PRIME] = "prime",
        [VERDICT_PROBABLE_PRIME] = "probable_prime",
        [VERDICT_FAILED] = "failed",
        [VERDICT_TIMEOUT] = "timeout",
        [VERDICT_CANCELED] = "canceled",
    };
    write_one(text, "numbers_accepted_total", "counter", "Numbers in the batches accepted.",
              (double)atomic_load(&http->counters.numbers_accepted));
    describe(text, "numbers_total", "counter",
             "Numbers of batches that have their verdict, by which.");
    for (int i = 0; i < VERDICTS; i++)
        write_labelled(text, "numbers_total", "verdict", verdicts[i], dispatcher->verdicts[i]);
    write_one(text, "numbers_discarded_total", "counter",
              "Numbers that were tested of bodies that then made no batch.",
              (double)dispatcher->discarded);
    write_one(text, "compute_seconds_total", "counter", "Time the workers spent on numbers.",
              dispatcher->compute_seconds);
}

static void write_queue(struct text *text, const struct store_stats *store,
                        const struct dispatcher_stats *dispatcher)
{
    double age = 0;
    if (store->oldest_queued_ns)
        age = (double)(clock_wall_ns() - store->oldest_queued_ns) / 1e9;
    write_one(text, "queue_batches", "gauge", "Batches with numbers not yet given to a worker.",
              dispatcher->queue_length);
    write_one(text, "queue_numbers", "gauge", "Numbers without a verdict.",
              (double)store->numbers_pending);
    write_one(text, "queue_oldest_age_seconds", "gauge",
              "Age of the oldest batch none of whose numbers was given to a worker.",
              age > 0 ? age : 0);
    write_one(text, "queue_work_seconds", "gauge",
              "Time one worker would need for what was not yet given to any, as estimated.",
              dispatcher->queue_seconds);
}

static void write_store(struct text *text, const struct http *http, const struct store_stats *store)
{
    write_one(text, "store_bytes", "gauge", "Bytes the store uses.", (double)store->bytes);
    write_one(text, "store_limit_bytes", "gauge", "Bytes the store may use.",
              (double)store->bytes_max);
    struct statvfs disk;
    if (http->options.store->durable && statvfs(http->options.config->data_dir, &disk) == 0)
        write_one(text, "store_disk_free_bytes", "gauge",
                  "Bytes free on the disk of the durable store.",
                  (double)disk.f_bavail * (double)disk.f_frsize);
}

static void write_blocks(struct text *text, const struct arena *arena,
                         const struct dispatcher_stats *dispatcher)
{
    static const char *const states[CLAIM_STATES] = {
        [CLAIM_FREE] = "free", [CLAIM_QUEUED] = "queued",     [CLAIM_RUNNING] = "running",
        [CLAIM_DONE] = "done", [CLAIM_ORPHANED] = "orphaned",
    };
    unsigned counts[CLAIM_STATES];
    arena_census(arena, counts);
    describe(text, "blocks", "gauge",
             "Blocks of shared memory, by state: those queued are in the ring, those done on the "
             "board.");
    for (int i = 0; i < CLAIM_STATES; i++)
        write_labelled(text, "blocks", "state", states[i], counts[i]);
    write_one(text, "blocks_done_total", "counter", "Blocks that came back from the workers.",
              (double)dispatcher->blocks_done);
    write_one(text, "blocks_resumed_total", "counter",
              "Blocks handed on because their worker had died.",
              (double)dispatcher->blocks_resumed);
}

/* The longest time a worker has had its block. */
static double oldest_block_s(const struct arena *arena, int64_t now_ns)
{
    int64_t oldest_ns = 0;
    for (unsigned i = 0; i < arena->slot_count; i++) {
        int64_t began_ns =
            atomic_load_explicit(&arena->desks[i].block_began_ns, memory_order_relaxed);
        if (began_ns > 0 && now_ns - began_ns > oldest_ns) /* a worker may write anything there */
            oldest_ns = now_ns - began_ns;
    }
    return (double)oldest_ns / 1e9;
}

static void write_busy(struct text *text, const struct arena *arena, int64_t now_ns)
{
    describe(text, "worker_busy_seconds_total", "counter",
             "Time a worker of that number had a block to work on.");
    for (unsigned i = 0; i < arena->slot_count; i++) {
        int64_t ns = busy_ns(&arena->desks[i].busy, now_ns);
        if (ns != 0 || atomic_load_explicit(&arena->slots[i].pid, memory_order_relaxed) > 0)
            text_printf(text, "primed_worker_busy_seconds_total{worker=\"%u\"} %.12g\n", i,
                        (double)ns / 1e9);
    }
}

static void write_restarts(struct text *text, const struct control *control)
{
    static const char *const causes[RESTART_CAUSES] = {
        [RESTART_CRASHED] = "crashed",
        [RESTART_OVERDUE] = "overdue",
        [RESTART_STOPPED] = "stopped",
    };
    describe(text, "worker_restarts_total", "counter",
             "Workers that died and were replaced, by what of: by themselves, or killed by the "
             "service for what they did not end.");
    for (int i = 0; i < RESTART_CAUSES; i++)
        write_labelled(text, "worker_restarts_total", "cause", causes[i],
                       atomic_load(&control->worker_restarts[i]));
    write_one(text, "front_restarts_total", "counter", "Fronts that died and were replaced.",
              atomic_load(&control->front_restarts));
}

static void write_workers(struct text *text, struct http *http)
{
    const struct arena *arena = http->options.arena;
    int64_t now_ns = clock_monotonic_ns();
    write_one(text, "workers", "gauge", "Worker processes that are running.",
              service_workers(http));
    write_one(text, "workers_wanted", "gauge", "Worker processes there should be.",
              atomic_load(&arena->control->workers_wanted));
    write_busy(text, arena, now_ns);
    write_one(text, "block_oldest_age_seconds", "gauge",
              "How long the worker that has had its block longest has had it.",
              oldest_block_s(arena, now_ns));
    write_restarts(text, arena->control);
}

static void write_service(struct text *text, struct http *http)
{
    static const char *const states[] = {"starting", "ready", "draining"};
    const char *now = service_state(http);
    describe(text, "state", "gauge", "1 for the state the service is in, 0 for the others.");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        write_labelled(text, "state", "state", states[i], strcmp(states[i], now) == 0);
    write_one(text, "start_time_seconds", "gauge", "When this front started, in Unix time.",
              (double)http->started_ns / 1e9);
    write_one(text, "clock_seconds", "gauge", "What the service takes for the time, in Unix time.",
              (double)clock_wall_ns() / 1e9);
    describe(text, "build_info", "gauge", "What is running; the value is always 1.");
    text_printf(text, "primed_build_info{version=\"%s\",kernel=\"%s\",store=\"%s\"} 1\n",
                PRIMED_VERSION, primality_kernel(), http->options.store->name);
}

void metrics_get(struct request *request)
{
    struct http *http = request->http;
    struct text text = {.data = NULL};
    struct store_stats store;
    struct dispatcher_stats dispatcher;
    store_stats(http->options.store, &store);
    dispatcher_read_stats(http->dispatcher, &dispatcher);

    write_service(&text, http);
    write_requests(&text, http);
    write_batches(&text, http, &store);
    write_numbers(&text, http, &dispatcher);
    write_queue(&text, &store, &dispatcher);
    write_store(&text, http, &store);
    write_blocks(&text, http->options.arena, &dispatcher);
    write_workers(&text, http);
    reply_text(request, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &text, NULL);
}
