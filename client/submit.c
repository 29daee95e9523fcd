/* submit - a file of numbers into a batch, as it is read; and waiting for the end of one. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "client/batch.h"
#include "client/input.h"
#include "client/problem.h"

/*
 * The body of the request, made as it is sent: a document around the numbers of the input, or the
 * input itself where that is such a document.
 */
struct body {
    struct client *client;
    struct input input;
    enum { BODY_BEGINNING, BODY_AS_IT_IS, BODY_NUMBERS, BODY_END } state;
    struct text made; /* bytes made; the first `sent` of them are sent */
    size_t sent;
};

/* --- the body --------------------------------------------------------------------------------- */

static const enum cli_option head_options[] = {OPTION_PRIORITY, OPTION_TTL, OPTION_METADATA};
enum { HEAD_OPTIONS = sizeof head_options / sizeof *head_options };

/* What comes before the numbers. False if the options do not suit the input, which is said. */
static bool begin(struct body *body)
{
    const struct client *client = body->client;
    bool as_it_is = body->input.format == INPUT_JSON;
    body->state = as_it_is ? BODY_AS_IT_IS : BODY_NUMBERS;
    if (!as_it_is)
        text_add_string(&body->made, "{");
    for (int i = 0; i < HEAD_OPTIONS; i++) {
        const char *value = client_option(client, head_options[i]);
        const char *name = cli_options[head_options[i]].name;
        if (value && as_it_is) {
            snprintf(body->input.error, sizeof body->input.error,
                     "%s is JSON and sent as it is: write \"%s\" into it, --%s cannot",
                     body->input.name, name, name);
            return false;
        }
        if (value)
            text_printf(&body->made, "\"%s\":%s,", name, value);
    }
    if (!as_it_is)
        text_add_string(&body->made, "\"numbers\":[");
    return true;
}

/* Make bytes of the next number; what input_next() said. */
static enum input_result make_number(struct body *body)
{
    const char *digits;
    size_t length;
    bool first = body->input.count == 0;
    enum input_result result = input_next(&body->input, &digits, &length);
    if (result == INPUT_NUMBER) {
        text_add(&body->made, ",", !first);
        text_add(&body->made, digits, length);
    } else if (result == INPUT_END) {
        text_add_string(&body->made, "]}");
        body->state = BODY_END;
    }
    return result;
}

static long send_as_it_is(struct body *body, char *out, size_t size)
{
    size_t length;
    switch (lines_read(&body->input.lines, out, size, &length)) {
    case LINES_GOT:
        return (long)length;
    case LINES_END:
        return 0;
    case LINES_LATER:
        return HTTP_SOURCE_LATER;
    case LINES_FAILED:
        break;
    }
    snprintf(body->input.error, sizeof body->input.error, "%s cannot be read", body->input.name);
    return HTTP_SOURCE_FAILED;
}

static long send_body(void *context, char *out, size_t size)
{
    struct body *body = context;
    enum input_result result = INPUT_NUMBER;
    if (body->state == BODY_BEGINNING) {
        result = input_find_format(&body->input);
        if (result == INPUT_NUMBER && !begin(body))
            result = INPUT_WRONG;
    }
    if (body->state == BODY_AS_IT_IS && result == INPUT_NUMBER)
        return send_as_it_is(body, out, size);
    while (result == INPUT_NUMBER && body->state == BODY_NUMBERS &&
           body->made.length - body->sent < size)
        result = make_number(body);
    if (result == INPUT_WRONG || body->made.failed)
        return HTTP_SOURCE_FAILED;

    size_t length = body->made.length - body->sent;
    if (length == 0)
        return result == INPUT_LATER ? HTTP_SOURCE_LATER : 0;
    length = length < size ? length : size;
    memcpy(out, body->made.data + body->sent, length);
    body->sent += length;
    if (body->sent == body->made.length)
        body->made.length = body->sent = 0;
    return (long)length;
}

static bool rewind_body(void *context)
{
    struct body *body = context;
    body->state = BODY_BEGINNING;
    body->made.length = body->sent = 0;
    return input_rewind(&body->input);
}

/* Where the service's number `index` stands in the input. */
static void place_in_input(void *context, uint64_t index, char out[PROBLEM_PLACE_SIZE])
{
    const struct body *body = context;
    if (body->input.format == INPUT_JSON)
        snprintf(out, PROBLEM_PLACE_SIZE, "number %llu of %s", (unsigned long long)index + 1,
                 body->input.name);
    else
        input_place(&body->input, index, out, PROBLEM_PLACE_SIZE);
}

/* --- handing it in ---------------------------------------------------------------------------- */

static int explain(struct body *body, const struct http_answer *answer)
{
    struct client *client = body->client;
    progress_clear(&client->progress);
    if (answer->result == HTTP_INTERRUPTED) {
        client->signal = answer->signal;
        fprintf(stderr, "Nothing was handed in.\n");
        return 0;
    }
    if (answer->result == HTTP_SOURCE_BROKEN && *body->input.error) {
        fprintf(stderr, "prime: %s\n", body->input.error);
        return EXIT_USAGE;
    }
    return problem_report(client->http, answer, body->input.name, place_in_input, body);
}

/* Send the input; then client->batch has an id. 0, or the exit status when that fails. */
static int hand_in(struct body *body)
{
    struct client *client = body->client;
    struct http_source source = {.read = send_body,
                                 .rewind = rewind_body,
                                 .context = body,
                                 .descriptor = body->input.lines.descriptor};
    struct http_call call = {.method = "POST",
                             .path = "/v1/batches",
                             .type = "application/json",
                             .source = &source,
                             .keyed = true};
    struct http_answer answer;
    client->input = &body->input;
    http_perform(client->http, &call, &answer);
    client->input = NULL;
    progress_clear(&client->progress);
    int status = 0;
    if (answer.result != HTTP_OK) {
        status = explain(body, &answer);
    } else if (!batch_parse(answer.body.data, answer.body.length, &client->batch)) {
        status = client_puzzled(client);
    }
    http_free_answer(&answer);
    return status;
}

static bool is_object(const char *text)
{
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool right = json_is_object(document);
    json_decref(document);
    return right;
}

/* Follow the batch to its end and say what became of it. */
static int wait_for_end(struct client *client, bool ours)
{
    int status = batch_follow(client);
    if (client->signal && ours)
        batch_cancel_for_signal(client);
    if (status != 0 || client->signal)
        return status;
    bool says = client->terminal.out || !ours || client_option(client, OPTION_JSON);
    if (says)
        batch_summarize(client);
    return batch_status(&client->batch);
}

int submit_run(struct client *client)
{
    struct body body = {.client = client};
    const char *metadata = client_option(client, OPTION_METADATA);
    bool waits = client_option(client, OPTION_WAIT) ||
                 (client->terminal.out && !client_option(client, OPTION_DETACH));
    int status = EXIT_USAGE;
    if (metadata && !is_object(metadata))
        fprintf(stderr, "prime submit: --metadata '%s' is not a JSON object\n", metadata);
    else if (input_open(&body.input, client->cli->arguments[0], client_option(client, OPTION_FROM),
                        client_option(client, OPTION_COLUMN)) < 0)
        fprintf(stderr, "prime: %s\n", body.input.error);
    else if (terminal_catch_signals(&client->terminal) < 0)
        status = EXIT_SYSTEM;
    else
        status = hand_in(&body);
    text_destroy(&body.made);
    input_close(&body.input);
    if (status != 0 || client->signal)
        return status;

    bool json = client_option(client, OPTION_JSON);
    if (!json)
        puts(client->batch.id);
    else if (!waits)
        batch_summarize(client);
    fflush(stdout);
    return waits ? wait_for_end(client, true) : EXIT_ANSWERED;
}

int wait_run(struct client *client)
{
    if (!batch_read_id(client->cli->arguments[0], client->batch.id))
        return EXIT_USAGE;
    if (terminal_catch_signals(&client->terminal) < 0)
        return EXIT_SYSTEM;
    return wait_for_end(client, false);
}
