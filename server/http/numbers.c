/*
 * numbers - GET /v1/numbers/{n}. See numbers.h.
 *
 * A number of one word takes a microsecond and is tested on the spot. A bigger one could hold up
 * all other requests, or be the one that makes the core crash, so it goes to a worker like any
 * other: as a batch of one number, of the highest priority, in a store of its own that nobody else
 * sees.
 */
#include "server/http/numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/decimal.h"
#include "server/http/access.h"
#include "server/http/problem.h"
#include "server/http/result_format.h"
#include "worker/primality/primality.h"

enum {
    QUESTIONS_MAX = 64, /* asked at once; more are refused */
    ANSWER_MAX_S = 60,  /* a client waits no longer */
    LOOK_AGAIN_S = 1,   /* how often it is looked whether the client is still there */
};

static const struct batch_spec question_spec = {.priority = 9, .ttl_s = 60};

static void reply_number(struct request *request, const struct number *number, enum verdict verdict,
                         float seconds)
{
    struct text text = {.data = NULL};
    text_add_string(&text, "{");
    result_format_members(&text, number, verdict, seconds);
    text_add_string(&text, "}\n");
    reply_text(request, MHD_HTTP_OK, REPLY_JSON, &text, NULL);
}

static void reply_unavailable(struct request *request)
{
    if (http_is_draining(request->http))
        problem_reply(request, PROBLEM_DRAINING, "the service is stopping and takes no more work");
    else
        problem_reply(request, PROBLEM_FULL, "too many or too hard numbers; hand in a batch");
}

/* What the workers are asked. */
struct question {
    bool asked;
    struct batch_id id; /* in the scratch store */
};

/* The client has its answer, or has left: forget the question. */
static void release(struct request *request)
{
    struct question *question = request->state;
    atomic_fetch_sub(&request->http->questions, 1);
    if (question->asked) {
        dispatcher_cancel(request->http->dispatcher, &question->id);
        store_remove(request->http->options.scratch, &question->id);
    }
    free(question);
}

/* Make the draft a batch of one number, and set it to work. */
static void submit(struct request *request, struct store_draft *draft)
{
    struct question *question = request->state;
    struct http *http = request->http;
    struct store *scratch = http->options.scratch;
    struct batch batch;
    if (store_commit(scratch, draft, &question_spec, &batch, NULL, NULL) != STORE_OK)
        return;
    question->id = batch.id;
    question->asked = dispatcher_submit(http->dispatcher, scratch, &batch) == 0;
    if (!question->asked)
        store_remove(scratch, &batch.id);
}

/*
 * Begin a draft in the scratch store for a number of so much estimated work. What a client asks so
 * counts by itself, as much as it may have queued in batches.
 */
static enum store_result begin(const struct request *request, uint64_t cost_ns,
                               struct store_draft **draft)
{
    struct store_owner owner = {
        .name = request->client.name,
        .quota = request->client.quota.queued,
        .expected = {.numbers = 1, .cost_ns = cost_ns},
    };
    return store_begin_owned(request->http->options.scratch, &owner, NULL, draft, NULL);
}

/* Hand the number to the workers. False after replying that it could not be. */
static bool ask(struct request *request, const struct number *number)
{
    struct store *scratch = request->http->options.scratch;
    struct question *question = NULL;
    enum store_result result = STORE_NO_MEMORY;
    if (atomic_fetch_add(&request->http->questions, 1) < QUESTIONS_MAX)
        question = calloc(1, sizeof *question);
    if (!question) {
        atomic_fetch_sub(&request->http->questions, 1);
        reply_unavailable(request);
        return false;
    }
    request->state = question;
    request->release = release;

    struct store_draft *draft = NULL;
    struct chunk_builder builder;
    chunk_builder_init(&builder, primality_cost_ns);
    if (chunk_append(&builder, number->limbs, number->limb_count, number->negative) ==
        CHUNK_APPENDED)
        result = begin(request, builder.chunk.cost_ns, &draft);
    if (result == STORE_OK && store_append(scratch, draft, &builder.chunk) == STORE_OK)
        submit(request, draft);
    else
        store_discard(scratch, draft);
    chunk_builder_destroy(&builder);
    if (result == STORE_OVER_QUOTA || result == STORE_BEYOND_QUOTA)
        access_refuse_work(request, STORE_OVER_QUOTA);
    else if (!question->asked)
        reply_unavailable(request);
    return question->asked;
}

/* Reply with what the workers have found, or wait for it. */
static void await_answer(struct request *request)
{
    struct http *http = request->http;
    struct store *scratch = http->options.scratch;
    const struct question *question = request->state;
    struct batch batch;
    for (;;) {
        uint64_t ticket = waiters_ticket(http->waiters, &question->id);
        if (store_get(scratch, &question->id, &batch) != STORE_OK) {
            reply_unavailable(request);
            return;
        }
        if (batch_has_ended(&batch))
            break;
        int64_t now = clock_monotonic_ns();
        bool too_long = now - request->began_ns >= ANSWER_MAX_S * NS_PER_S;
        if (too_long || http_is_draining(http) || waiters_refuse(http->waiters) ||
            request_client_left(request)) {
            reply_unavailable(request);
            return;
        }
        request->waiter = (struct waiter){
            .connection = request->connection,
            .id = question->id,
            .end_only = true,
            .deadline_ns = now + LOOK_AGAIN_S * NS_PER_S,
        };
        if (waiters_suspend(http->waiters, &request->waiter, ticket))
            return;
    }

    struct chunk chunk;
    uint64_t *words = malloc(CHUNK_MAX_WORDS * sizeof *words);
    uint8_t verdict;
    float seconds;
    struct chunk_reader reader;
    struct number number;
    if (words && store_numbers(scratch, &question->id, 0, &chunk, words) == STORE_OK &&
        store_verdicts(scratch, &question->id, 0, &verdict, &seconds) == STORE_OK) {
        chunk_read(&reader, &chunk);
        chunk_next(&reader, &number);
        reply_number(request, &number, (enum verdict)verdict, seconds);
    } else {
        reply_unavailable(request);
    }
    free(words);
}

/* The digits of the argument without sign and leading zeros. */
static const char *significant_digits(const char *argument)
{
    argument += *argument == '-';
    argument += strspn(argument, "0");
    return argument;
}

/* Is the argument an integer of a length we take? False after replying that it is not. */
static bool check_argument(struct request *request)
{
    const char *argument = request->argument;
    const char *digits = argument + (*argument == '-');
    uint64_t max_digits = request->http->options.config->max_digits;
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0') {
        problem_reply(request, PROBLEM_NOT_AN_INTEGER, "%.80s is not an integer", argument);
        return false;
    }
    if (strlen(significant_digits(argument)) > max_digits) {
        problem_reply(request, PROBLEM_TOO_MANY_DIGITS, "the limit is %llu digits",
                      (unsigned long long)max_digits);
        return false;
    }
    return true;
}

/* Test the number here, if that takes next to no time, or have it tested. */
static void answer(struct request *request, const struct number *number)
{
    uint8_t verdict = VERDICT_COMPOSITE;
    float seconds = 0;
    if (number->negative) {
        reply_number(request, number, VERDICT_COMPOSITE, 0);
    } else if (number->limb_count <= 1) {
        uint64_t value = number->limb_count ? number->limbs[0] : 0;
        primality_test_u64(&value, 1, &verdict, &seconds);
        reply_number(request, number, (enum verdict)verdict, seconds);
    } else if (ask(request, number)) {
        await_answer(request);
    }
}

void numbers_get(struct request *request)
{
    if (request->state) {
        await_answer(request);
        return;
    }
    if (!check_argument(request))
        return;
    const char *significant = significant_digits(request->argument);
    size_t count = strlen(significant);
    char *digits = strdup(significant);
    uint64_t *limbs = malloc((decimal_limbs(count) + 1) * sizeof *limbs);
    if (digits && limbs) {
        size_t limb_count = decimal_parse(limbs, digits, count);
        bool negative = *request->argument == '-' && limb_count > 0;
        answer(request, &(struct number){limbs, limb_count, negative});
    } else {
        reply_unavailable(request);
    }
    free(digits);
    free(limbs);
}
