/* manage - listing batches, canceling and forgetting them. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/batch.h"
#include "client/figures.h"

enum { SCREENFUL = 20, PAGE_MAX = 1000 };

/* --- ls --------------------------------------------------------------------------------------- */

static void print_batch(const struct client *client, const struct batch *batch)
{
    char total[FIGURE_SIZE], prime[FIGURE_SIZE];
    double done = batch->total ? 1 - (double)batch->pending / (double)batch->total : 1;
    bool colour = client->terminal.out_colour;
    enum colour shade = strcmp(batch->status, "completed") == 0  ? COLOUR_GREEN
                        : strcmp(batch->status, "canceled") == 0 ? COLOUR_DIM
                                                                 : COLOUR_YELLOW;
    printf("%s  %s%-9s%s  %4.0f%%  %12s  %11s\n", batch->id, terminal_colour(colour, shade),
           batch->status, terminal_colour(colour, COLOUR_NONE), 100 * done,
           figure_count(total, batch->total), figure_count(prime, batch->prime));
}

static void print_document(const struct client *client, const json_t *document, uint64_t printed)
{
    char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(9));
    enum output_format format = client_format(client);
    struct batch batch;
    if (format == OUTPUT_JSON)
        printf("%s%s", printed ? ",\n " : "", text ? text : "");
    else if (format == OUTPUT_NDJSON)
        puts(text ? text : "");
    else if (text && batch_parse(text, strlen(text), &batch))
        print_batch(client, &batch);
    free(text);
}

/* A walk over the list of batches. */
struct listing {
    char path[512]; /* of the next page, "" at the end */
    char last[BATCH_ID_SIZE];
    uint64_t printed;
    uint64_t limit; /* 0: none */
};

/* Fetch and print a page. */
static int list_page(struct client *client, struct listing *listing)
{
    struct http_call call = {.method = "GET", .path = listing->path, .quick = true};
    struct http_answer answer;
    http_perform(client->http, &call, &answer);
    progress_clear(&client->progress);
    if (answer.result != HTTP_OK) {
        int status = client_failed(client, &answer, "the batches");
        http_free_answer(&answer);
        return status;
    }
    json_t *page = json_loadb(answer.body.data, answer.body.length, 0, NULL);
    if (!json_is_array(json_object_get(page, "batches"))) {
        json_decref(page);
        http_free_answer(&answer);
        return client_puzzled(client);
    }
    const char *next = json_string_value(json_object_get(page, "next"));
    const json_t *batch;
    size_t i;
    json_array_foreach(json_object_get(page, "batches"), i, batch)
    {
        const char *id = json_string_value(json_object_get(batch, "id"));
        if (listing->limit && listing->printed == listing->limit)
            break;
        print_document(client, batch, listing->printed++);
        snprintf(listing->last, sizeof listing->last, "%s", id ? id : "");
    }
    bool more = next || i < json_array_size(json_object_get(page, "batches"));
    snprintf(listing->path, sizeof listing->path, "%s", next ? next : "");
    if (!more)
        *listing->last = '\0';
    json_decref(page);
    http_free_answer(&answer);
    return 0;
}

int ls_run(struct client *client)
{
    const char *status_wanted = client_option(client, OPTION_STATUS);
    const char *after = client_option(client, OPTION_AFTER);
    bool table = client_format(client) == OUTPUT_TABLE;
    uint64_t limit = (uint64_t)cli_number(client->cli, OPTION_LIMIT);
    char after_id[BATCH_ID_SIZE];
    if (client_format(client) == OUTPUT_CSV) {
        fprintf(stderr, "prime ls: there is no csv of batches; table, json and ndjson there are\n");
        return EXIT_USAGE;
    }
    if (after && !batch_read_id(after, after_id))
        return EXIT_USAGE;
    if (limit == 0 && client->terminal.out)
        limit = SCREENFUL;

    client->waits_for = "asking for the batches";
    if (client_guard(client) < 0)
        return EXIT_SYSTEM;
    struct listing listing = {.limit = limit};
    size_t size = sizeof listing.path;
    int length = snprintf(listing.path, size, "/v1/batches?limit=%llu",
                          (unsigned long long)(limit > 0 && limit < PAGE_MAX ? limit : PAGE_MAX));
    if (status_wanted)
        length +=
            snprintf(listing.path + length, size - (size_t)length, "&status=%s", status_wanted);
    if (after)
        snprintf(listing.path + length, size - (size_t)length, "&after=%s", after_id);
    if (table)
        printf("%-36s  %-9s  %5s  %12s  %11s\n", "batch", "status", "done", "numbers", "primes");
    else if (client_format(client) == OUTPUT_JSON)
        putchar('[');
    int status = 0;
    while (*listing.path && status == 0 && !client->signal &&
           (limit == 0 || listing.printed < limit))
        status = list_page(client, &listing);
    if (client_format(client) == OUTPUT_JSON)
        puts("]");
    if (table && client->terminal.out && *listing.last)
        printf("There are more: prime ls --after %s\n", listing.last);
    return status;
}

/* --- cancel, rm ------------------------------------------------------------------------------- */

/* One call about one batch, and a word about it. */
static int call_for(struct client *client, const char *argument, const char *method,
                    const char *format)
{
    char id[BATCH_ID_SIZE], path[64 + BATCH_ID_SIZE];
    if (!batch_read_id(argument, id))
        return EXIT_USAGE;
    snprintf(path, sizeof path, format, id);
    struct http_call call = {.method = method, .path = path, .quick = true};
    struct http_answer answer;
    struct batch batch;
    http_perform(client->http, &call, &answer);
    progress_clear(&client->progress);
    bool forgets = strcmp(method, "DELETE") == 0;
    bool forgotten =
        forgets && answer.result == HTTP_REFUSED && answer.status == 410 && answer.tries > 1;
    int status = 0;
    if (answer.result != HTTP_OK && !forgotten) /* 410: an earlier try has reached it */
        status = client_failed(client, &answer, id);
    else if (forgets && client_format(client) == OUTPUT_TABLE)
        printf("%s: forgotten\n", id);
    else if (forgets)
        printf("{\"id\":\"%s\",\"status\":\"forgotten\"}\n", id);
    else if (!batch_parse(answer.body.data, answer.body.length, &batch))
        status = client_puzzled(client);
    else if (client_format(client) != OUTPUT_TABLE)
        puts(answer.body.data);
    else
        printf("%s: %s\n", id, batch.status);
    http_free_answer(&answer);
    return status;
}

static int call_for_all(struct client *client, const char *method, const char *format)
{
    int worst = 0;
    client->waits_for = "waiting for an answer";
    if (client_guard(client) < 0)
        return EXIT_SYSTEM;
    for (int i = 0; i < client->cli->argument_count && !client->signal; i++) {
        int status = call_for(client, client->cli->arguments[i], method, format);
        worst = status > worst ? status : worst;
        if (status == EXIT_UNREACHABLE)
            break;
    }
    return worst;
}

int cancel_run(struct client *client)
{
    return call_for_all(client, "POST", "/v1/batches/%s/cancel");
}

int rm_run(struct client *client)
{
    return call_for_all(client, "DELETE", "/v1/batches/%s");
}
