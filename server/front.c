/* front - putting the parts of the front together, and taking them apart again. See front.h. */
#include "server/front.h"

#include <signal.h>
#include <stdlib.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/futex.h"
#include "common/log.h"
#include "server/dispatcher/dispatcher.h"
#include "server/http/http.h"
#include "server/hup.h"
#include "server/privileges.h"
#include "server/store/memory.h"
#include "server/store/sqlite.h"

enum {
    SCRATCH_BYTES = 16 * 1024 * 1024, /* for single big numbers; some hundred at once */
    FINISH_GRACE_MS = 2000,           /* for requests under way, once all work is done */
    RECOVER_STEP = 1024,              /* batches handed to the dispatcher at once */
};
static const uint64_t memory_bytes = UINT64_C(1) << 30; /* what a store may take if nobody says */
static const uint64_t disk_bytes = UINT64_C(16) << 30;

/* The store that was asked for, or NULL after logging why there is none. */
static struct store *open_store(const struct config *config)
{
    if (config->store == CONFIG_SQLITE)
        return store_sqlite_open(config->data_dir,
                                 config->max_store ? config->max_store : disk_bytes);
    struct store *store = store_memory_open(config->max_store ? config->max_store : memory_bytes);
    if (!store)
        log_error("cannot open the store", log_str("error", "out of memory"));
    return store;
}

/* Go on with what was left to be done when the store was closed, or the front died. */
static void resume_work(struct store *store, struct dispatcher *dispatcher)
{
    struct batch batches[RECOVER_STEP];
    int64_t resumed = 0;
    int64_t pending = 0;
    for (size_t count = RECOVER_STEP; count == RECOVER_STEP;) {
        count = store_unfinished(store, resumed ? &batches[RECOVER_STEP - 1].id : NULL, batches,
                                 RECOVER_STEP);
        for (size_t i = 0; i < count; i++) {
            struct batch *batch = &batches[i];
            pending += (int64_t)(batch->total - batch_finished(batch));
            if (batch->status == BATCH_CANCELING)
                store_drop(store, &batch->id, 0, batch);
            else if (dispatcher_resume(dispatcher, store, batch) < 0)
                log_warning("a batch waits for the next start", log_str("error", "out of memory"));
        }
        resumed += (int64_t)count;
    }
    if (resumed > 0)
        log_info("resumed", log_int("batches", resumed), log_int("numbers", pending));
}

static void wait_for_drain(struct control *control)
{
    while (atomic_load(&control->state) == CONTROL_RUN)
        futex_wait(&control->state, CONTROL_RUN, -1);
}

_Noreturn void front_run(const struct config *config, struct arena *arena,
                         const struct keyring *keyring, int listen_socket, pid_t supervisor)
{
    child_settle(supervisor, "primed-front");
    hup_block(); /* before there are threads, and before the files it is about are read */
    privileges_filter_front();

    struct store *store = open_store(config);
    if (!store)
        exit(EXIT_FAILURE);
    struct store *scratch = store_memory_open(SCRATCH_BYTES);
    struct http_options http_options = {
        .config = config,
        .arena = arena,
        .store = store,
        .scratch = scratch,
        .keyring = keyring,
        .listen_socket = listen_socket,
    };
    struct http *http = scratch ? http_new(&http_options) : NULL;
    struct dispatcher_options dispatcher_options = {
        .arena = arena,
        .supervisor = supervisor,
        .number_timeout_ns = config->number_timeout_ns,
        .finish_all = !store->durable,
        .listener = http_notify,
        .context = http,
    };
    struct dispatcher *dispatcher = http ? dispatcher_start(&dispatcher_options) : NULL;
    if (!dispatcher) {
        log_error("cannot start the front", log_str("error", "out of memory"));
        exit(EXIT_FAILURE);
    }
    FAULT_POINT("front_run.recovered");
    resume_work(store, dispatcher);
    FAULT_POINT("front_run.resumed");
    if (http_start(http, dispatcher) < 0)
        exit(EXIT_FAILURE);
    struct hup *hup = hup_start(http_reload, http);
    if (!hup) {
        log_error("cannot start the front", log_str("error", "out of memory"));
        exit(EXIT_FAILURE);
    }
    atomic_store(&arena->control->front_ready, 1);
    kill(supervisor, SIGUSR1); /* it may have to pass that on */
    log_info("ready", log_str("version", PRIMED_VERSION), log_str("store", store->name),
             log_int("workers", config->workers));

    wait_for_drain(arena->control);
    dispatcher_drain(dispatcher);
    FAULT_POINT("front_run.drained");
    hup_stop(hup);
    http_stop(http, FINISH_GRACE_MS * NS_PER_MS);
    dispatcher_free(dispatcher);
    store_close(scratch);
    store_close(store);
    FAULT_POINT("front_run.closed");
    exit(EXIT_SUCCESS);
}
