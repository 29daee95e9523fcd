/* batch - documents, and following a batch by its events. See batch.h. */
#include "client/batch.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "client/figures.h"
#include "common/clock.h"

enum { RETURN_MS = 200 };

/* --- documents -------------------------------------------------------------------------------- */

bool batch_read_id(const char *argument, char id[BATCH_ID_SIZE])
{
    const char *slash = strrchr(argument, '/');
    const char *text = slash ? slash + 1 : argument;
    if (strlen(text) != BATCH_ID_SIZE - 1 ||
        strspn(text, "0123456789abcdef-") != BATCH_ID_SIZE - 1) {
        fprintf(stderr, "prime: '%.64s' is not the id of a batch; 'prime ls' lists them\n",
                argument);
        return false;
    }
    strcpy(id, text);
    return true;
}

static uint64_t count_of(const json_t *counts, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(counts, name));
}

/* Are there only those characters in the text? What is read here goes to the terminal. */
static bool has_only(const char *text, const char *characters)
{
    return text && text[strspn(text, characters)] == '\0';
}

bool batch_parse(const char *text, size_t length, struct batch *batch)
{
    json_t *document = json_loadb(text, length, 0, NULL);
    const char *id = json_string_value(json_object_get(document, "id"));
    const char *status = json_string_value(json_object_get(document, "status"));
    const json_t *counts = json_object_get(document, "counts");
    const json_t *eta = json_object_get(document, "eta_seconds");
    bool right = has_only(id, "0123456789abcdef-") &&
                 has_only(status, "abcdefghijklmnopqrstuvwxyz") && json_is_object(counts);
    if (right) {
        snprintf(batch->id, sizeof batch->id, "%s", id);
        snprintf(batch->status, sizeof batch->status, "%s", status);
        batch->ended = strcmp(status, "completed") == 0 || strcmp(status, "canceled") == 0;
        batch->total = count_of(counts, "total");
        batch->pending = count_of(counts, "pending");
        batch->prime = count_of(counts, "prime");
        batch->composite = count_of(counts, "composite");
        batch->failed = count_of(counts, "failed");
        batch->canceled = count_of(counts, "canceled");
        batch->eta_s = json_is_number(eta) ? json_number_value(eta) : -1;
        batch->elapsed_s = json_number_value(json_object_get(document, "elapsed_seconds"));
    }
    json_decref(document);
    return right;
}

int batch_status(const struct batch *batch)
{
    if (batch->failed > 0 || batch->canceled > 0)
        return EXIT_UNANSWERED;
    return batch->prime > 0 ? EXIT_ANSWERED : EXIT_NONE_PRIME;
}

void batch_summarize(const struct client *client)
{
    const struct batch *batch = &client->batch;
    char a[FIGURE_SIZE], b[FIGURE_SIZE], c[FIGURE_SIZE];
    if (client_format(client) != OUTPUT_TABLE) {
        printf("{\"id\":\"%s\",\"status\":\"%s\",\"total\":%llu,\"prime\":%llu,\"composite\":%llu,"
               "\"failed\":%llu,\"canceled\":%llu,\"elapsed_seconds\":%.9g}\n",
               batch->id, batch->status, (unsigned long long)batch->total,
               (unsigned long long)batch->prime, (unsigned long long)batch->composite,
               (unsigned long long)batch->failed, (unsigned long long)batch->canceled,
               batch->elapsed_s);
        return;
    }
    printf("%s%s%s: %s of %s numbers %s prime, in %s",
           terminal_colour(client->terminal.out_colour, COLOUR_BOLD), batch->status,
           terminal_colour(client->terminal.out_colour, COLOUR_NONE), figure_count(a, batch->prime),
           figure_count(b, batch->total), batch->prime == 1 ? "is" : "are",
           figure_seconds(c, batch->elapsed_s));
    if (batch->failed > 0)
        printf(", %s failed", figure_count(a, batch->failed));
    if (batch->canceled > 0)
        printf(", %s canceled", figure_count(a, batch->canceled));
    printf("\nprime get %s --only prime\n", batch->id);
}

/* --- following -------------------------------------------------------------------------------- */

/* The stream of events, a line at a time. */
struct follower {
    struct client *client;
    struct text line;
    bool is_end; /* the event being read is the last */
};

/* A line of the stream; false after the end. */
static bool take_event_line(struct follower *follower, const char *line, size_t length)
{
    static const char event[] = "event: ", data[] = "data: ";
    if (length > strlen(event) && memcmp(line, event, strlen(event)) == 0) {
        follower->is_end = strncmp(line + strlen(event), "end", 3) == 0;
    } else if (length > strlen(data) && memcmp(line, data, strlen(data)) == 0) {
        batch_parse(line + strlen(data), length - strlen(data), &follower->client->batch);
        return !follower->is_end;
    }
    return true;
}

/* Hand on whole lines, keep the rest. */
static bool take_events(void *context, const char *bytes, size_t size)
{
    struct follower *follower = context;
    struct text *line = &follower->line;
    for (const char *end; (end = memchr(bytes, '\n', size)) != NULL;) {
        size_t length = (size_t)(end - bytes);
        text_add(line, bytes, length);
        bytes += length + 1;
        size -= length + 1;
        bool more =
            line->failed || take_event_line(follower, line->data ? line->data : "", line->length);
        line->length = 0;
        if (!more)
            return false;
    }
    return text_add(line, bytes, size);
}

int batch_follow(struct client *client)
{
    int status = 0;
    char path[64 + BATCH_ID_SIZE];
    struct follower follower = {.client = client};
    snprintf(path, sizeof path, "/v1/batches/%s/events", client->batch.id);
    while (!client->batch.ended && status == 0) {
        struct http_call call = {.method = "GET",
                                 .path = path,
                                 .lively = true,
                                 .sink = take_events,
                                 .context = &follower};
        struct http_answer answer;
        follower.line.length = 0;
        follower.is_end = false;
        http_perform(client->http, &call, &answer);
        if (client->batch.ended) /* whatever ended the stream */
            ;
        else if (answer.result == HTTP_OK || answer.result == HTTP_BROKEN)
            client->signal = http_pause(client->http, RETURN_MS * NS_PER_MS);
        else
            status = client_failed(client, &answer, client->batch.id);
        http_free_answer(&answer);
        if (client->signal)
            break;
    }
    text_destroy(&follower.line);
    progress_clear(&client->progress);
    return status;
}

void batch_cancel_for_signal(struct client *client)
{
    char path[64 + BATCH_ID_SIZE];
    if (!*client->batch.id || client->batch.ended)
        return;
    snprintf(path, sizeof path, "/v1/batches/%s/cancel", client->batch.id);
    progress_clear(&client->progress);
    client->waits_for = "canceling the batch";
    client->batch.total = 0; /* the bar has had its time */
    struct http_call call = {.method = "POST", .path = path, .quick = true};
    struct http_answer answer;
    http_perform(client->http, &call, &answer);
    progress_clear(&client->progress);
    if (answer.result == HTTP_OK)
        fprintf(stderr, "Canceled batch %s; what was done is kept.\n", client->batch.id);
    else
        fprintf(stderr, "prime: batch %s could not be canceled and goes on\n", client->batch.id);
    http_free_answer(&answer);
}
