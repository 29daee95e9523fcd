/* upload - receiving a batch. See upload.h. */
#include "server/http/upload.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/http/batches.h"
#include "server/http/idempotency.h"
#include "server/http/problem.h"
#include "server/http/upload_refusal.h"
#include "server/intake/intake.h"
#include "worker/primality/primality.h"

/* JSON outside the integers: above all metadata, which every look at the batch sends back. */
enum { ENVELOPE_MAX = 16 * 1024 };

/* Where a wait for the store stands; see sleep_until_woken(). */
enum sleep_state { SLEEP_AWAKE, SLEEP_SUSPENDED, SLEEP_WOKEN };

struct upload {
    struct intake *intake;
    struct store *store;
    struct store_draft *draft;       /* NULL where the body is only read: a repeat, or draining */
    struct idempotency *idempotency; /* NULL: the request has no key */
    bool too_large;                  /* more than max_body came */
    bool committing;
    _Atomic int sleep_state;
    bool settled;             /* the result has been acted on, or the batch of a repeat found */
    enum store_result result; /* of the commit */
    struct batch batch;
};

/* --- before the body -------------------------------------------------------------------------- */

static const struct {
    const char *type;
    enum intake_format format;
} types[] = {
    {"application/json", INTAKE_JSON},
    {"application/x-ndjson", INTAKE_LINES},
    {"text/plain", INTAKE_LINES},
    {"application/octet-stream", INTAKE_OCTETS},
    {"application/x-www-form-urlencoded", INTAKE_SNIFF}, /* what bare curl says of any body */
};

/* The format a Content-Type names, its parameters aside; false if it is none of ours. */
static bool choose_format(const char *content_type, enum intake_format *format)
{
    if (!content_type) {
        *format = INTAKE_SNIFF;
        return true;
    }
    size_t length = strcspn(content_type, "; \t");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strlen(types[i].type) == length &&
            strncasecmp(types[i].type, content_type, length) == 0) {
            *format = types[i].format;
            return true;
        }
    }
    return false;
}

/* Does the request declare more bytes than we take? */
static bool declares_too_much(const struct request *request)
{
    const char *length = request_header(request, "Content-Length");
    return length && strtoull(length, NULL, 10) > request->http->options.config->max_body;
}

/*
 * Who hears that a request was refused may send another under its key at once, so nothing may be
 * left of it by then.
 */
static void discard_draft(struct upload *upload)
{
    store_discard(upload->store, upload->draft);
    upload->draft = NULL;
}

/* What is more than may be kept makes room at once, for however long its body goes on. */
static int append_chunk(void *context, const struct chunk *chunk)
{
    struct upload *upload = context;
    if (!upload->draft)
        return STORE_OK;
    enum store_result result = store_append(upload->store, upload->draft, chunk);
    if (result != STORE_OK)
        discard_draft(upload);
    return (int)result;
}

/* Throw away what has not become a batch. */
static void release(struct request *request)
{
    struct upload *upload = request->state;
    store_discard(upload->store, upload->draft);
    intake_free(upload->intake);
    idempotency_free(upload->idempotency);
    free(upload);
}

/* Whose the batch will be. Octets whose length is known tell how many numbers there will be. */
static struct store_owner describe_owner(const struct request *request, enum intake_format format)
{
    const char *length = request_header(request, "Content-Length");
    uint64_t numbers = 0;
    if (format == INTAKE_OCTETS && length)
        numbers = strtoull(length, NULL, 10) / sizeof(uint64_t);
    return (struct store_owner){
        .name = request->client.name,
        .quota = request->client.quota.queued,
        .expected = {.numbers = numbers, .cost_ns = numbers * primality_cost_ns(64)},
    };
}

/* Get ready to read a body of that format, and to store it, unless the request is a repeat. */
static enum store_result get_ready(struct request *request, enum intake_format format)
{
    const struct config *config = request->http->options.config;
    struct upload *upload = request->state;
    struct intake_limits limits = {
        .max_digits = config->max_digits,
        .max_numbers = UINT32_MAX, /* the store's limit in bytes is reached long before */
        .max_envelope = ENVELOPE_MAX,
    };
    struct store_owner owner = describe_owner(request, format);
    enum store_result result =
        upload->idempotency
            ? idempotency_begin(upload->idempotency, upload->store, &owner, &upload->draft)
            : store_begin_owned(upload->store, &owner, NULL, &upload->draft, NULL);
    if (result != STORE_OK && result != STORE_KNOWN)
        return result;
    upload->intake = intake_new(format, &limits, append_chunk, upload);
    return upload->intake ? STORE_OK : STORE_NO_MEMORY;
}

/* Refuse at once what need not be read; otherwise get ready to read it. */
bool upload_begin(struct request *request)
{
    const char *encoding = request_header(request, "Content-Encoding");
    const char *type = request_header(request, "Content-Type");
    enum intake_format format;
    if (!request_read_wait(request))
        return true;
    if (encoding && strcasecmp(encoding, "identity") != 0) {
        problem_reply(request, PROBLEM_UNSUPPORTED_MEDIA_TYPE, "Content-Encoding is not supported");
        return true;
    }
    if (!choose_format(type, &format)) {
        problem_reply(request, PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                      "\"%.100s\" is not one of application/json, application/x-ndjson, "
                      "text/plain, application/octet-stream",
                      type);
        return true;
    }
    if (declares_too_much(request)) {
        upload_refuse_too_large(request);
        return true;
    }
    if (http_is_draining(request->http)) {
        upload_refuse_unavailable(request, STORE_OK);
        return true;
    }

    struct idempotency *idempotency;
    if (!idempotency_read(request, &idempotency))
        return true;
    struct upload *upload = calloc(1, sizeof *upload);
    enum store_result result = STORE_NO_MEMORY;
    if (upload) {
        upload->store = request->http->options.store;
        upload->idempotency = idempotency;
        request->state = upload;
        request->release = release;
        result = get_ready(request, format);
    } else {
        idempotency_free(idempotency);
    }
    if (result == STORE_BUSY)
        idempotency_reply_busy(request);
    else if (result != STORE_OK)
        upload_refuse_unavailable(request, result);
    return result != STORE_OK;
}

/* --- waiting for the store -------------------------------------------------------------------- */

/* The connection goes on, perhaps at once to its end: the request is not looked at again. */
static void resume(struct http *http, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    atomic_fetch_sub(&http->store_sleepers, 1);
}

/* The store has done what the request waits for. From any thread. */
static void wake(struct request *request)
{
    struct upload *upload = request->state;
    if (atomic_exchange(&upload->sleep_state, SLEEP_WOKEN) == SLEEP_SUSPENDED)
        resume(request->http, request->connection);
}

/* Suspend the connection until wake(): whichever of the two comes second resumes it. */
static void sleep_until_woken(struct request *request)
{
    struct upload *upload = request->state;
    atomic_fetch_add(&request->http->store_sleepers, 1);
    MHD_suspend_connection(request->connection);
    if (atomic_exchange(&upload->sleep_state, SLEEP_SUSPENDED) == SLEEP_WOKEN)
        resume(request->http, request->connection);
}

/* --- the body --------------------------------------------------------------------------------- */

static void resumed(void *context)
{
    wake(context);
}

void upload_body(struct request *request, const char *bytes, size_t size)
{
    struct upload *upload = request->state;
    /* It will be refused. A drain waits for whoever waits for the disk, so this one need not. */
    if (http_is_draining(request->http))
        discard_draft(upload);
    if (request->body_bytes > request->http->options.config->max_body) {
        upload->too_large = true;
    } else {
        intake_feed(upload->intake, bytes, size);
        if (upload->idempotency)
            idempotency_feed(upload->idempotency, bytes, size);
    }

    /* A client that is faster than the disk is slowed down by its own connection. */
    atomic_store(&upload->sleep_state, SLEEP_AWAKE);
    if (upload->draft && store_pause(upload->store, upload->draft, resumed, request))
        sleep_until_woken(request);
}

/* --- after the body --------------------------------------------------------------------------- */

/* The body is complete: is it a batch, and can it still be taken? False after replying that not. */
static bool judge(struct request *request, struct intake_envelope *envelope)
{
    struct upload *upload = request->state;
    enum intake_status status = intake_finish(upload->intake, envelope);
    bool is_draining = http_is_draining(request->http);
    if (status == INTAKE_OK && !is_draining)
        return true;
    discard_draft(upload);
    if (status != INTAKE_OK)
        upload_refuse_body(request, upload->intake, status);
    else
        upload_refuse_unavailable(request, STORE_OK);
    return false;
}

/* The batch is as durable as the store makes it, or could not be stored. From any thread. */
static void committed(void *context, enum store_result result)
{
    struct request *request = context;
    struct upload *upload = request->state;
    upload->result = result;
    wake(request);
}

/*
 * Make the draft a batch and set it to work, without waiting for the disk to have it: only the
 * answer waits for that. False after replying that it cannot be.
 */
static bool commit(struct request *request, const struct intake_envelope *envelope)
{
    struct http *http = request->http;
    struct upload *upload = request->state;
    struct batch_spec spec = {
        .priority = envelope->priority,
        .ttl_s = envelope->ttl ? envelope->ttl : http->options.config->ttl_s,
        .metadata = envelope->metadata,
    };
    if (upload->idempotency)
        spec.fingerprint =
            idempotency_end(upload->idempotency, intake_format_found(upload->intake));
    struct store_draft *draft = upload->draft;
    upload->draft = NULL;
    upload->committing = true;
    atomic_store(&upload->sleep_state, SLEEP_AWAKE);
    enum store_result result =
        store_commit(upload->store, draft, &spec, &upload->batch, committed, request);
    intake_free(upload->intake); /* and with it the envelope */
    upload->intake = NULL;
    if (result != STORE_OK) {
        upload_refuse_unavailable(request, result);
        return false;
    }
    if (!batch_has_ended(&upload->batch) &&
        dispatcher_submit(http->dispatcher, upload->store, &upload->batch) < 0 &&
        !upload->store->durable) {
        store_remove(upload->store, &upload->batch.id);
        upload_refuse_unavailable(request, STORE_NO_MEMORY);
        return false;
    }
    return true;
}

/*
 * The store has the batch, or could not keep it: count it. False after replying that it could not.
 */
static bool settle(struct request *request)
{
    struct http *http = request->http;
    struct upload *upload = request->state;
    if (upload->result != STORE_OK) {
        dispatcher_cancel(http->dispatcher, &upload->batch.id);
        upload_refuse_unavailable(request, upload->result);
        return false;
    }
    bool has_ended = batch_has_ended(&upload->batch);
    atomic_fetch_add(&http->counters.batches_accepted, 1);
    atomic_fetch_add(&http->counters.numbers_accepted, upload->batch.total);
    if (has_ended)
        atomic_fetch_add(&http->counters.batches_ended[upload->batch.status], 1);
    return true;
}

/*
 * The body of a repeat is complete: find the batch of the first request. False after replying why
 * it is not the answer to this one.
 */
static bool recall(struct request *request)
{
    struct upload *upload = request->state;
    struct intake_envelope envelope;
    enum intake_status status = intake_finish(upload->intake, &envelope);
    idempotency_end(upload->idempotency, intake_format_found(upload->intake));
    if (idempotency_is_same(upload->idempotency)) {
        upload->settled = idempotency_recall(request, upload->idempotency, &upload->batch);
        if (upload->settled)
            atomic_fetch_add(&request->http->counters.batches_repeated, 1);
    } else if (status == INTAKE_OK) {
        idempotency_reply_reused(request);
    } else {
        upload_refuse_body(request, upload->intake, status);
    }
    return upload->settled;
}

void upload_handle(struct request *request)
{
    struct upload *upload = request->state;
    if (upload->too_large) {
        discard_draft(upload);
        upload_refuse_too_large(request);
        return;
    }
    if (idempotency_is_repeat(upload->idempotency)) {
        if (upload->settled || recall(request))
            batches_reply_accepted(request, &upload->batch, true);
        return;
    }
    if (!upload->committing) {
        struct intake_envelope envelope;
        if (!judge(request, &envelope))
            return;
        if (!commit(request, &envelope))
            return;
        if (atomic_load(&upload->sleep_state) != SLEEP_WOKEN) {
            sleep_until_woken(request);
            return; /* called again once it is stored */
        }
    }
    if (!upload->settled) {
        upload->settled = true;
        if (!settle(request))
            return;
    }
    batches_reply_accepted(request, &upload->batch, false);
}
