/* manual - help and roff out of the table. See manual.h. */
#include "client/manual.h"

#include <stdio.h>
#include <string.h>

#include "client/completion.h"
#include "common/roff.h"

/* --- help ------------------------------------------------------------------------------------- */

static void show_options(enum cli_command command, bool common)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &cli_options[i];
        if (!cli_is_on(row, command) || cli_is_common(row) != common)
            continue;
        char flag[64];
        char letter[8] = "    ";
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(flag, sizeof flag, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        printf("  %-25s %s", flag, row->help);
        printf(row->standard ? " [%s]\n" : "\n", row->standard);
        if (row->choices)
            printf("  %-25s (%s)\n", "", row->choices);
    }
}

/* Text of several lines, each behind that margin. */
static void show_lines(const char *text, const char *margin)
{
    for (const char *line = text; *line;) {
        int length = (int)strcspn(line, "\n");
        printf("%s%.*s\n", length ? margin : "", length, line);
        line += length + (line[length] == '\n');
    }
}

static void show_program(void)
{
    printf("Usage: prime NUMBER...              is it prime?\n"
           "       prime COMMAND [OPTION]...    batches, and more\n"
           "\n"
           "Commands; 'prime COMMAND --help' says more of each:\n");
    for (int i = COMMAND_ASK + 1; i < COMMANDS; i++) {
        char form[64];
        snprintf(form, sizeof form, "%s %s", cli_commands[i].name, cli_commands[i].arguments);
        printf("  %-18s %s\n", form, cli_commands[i].summary);
    }
    printf("\nOptions:\n");
    show_options(COMMAND_ASK, false);
    show_options(COMMAND_ASK, true);
    printf("\nExamples:\n");
    show_lines(cli_commands[COMMAND_ASK].examples, "  ");
    printf("  seq 1 1000000 | prime submit -\n"
           "\n"
           "Exit status: 0 answered, 1 none is prime, 2 wrong usage, 3 no service,\n"
           "4 refused, 5 some without a verdict, 6 this machine fails; see prime(1).\n");
}

void manual_help(enum cli_command command)
{
    const struct command_row *row = &cli_commands[command];
    if (!row->name) {
        show_program();
        return;
    }
    printf("Usage: prime %s%s%s [OPTION]...\n\n", row->name, *row->arguments ? " " : "",
           row->arguments);
    printf("prime %s: %s.\n\n", row->name, row->summary);
    show_lines(row->about, "");
    printf("\nOptions:\n");
    show_options(command, false);
    show_options(command, true);
    printf("\nExamples:\n");
    show_lines(row->examples, "  ");
}

/* --- the manual page -------------------------------------------------------------------------- */

static void write_roff_option(const struct option_row *row)
{
    roff_write_option(row->letter, row->name, row->argument);
    roff_write_string(row->help);
    if (row->choices) {
        printf(": ");
        roff_write_string(row->choices);
    }
    if (row->standard) {
        printf(" [");
        roff_write_string(row->standard);
        putchar(']');
    }
    printf(".\n");
    if (row->variable)
        printf("The variable \\fB%s\\fR does the same.\n", row->variable);
}

static void write_roff_command(enum cli_command command)
{
    const struct command_row *row = &cli_commands[command];
    printf(".SS ");
    if (row->name)
        printf("prime %s ", row->name);
    else
        printf("prime ");
    roff_write_string(row->arguments);
    putchar('\n');
    roff_write_paragraphs(row->about);
    for (int i = 0; i < OPTIONS; i++)
        if (cli_is_on(&cli_options[i], command) && !cli_is_common(&cli_options[i]))
            write_roff_option(&cli_options[i]);
    printf(".PP\n.nf\n");
    roff_write_string(row->examples);
    printf("\n.fi\n");
}

static void write_man(void)
{
    printf(
        ".TH PRIME 1 \"\" \"primed %s\" \"User Commands\"\n"
        ".SH NAME\nprime \\- ask primed which numbers are prime\n"
        ".SH SYNOPSIS\n.B prime\n\\fINUMBER\\fR...\n.br\n"
        ".B prime\n\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n"
        ".SH DESCRIPTION\n"
        "The command line of \\fBprimed\\fR(8), the HTTP job queue for primality.\n"
        "It writes tables on a terminal and documents for programs on a pipe; colours appear on a\n"
        "terminal alone, and not where \\fBNO_COLOR\\fR is set.\n"
        ".SH COMMANDS\n",
        PRIMED_VERSION);
    for (int i = 0; i < COMMANDS; i++)
        write_roff_command((enum cli_command)i);
    printf(".SH OPTIONS OF ALL COMMANDS\n");
    for (int i = 0; i < OPTIONS; i++)
        if (cli_is_common(&cli_options[i]))
            write_roff_option(&cli_options[i]);
    printf(
        ".SH ENVIRONMENT\n.TP\n.B PRIMED_TOKEN\nThe bearer token to send, in place of the one "
        "in a\n"
        "file.\n.TP\n.B TRACEPARENT\nThe trace the command is a part of (W3C Trace Context); the "
        "service notes it.\n.TP\n.B NO_COLOR\nAsks for no colours, whatever its value.\n");
    printf(".SH EXIT STATUS\n");
    for (const char *line = cli_statuses; *line; line += strcspn(line, "\n") + 1) {
        printf(".TP\n.B %c\n", *line);
        roff_write(line + 2, strcspn(line + 2, "\n"));
        printf(".\n");
    }
    printf(".PP\nA signal that ends it does so after it has tidied up.\n"
           ".SH SEE ALSO\n.BR primed (8)\n");
}

void manual_generate(const char *what)
{
    if (strcmp(what, "man") == 0)
        write_man();
    else
        completion_generate(what);
}
