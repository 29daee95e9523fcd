/* get - the verdicts of a batch, streamed to standard output. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/batch.h"

struct printer {
    struct client *client;
    struct output output;
    uint64_t lines;
    int error; /* why standard output takes no more; 0: it does */
};

/* A line of a document for programs, as the service wrote it. */
static bool print_line(void *context, const char *line, size_t length)
{
    struct printer *printer = context;
    progress_clear(&printer->client->progress);
    if (printer->output.format == OUTPUT_JSON && printer->lines > 0)
        fputs(",\n ", stdout);
    printer->lines++;
    fwrite(line, 1, length, stdout);
    if (printer->output.format != OUTPUT_JSON)
        putchar('\n');
    printer->error = ferror(stdout) ? errno : 0;
    return printer->error == 0;
}

/* A row of the table. */
static bool print_row(void *context, const char *line, size_t length)
{
    struct printer *printer = context;
    struct outcome outcome;
    json_t *document;
    progress_clear(&printer->client->progress);
    if (output_parse(line, length, &outcome, &document)) {
        output_make_room(&printer->output, outcome.n);
        output_add(&printer->output, &outcome);
    }
    json_decref(document);
    printer->error = ferror(stdout) ? errno : 0;
    return printer->error == 0;
}

int get_run(struct client *client)
{
    char id[BATCH_ID_SIZE];
    if (!batch_read_id(client->cli->arguments[0], id))
        return EXIT_USAGE;
    struct printer printer = {.client = client};
    enum output_format format = client_format(client);
    struct batch_query query = {
        .format = format == OUTPUT_CSV ? "csv" : "ndjson",
        .only = client_option(client, OPTION_ONLY),
        .after = client_option(client, OPTION_AFTER),
        .limit = (uint64_t)cli_number(client->cli, OPTION_LIMIT),
    };
    if (query.after && strspn(query.after, "0123456789") != strlen(query.after)) {
        fprintf(stderr, "prime get: --after '%s' is not an index\n", query.after);
        return EXIT_USAGE;
    }
    printer.output =
        (struct output){.format = format, .terminal = &client->terminal, .width = OUTPUT_WIDTH_MIN};
    client->waits_for = "waiting for verdicts";
    if (client_guard(client) < 0)
        return EXIT_SYSTEM;
    if (format == OUTPUT_JSON)
        putchar('[');
    int status = batch_results(client, id, &query, format == OUTPUT_TABLE ? print_row : print_line,
                               &printer);
    if (format == OUTPUT_JSON)
        puts("]");
    if (printer.error == EPIPE) { /* as with head: nobody is to be told */
        client->signal = SIGPIPE;
        return EXIT_SYSTEM;
    }
    if (printer.error) {
        fprintf(stderr, "prime: standard output: %s\n", strerror(printer.error));
        return EXIT_SYSTEM;
    }
    return status;
}
