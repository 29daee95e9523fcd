/*
 * config_table - every option of primed: one row has all that is known of it.
 *
 * Reading the command line and the environment (config.c), `--help` and the manual page
 * (config_manual.c) and the completions of the shells (config_completion.c) all go by this table,
 * so that none can say what another does not know. A new option is a row in config_table.c, the
 * reader the row names, and a member of struct config.
 */
#ifndef SERVER_CONFIG_TABLE_H
#define SERVER_CONFIG_TABLE_H

#include "server/config.h"

/* Set an option from its text; NULL, or what the text should have been. */
typedef const char *config_reader(struct config *config, const char *text);

struct config_row {
    const char *name; /* the flag is --NAME, the variable PRIMED_NAME */
    /*
     * What the value is: in capitals for people (DIR and FILE tell a shell what to complete), or
     * all it may be, as "text|json". NULL: a flag without one, whose reader gets "yes".
     */
    const char *argument;
    const char *standard; /* the default, as text; "": the reader's to work out */
    config_reader *read;  /* NULL: it is done instead of serving, and has no variable */
    const char *help;     /* one line, no capital, no full stop; NULL: not shown to people */
    const char *manual;   /* what the manual page says behind it, in sentences, or "" */
};

/* The rows, in the order they are shown; one without a name ends them. */
extern const struct config_row config_table[];

enum { CONFIG_ROWS_MAX = 64, CONFIG_NAME_MAX = 32 };

/* The name of a row's variable: PRIMED_MAX_BODY for "max-body". */
void config_table_variable(const struct config_row *row, char out[CONFIG_NAME_MAX + 8]);

#endif
