/* front - putting the parts of the front together, and taking them apart again. See front.h. */
#include "server/front.h"

#include <stdlib.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/futex.h"
#include "common/log.h"
#include "server/dispatcher.h"
#include "server/http/http.h"
#include "server/store/memory.h"

enum {
    SCRATCH_BYTES = 16 * 1024 * 1024, /* for single big numbers; some hundred at once */
    FINISH_GRACE_MS = 2000,           /* for requests under way, once all work is done */
};

static void wait_for_drain(struct control *control)
{
    while (atomic_load(&control->state) == CONTROL_RUN)
        futex_wait(&control->state, CONTROL_RUN, -1);
}

_Noreturn void front_run(const struct config *config, struct arena *arena, int listen_socket,
                         pid_t supervisor)
{
    child_settle(supervisor, "primed-front");

    struct store *store = store_memory_open(config->max_store);
    struct store *scratch = store_memory_open(SCRATCH_BYTES);
    struct http_options http_options = {
        .config = config,
        .arena = arena,
        .store = store,
        .scratch = scratch,
        .listen_socket = listen_socket,
    };
    struct http *http = store && scratch ? http_new(&http_options) : NULL;
    struct dispatcher_options dispatcher_options = {
        .arena = arena,
        .supervisor = supervisor,
        .number_timeout_ns = config->number_timeout_ns,
        .finish_all = store && !store->durable,
        .listener = http_notify,
        .context = http,
    };
    struct dispatcher *dispatcher = http ? dispatcher_start(&dispatcher_options) : NULL;
    if (!dispatcher) {
        log_error("cannot start the front", log_str("error", "out of memory"));
        exit(EXIT_FAILURE);
    }
    if (http_start(http, dispatcher) < 0)
        exit(EXIT_FAILURE);
    atomic_store(&arena->control->front_ready, 1);
    log_info("ready", log_str("version", PRIMED_VERSION), log_str("store", store->name),
             log_int("workers", config->workers));

    wait_for_drain(arena->control);
    dispatcher_drain(dispatcher);
    http_stop(http, FINISH_GRACE_MS * NS_PER_MS);
    dispatcher_free(dispatcher);
    store_close(scratch);
    store_close(store);
    exit(EXIT_SUCCESS);
}
