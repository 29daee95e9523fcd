/* ask - numbers alone: is it prime? One is asked for alone, several as a batch. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/batch.h"
#include "client/expression.h"
#include "client/offline.h"

enum {
    ALONE_MAX = 2000, /* digits; a longer number may not fit a request line */
    KEPT_S = 60,      /* how long the service keeps the batch */
};

/* What is asked for. */
struct question {
    struct client *client;
    int count;
    char **texts;   /* as they were written; argv's */
    char **numbers; /* their digits */
    struct output output;
    int answered;
};

/* How the number was written, if otherwise than its digits. */
static const char *expression_of(const struct question *question, int i)
{
    return strcmp(question->texts[i], question->numbers[i]) == 0 ? NULL : question->texts[i];
}

static void answer(struct question *question, struct outcome *outcome)
{
    outcome->expression = expression_of(question, question->answered++);
    progress_clear(&question->client->progress);
    output_add(&question->output, outcome);
    fflush(stdout);
}

/* --- the three ways --------------------------------------------------------------------------- */

static int ask_offline(struct question *question)
{
    struct client *client = question->client;
    if (terminal_catch_signals(&client->terminal) < 0)
        return EXIT_SYSTEM;
    client->waits_for = "testing, without a service";
    while (question->answered < question->count) {
        struct outcome outcome;
        int status = offline_test(client, question->numbers[question->answered], &outcome);
        if (status != 0 || client->signal)
            return status;
        answer(question, &outcome);
    }
    if (client->terminal.err)
        fprintf(stderr, "Tested here, by this program's own core; no service was asked.\n");
    return 0;
}

static int ask_for_one(struct question *question)
{
    char path[64 + ALONE_MAX];
    snprintf(path, sizeof path, "/v1/numbers/%s", question->numbers[0]);
    struct http_call call = {.method = "GET", .path = path};
    struct http_answer reply;
    int status = 0;
    http_perform(question->client->http, &call, &reply);
    if (reply.result == HTTP_OK) {
        struct outcome outcome;
        json_t *document;
        if (output_parse(reply.body.data, reply.body.length, &outcome, &document))
            answer(question, &outcome);
        else
            status = client_puzzled(question->client);
        json_decref(document);
    } else {
        status = client_failed(question->client, &reply, question->texts[0]);
    }
    http_free_answer(&reply);
    return status;
}

static bool take_line(void *context, const char *line, size_t length)
{
    struct question *question = context;
    struct outcome outcome;
    json_t *document;
    if (question->answered < question->count && output_parse(line, length, &outcome, &document)) {
        answer(question, &outcome);
        json_decref(document);
    }
    return true;
}

/* The verdicts are a stream that follows the batch, so they show as they come. */
static int ask_for_many(struct question *question)
{
    struct client *client = question->client;
    struct text body = {.data = NULL};
    text_printf(&body, "{\"ttl\":%d,\"metadata\":{\"client\":\"prime\"},\"numbers\":[", KEPT_S);
    for (int i = 0; i < question->count; i++)
        text_printf(&body, "%s\"%s\"", i ? "," : "", question->numbers[i]);
    text_add(&body, "]}", 3);
    if (body.failed)
        return EXIT_SYSTEM;
    struct http_call call = {.method = "POST",
                             .path = "/v1/batches",
                             .type = "application/json",
                             .body = body.data,
                             .keyed = true};
    struct http_answer reply;
    http_perform(client->http, &call, &reply);
    text_destroy(&body);
    int status = 0;
    if (reply.result != HTTP_OK)
        status = client_failed(client, &reply, "these numbers");
    else if (batch_parse(reply.body.data, reply.body.length, &client->batch))
        status = batch_results(client, client->batch.id, &(struct batch_query){.format = "ndjson"},
                               take_line, question);
    else
        status = client_puzzled(client);
    http_free_answer(&reply);
    if (client->signal && question->answered < question->count) {
        client->batch.ended = false;
        batch_cancel_for_signal(client);
    }
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static bool evaluate(struct question *question)
{
    for (int i = 0; i < question->count; i++) {
        char error[EXPRESSION_ERROR_SIZE];
        const char *text = question->texts[i];
        question->numbers[i] = expression_evaluate(text, strlen(text), error);
        if (!question->numbers[i]) {
            fprintf(stderr, "prime: '%.80s' is not an integer: %s\n", text, error);
            return false;
        }
        output_make_room(&question->output, question->numbers[i]);
    }
    return true;
}

int ask_run(struct client *client)
{
    struct question question = {
        .client = client, .count = client->cli->argument_count, .texts = client->cli->arguments};
    question.numbers = calloc((size_t)question.count, sizeof *question.numbers);
    if (!question.numbers)
        return EXIT_SYSTEM;
    struct output *output = &question.output;
    int status = EXIT_USAGE;
    if (evaluate(&question)) {
        int width = output->width;
        output_begin(output, client_format(client), &client->terminal);
        output->width = output->width > width ? output->width : width;
        if (client_option(client, OPTION_OFFLINE))
            status = ask_offline(&question);
        else if (terminal_catch_signals(&client->terminal) < 0)
            status = EXIT_SYSTEM;
        else if (question.count == 1 && strlen(question.numbers[0]) <= ALONE_MAX)
            status = ask_for_one(&question);
        else
            status = ask_for_many(&question);
        output_end(output);
    }
    for (int i = 0; i < question.count; i++)
        free(question.numbers[i]);
    free(question.numbers);
    if (status == 0 && question.answered < question.count)
        return EXIT_UNANSWERED;
    return status == 0 ? output_status(output) : status;
}
