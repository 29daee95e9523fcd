/* upload - receiving a batch. See upload.h. */
#include "server/http/upload.h"

#include <stdlib.h>

#include "common/clock.h"
#include "server/dispatcher/early.h"
#include "server/http/batches.h"
#include "server/http/idempotency.h"
#include "server/http/media.h"
#include "server/http/problem.h"
#include "server/http/upload_refusal.h"
#include "server/intake/decoder.h"
#include "server/intake/intake.h"
#include "worker/primality/primality.h"

/* JSON outside the integers: above all metadata, which every look at the batch sends back. */
enum { ENVELOPE_MAX = 16 * 1024 };

enum {
    DECODED_PIECE = 64 * 1024,         /* what is decoded before it is looked at */
    DECODED_TURN = 64 * DECODED_PIECE, /* and before other connections get a turn */
};

/* Where a wait for the store stands; see sleep_until_woken(). */
enum sleep_state { SLEEP_AWAKE, SLEEP_SUSPENDED, SLEEP_WOKEN };

struct upload {
    struct intake *intake;
    struct store *store;
    struct store_draft *draft;       /* NULL where the body is only read: a repeat, or draining */
    struct early early;              /* the work on it */
    struct idempotency *idempotency; /* NULL: the request has no key */
    struct decoder *decoder;         /* NULL: the body is as it is */
    enum decoder_status decoder_status;
    bool more_decoded;    /* the decoder has more to say of what it was given */
    uint64_t taken_bytes; /* of the body, decoded */
    bool too_large;       /* they are more than max_body */
    bool committing;
    _Atomic int sleep_state;
    bool settled;             /* the result has been acted on, or the batch of a repeat found */
    enum store_result result; /* of the commit */
    struct batch batch;
    struct batch accepted; /* the same when the store had it: with `result` */
    struct text prepared;  /* the reply, as far as it could be written before */
};

/* --- before the body -------------------------------------------------------------------------- */

/* Does the request declare more bytes than we take? */
static bool declares_too_much(const struct request *request)
{
    return request->body_declared != UINT64_MAX &&
           request->body_declared > request->http->options.config->max_body;
}

/*
 * Who hears that a request was refused may send another under its key at once, so nothing may be
 * left of it by then.
 */
static void discard_draft(struct upload *upload)
{
    early_discard(&upload->early);
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
    if (result == STORE_OK)
        early_append(&upload->early, upload->draft, chunk->cost_ns);
    else
        discard_draft(upload);
    return (int)result;
}

/* Throw away what has not become a batch. */
static void release(struct request *request)
{
    struct upload *upload = request->state;
    discard_draft(upload);
    intake_free(upload->intake);
    idempotency_free(upload->idempotency);
    decoder_free(upload->decoder);
    text_destroy(&upload->prepared);
    free(upload);
}

/* Whose the batch will be. Octets, as they are, tell by their length how many numbers they hold. */
static struct store_owner describe_owner(const struct request *request, enum intake_format format)
{
    const struct upload *upload = request->state;
    uint64_t numbers = 0;
    if (format == INTAKE_OCTETS && request->body_declared != UINT64_MAX && !upload->decoder)
        numbers = request->body_declared / sizeof(uint64_t);
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
    enum intake_format format;
    enum decoder_coding coding;
    bool encoded;
    request->refusals = request->http->counters.batches_refused;
    if (!request_read_wait(request) || !media_read_coding(request, &encoded, &coding) ||
        !media_read_format(request, &format))
        return true;
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
        upload->early =
            (struct early){.dispatcher = request->http->dispatcher, .store = upload->store};
        upload->idempotency = idempotency;
        request->state = upload;
        request->release = release;
        if (encoded)
            upload->decoder = decoder_new(coding, &request->http->decoders);
        result = encoded && !upload->decoder ? STORE_NO_MEMORY : get_ready(request, format);
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
    request->suspended_at_ns = clock_monotonic_ns();
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

/* Take the next bytes of the body, decoded. True if the connection is suspended. */
static bool take(struct request *request, const char *bytes, size_t size)
{
    struct upload *upload = request->state;
    upload->taken_bytes += size;
    if (upload->taken_bytes > request->http->options.config->max_body) {
        upload->too_large = true;
    } else {
        intake_feed(upload->intake, bytes, size);
        if (intake_is_bad(upload->intake))
            discard_draft(upload); /* however long the rest of the body takes */
        if (upload->idempotency)
            idempotency_feed(upload->idempotency, bytes, size);
    }

    /* A client that is faster than the disk is slowed down by its own connection. */
    atomic_store(&upload->sleep_state, SLEEP_AWAKE);
    bool paused = upload->draft && store_pause(upload->store, upload->draft, resumed, request);
    if (paused)
        sleep_until_woken(request);
    return paused;
}

/* Let the other connections of this thread have a turn. */
static void yield(struct request *request)
{
    struct upload *upload = request->state;
    atomic_store(&upload->sleep_state, SLEEP_WOKEN);
    sleep_until_woken(request);
}

/*
 * Decode and take bytes[*from .. size-1], until they are used up or the connection is suspended:
 * then true, and *from tells how far it came.
 */
static bool decode(struct request *request, const char *bytes, size_t size, size_t *from)
{
    struct upload *upload = request->state;
    char piece[DECODED_PIECE];
    size_t made;
    size_t turn = 0;
    do {
        upload->decoder_status =
            decoder_step(upload->decoder, bytes, size, from, piece, sizeof piece, &made);
        upload->more_decoded = made == sizeof piece;
        if (upload->decoder_status != DECODER_OK)
            return false;
        if (take(request, piece, made))
            return true;
        turn += made;
        if (turn >= DECODED_TURN) {
            yield(request);
            return true;
        }
    } while ((*from < size || upload->more_decoded) && !upload->too_large);
    return false;
}

size_t upload_body(struct request *request, const char *bytes, size_t size)
{
    struct upload *upload = request->state;
    /* It will be refused. A drain waits for whoever waits for the disk, so this one need not. */
    if (http_is_draining(request->http))
        discard_draft(upload);
    if (!upload->decoder) {
        take(request, bytes, size);
        return size;
    }
    size_t from = 0;
    bool may_go_on = upload->decoder_status == DECODER_OK && !upload->too_large;
    return may_go_on && decode(request, bytes, size, &from) ? from : size;
}

/* --- after the body --------------------------------------------------------------------------- */

/*
 * The body is complete: has all of it been decoded and taken? False after replying that it cannot
 * be, or if there is more to do after a suspension.
 */
static bool is_decoded(struct request *request)
{
    struct upload *upload = request->state;
    size_t none = 0;
    if (upload->more_decoded && upload->decoder_status == DECODER_OK && !upload->too_large &&
        decode(request, "", 0, &none))
        return false;
    if (upload->too_large) {
        discard_draft(upload);
        upload_refuse_too_large(request);
    } else if (upload->decoder_status == DECODER_NO_ROOM) {
        discard_draft(upload);
        upload_refuse_unavailable(request, STORE_NO_MEMORY);
    } else if (upload->decoder &&
               (upload->decoder_status != DECODER_OK || !decoder_is_complete(upload->decoder))) {
        discard_draft(upload);
        problem_reply(request, PROBLEM_MALFORMED_ENCODING,
                      upload->decoder_status == DECODER_OK
                          ? "the encoded body ends before its end"
                          : "the body is not what its Content-Encoding says, is damaged, or needs "
                            "a window of more than 8 MiB");
    }
    return !request->replied;
}

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
static void committed(void *context, enum store_result result, const struct batch *batch)
{
    struct request *request = context;
    struct upload *upload = request->state;
    upload->result = result;
    upload->accepted = *batch;
    wake(request);
}

/* There is a batch, of which nobody else has heard yet. */
static void made(void *context, const struct batch *batch)
{
    const struct request *request = context;
    journal_expect(request->http->journal, &batch->id, request->id, &request->trace);
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
        early_commit(&upload->early, draft, &spec, &upload->batch, committed, made, request);
    intake_free(upload->intake); /* and with it the envelope */
    upload->intake = NULL;
    if (result != STORE_OK) {
        upload_refuse_unavailable(request, result);
        return false;
    }
    if (!batch_has_ended(&upload->batch) && !upload->early.submitted &&
        dispatcher_submit(http->dispatcher, upload->store, &upload->batch) < 0 &&
        !upload->store->durable) {
        store_remove(upload->store, &upload->batch.id);
        journal_forget(http->journal, &upload->batch.id);
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
        journal_forget(http->journal, &upload->batch.id);
        upload_refuse_unavailable(request, upload->result);
        return false;
    }
    atomic_fetch_add(&http->counters.batches_accepted, 1);
    atomic_fetch_add(&http->counters.numbers_accepted, upload->batch.total);
    journal_accepted(http->journal, &upload->batch, request->id, &request->trace);
    if (batch_has_ended(&upload->accepted))
        http_count_end(http, &upload->accepted);
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
    if (!upload->committing && !upload->settled && !is_decoded(request))
        return;
    if (idempotency_is_repeat(upload->idempotency)) {
        if (upload->settled || recall(request))
            batches_reply_accepted(request, &upload->batch, true, NULL);
        return;
    }
    if (!upload->committing) {
        struct intake_envelope envelope;
        if (!judge(request, &envelope))
            return;
        if (!commit(request, &envelope))
            return;
        if (atomic_load(&upload->sleep_state) != SLEEP_WOKEN) {
            batches_prepare(request, &upload->batch.id, &upload->prepared);
            sleep_until_woken(request);
            return; /* called again once it is stored */
        }
    }
    if (!upload->settled) {
        upload->settled = true;
        if (!settle(request))
            return;
    }
    batches_reply_accepted(request, &upload->batch, false, &upload->prepared);
}
