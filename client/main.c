/* main - reads the command line, opens what the command needs, runs it, tidies up. */
#include <locale.h>
#include <stdio.h>

#include "client/client.h"

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
