/* main - reads the command line, opens what the command needs, runs it, tidies up. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "client/client.h"
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
        progress_say(progress, "%s: %s; trying again", http_url(client->http), trouble);
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

static client_command *const commands[COMMANDS] = {
    [COMMAND_ASK] = ask_run,       [COMMAND_SUBMIT] = submit_run, [COMMAND_WAIT] = wait_run,
    [COMMAND_GET] = get_run,       [COMMAND_LS] = ls_run,         [COMMAND_CANCEL] = cancel_run,
    [COMMAND_RM] = rm_run,         [COMMAND_TOP] = top_run,       [COMMAND_POOL] = pool_run,
    [COMMAND_MODELS] = models_run,
};

/* The service is asked by every command that can be told where it is. */
static bool open_service(struct client *client)
{
    if (!client_option(client, OPTION_URL) || client_option(client, OPTION_OFFLINE))
        return true;
    struct http_options options = {
        .url = client_option(client, OPTION_URL),
        .token_file = client_option(client, OPTION_TOKEN_FILE),
        .cacert = client_option(client, OPTION_CACERT),
        .timeout_s =
            client->cli->command == COMMAND_TOP ? 0 : cli_number(client->cli, OPTION_TIMEOUT),
        .terminal = &client->terminal,
        .tick = client_tick,
        .context = client,
    };
    client->http = http_open(&options);
    return client->http != NULL;
}

int main(int argc, char **argv)
{
    struct cli cli;
    setlocale(LC_CTYPE, "");
    switch (cli_read(&cli, argc, argv)) {
    case CLI_SHOWN:
        return EXIT_ANSWERED;
    case CLI_WRONG:
        return EXIT_USAGE;
    case CLI_RUN:
        break;
    }
    struct client client = {.cli = &cli, .waits_for = "waiting for the first verdict"};
    terminal_open(&client.terminal);
    progress_begin(&client.progress, &client.terminal);
    int status = EXIT_USAGE;
    if (open_service(&client))
        status = commands[cli.command](&client);
    progress_clear(&client.progress);
    http_close(client.http);
    terminal_close(&client.terminal);
    if (fflush(stdout) != 0 && status == EXIT_ANSWERED) {
        perror("prime: standard output");
        status = EXIT_SYSTEM;
    }
    return client.signal ? terminal_die(client.signal) : status;
}
