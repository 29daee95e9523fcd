/* client - what the commands share. See client.h. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>

#include "client/figures.h"
#include "client/input.h"
#include "client/problem.h"

enum output_format client_format(const struct client *client)
{
    static const char *const names[] = {"table", "json", "ndjson", "csv"};
    const char *format = client_option(client, OPTION_FORMAT);
    for (int i = OUTPUT_TABLE; format && i <= OUTPUT_CSV; i++)
        if (strcmp(format, names[i]) == 0)
            return (enum output_format)i;
    if (client_option(client, OPTION_JSON))
        return OUTPUT_NDJSON;
    return client->terminal.out ? OUTPUT_TABLE : OUTPUT_NDJSON;
}

int client_guard(struct client *client)
{
    return client->terminal.err ? terminal_catch_signals(&client->terminal) : 0;
}

void client_tick(void *context)
{
    struct client *client = context;
    struct progress *progress = &client->progress;
    const struct batch *batch = &client->batch;
    const char *trouble = client->http ? http_trouble(client->http) : NULL;
    char a[FIGURE_SIZE], b[FIGURE_SIZE];
    if (!client->terminal.err)
        return;
    if (trouble)
        progress_say(progress, "trying again: %s", trouble);
    else if (client->input)
        progress_say(progress, "sending %s: %s numbers, %s", client->input->name,
                     figure_count(a, client->input->count),
                     figure_bytes(b, (double)client->input->lines.received));
    else if (batch->total > batch->pending)
        progress_count(progress, batch->total - batch->pending, batch->total, batch->prime,
                       batch->eta_s);
    else
        progress_say(progress, "%s", client->waits_for);
    progress_tick(progress);
}

int client_failed(struct client *client, const struct http_answer *answer, const char *what)
{
    progress_clear(&client->progress);
    if (answer->result == HTTP_INTERRUPTED) {
        client->signal = answer->signal;
        return 0;
    }
    return problem_report(client->http, answer, what, NULL, NULL);
}

int client_puzzled(struct client *client)
{
    progress_clear(&client->progress);
    fprintf(stderr, "prime: %s answers, but not like primed\n", http_url(client->http));
    return EXIT_REFUSED;
}
