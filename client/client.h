/*
 * client - what the commands share: the command line, the terminal, the line of progress, the
 * service. One function a command.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/cli.h"
#include "client/http.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/terminal.h"

struct input;

enum { BATCH_ID_SIZE = 37 };

/* A batch document, as far as people look at it. */
struct batch {
    char id[BATCH_ID_SIZE]; /* "": none yet */
    char status[16];
    bool ended;
    uint64_t total, pending, prime, composite, failed, canceled;
    double eta_s; /* negative: not known */
    double elapsed_s;
};

struct client {
    const struct cli *cli;
    struct terminal terminal;
    struct progress progress;
    struct http *http;         /* NULL: the command asks no service */
    const char *waits_for;     /* what the spinner says */
    const struct input *input; /* what is being sent, NULL: nothing */
    struct batch batch;        /* the one that is followed */
    int signal;                /* that is to end the program; 0: none */
};

/* Each runs a command to its end and returns the exit status. */
typedef int client_command(struct client *client);
client_command ask_run, submit_run, wait_run, get_run, ls_run, cancel_run, rm_run, top_run,
    pool_run, models_run;

/* Is this option given, or has it a default? */
static inline const char *client_option(const struct client *client, enum cli_option option)
{
    return client->cli->value[option];
}

/* How to print: --format, --json, or what suits standard output. */
enum output_format client_format(const struct client *client);

/*
 * For commands that leave nothing behind but perhaps a hidden cursor: where there will be progress,
 * wait for signals from now on. 0, or -1 if that cannot be.
 */
int client_guard(struct client *client);

/* Redraw the progress; what http.h calls while it waits. `context` is a struct client. */
void client_tick(void *context);

/*
 * After a call that failed: say why, below the progress, and return the exit status. Where a signal
 * ended it, that is noted in client->signal, and nothing said.
 */
int client_failed(struct client *client, const struct http_answer *answer, const char *what);

/* The same after an answer of success that is no document of the contract. */
int client_puzzled(struct client *client);

#endif
