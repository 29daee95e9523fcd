/*
 * cli - what the command line can say.
 *
 * One table in cli_table.c names every command and every option. Reading and checking the command
 * line (cli.c), `--help`, the manual page and the completions of the shells (manual.c) all go by
 * it, so that none can say what another does not know.
 */
#ifndef CLIENT_CLI_H
#define CLIENT_CLI_H

#include <stdbool.h>
#include <stdint.h>

enum cli_command {
    COMMAND_ASK, /* without a name: numbers alone */
    COMMAND_SUBMIT,
    COMMAND_WAIT,
    COMMAND_GET,
    COMMAND_LS,
    COMMAND_CANCEL,
    COMMAND_RM,
    COMMAND_TOP,
    COMMAND_POOL,
    COMMAND_MODELS,
};
enum { COMMANDS = COMMAND_MODELS + 1 };

enum cli_option {
    OPTION_OFFLINE,
    OPTION_FORMAT,
    OPTION_JSON,
    OPTION_FROM,
    OPTION_COLUMN,
    OPTION_PRIORITY,
    OPTION_TTL,
    OPTION_METADATA,
    OPTION_WAIT,
    OPTION_DETACH,
    OPTION_ONLY,
    OPTION_AFTER,
    OPTION_LIMIT,
    OPTION_STATUS,
    OPTION_INTERVAL,
    OPTION_WORKERS,
    OPTION_URL,
    OPTION_TIMEOUT,
    OPTION_TOKEN_FILE,
    OPTION_CACERT,
    OPTION_GENERATE,
    OPTION_HELP,
    OPTION_VERSION,
};
enum { OPTIONS = OPTION_VERSION + 1 };

/* Exit statuses; the table of the manual page says the same. */
enum {
    EXIT_ANSWERED = 0,
    EXIT_NONE_PRIME = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3,
    EXIT_REFUSED = 4,
    EXIT_UNANSWERED = 5,
    EXIT_SYSTEM = 6,
};

struct command_row {
    const char *name;      /* NULL: COMMAND_ASK */
    const char *arguments; /* "FILE|-" */
    int arguments_min;
    int arguments_max;    /* -1: any number */
    const char *summary;  /* one line */
    const char *about;    /* paragraphs, parted by an empty line */
    const char *examples; /* a line each: the command, two blanks or more, what it does */
};

struct option_row {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: a flag */
    const char *choices;  /* "table|json": all the argument may be; NULL: see below */
    int64_t low, high;    /* where low < high: a whole number from low to high */
    const char *variable; /* of the environment, NULL: none */
    const char *standard; /* the default; NULL: none */
    const char *help;
    unsigned commands; /* bits, 1 << enum cli_command; 0: not shown to people */
};

extern const struct command_row cli_commands[COMMANDS];
extern const struct option_row cli_options[OPTIONS];

static inline bool cli_is_on(const struct option_row *row, enum cli_command command)
{
    return row->commands & 1u << command;
}

/* Is it an option of every command that asks the service? Told of once, behind the others. */
static inline bool cli_is_common(const struct option_row *row)
{
    return cli_is_on(row, COMMAND_ASK) && cli_is_on(row, COMMAND_RM);
}

/* A line for each exit status: "0", tab, what it means. */
extern const char cli_statuses[];

/* A command line that was read. The texts are those of argv and of the environment. */
struct cli {
    enum cli_command command;
    const char *value[OPTIONS]; /* NULL: not given, and no default; "" for a flag that was given */
    char **arguments;           /* those that are not options; argv's memory, rearranged */
    int argument_count;
};

enum cli_result {
    CLI_RUN,
    CLI_SHOWN, /* --help, --version: done */
    CLI_WRONG, /* said on standard error what, and what is right */
};

/* Read the command line and the environment. Rearranges argv. */
enum cli_result cli_read(struct cli *cli, int argc, char **argv);

/* The value of an option that is a whole number, checked by cli_read(); 0 if it has none. */
int64_t cli_number(const struct cli *cli, enum cli_option option);

/* Does text look like an integer or an expression, and not like a word? */
bool cli_is_number(const char *text);

/* Of `count` names, the nearest to a misspelt word, or NULL if none is near. Skips NULLs. */
const char *cli_nearest(const char *word, const char *const *names, int count);

#endif
