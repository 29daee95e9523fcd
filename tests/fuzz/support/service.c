/* service - see service.h; as server/front.c does it. */
#include "tests/fuzz/support/service.h"

#include <pthread.h>

#include "common/arena.h"
#include "common/clock.h"
#include "server/config.h"
#include "server/dispatcher/dispatcher.h"
#include "server/http/http.h"
#include "server/store/memory.h"
#include "tests/fuzz/support/fuzz.h"
#include "worker/worker.h"

enum { STORE_BYTES = 64 << 20, SLOTS = 1, BLOCKS = 8 };

static struct arena arena;
static struct config config = {
    .workers = 1,
    .max_body = SERVICE_MAX_BODY,
    .max_digits = SERVICE_MAX_DIGITS,
    .max_connections = 16,
    .ttl_s = 60,
    .number_timeout_ns = 60 * NS_PER_S,
    .idle_timeout_s = 60,
    .log_requests = LOG_REQUESTS_ALL,
    .cors_origins = "https://numbers.example",
};

static void *work(void *unused)
{
    (void)unused;
    worker_loop(&arena, 0);
    return NULL;
}

void service_start(void)
{
    pthread_t worker;
    config.quota = quota_unlimited;
    fuzz_expect(networks_read(&config.trusted_proxies, "127.0.0.0/8"), "no networks");
    fuzz_expect(arena_create(&arena, SLOTS, BLOCKS) == 0, "no arena");
    atomic_store(&arena.slots[0].pid, 1);
    struct http_options http_options = {
        .config = &config,
        .arena = &arena,
        .store = store_memory_open(STORE_BYTES),
        .scratch = store_memory_open(STORE_BYTES),
        .listen_socket = -1, /* none, so not the loopback's: any Host will do */
    };
    struct http *http = http_new(&http_options);
    struct dispatcher_options dispatcher_options = {
        .arena = &arena, .finish_all = true, .listener = http_notify, .context = http};
    struct dispatcher *dispatcher = dispatcher_start(&dispatcher_options);
    fuzz_expect(dispatcher && http_start(http, dispatcher) == 0, "no service");
    fuzz_expect(pthread_create(&worker, NULL, work, NULL) == 0, "no worker");
    atomic_store(&arena.control->front_ready, 1);
}
