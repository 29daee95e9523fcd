/* config_completion - one writer a shell. See config_completion.h. */
#include "server/config_completion.h"

#include <string.h>

#include "common/shell.h"
#include "server/config_table.h"

static const char commands[] = "serve|health";

/* Has the row a value that is one of some words? */
static bool has_choices(const struct config_row *row)
{
    return row->argument && strchr(row->argument, '|');
}

static bool takes(const struct config_row *row, const char *argument)
{
    return row->argument && strcmp(row->argument, argument) == 0;
}

/* --- bash ------------------------------------------------------------------------------------- */

/* What follows an option that takes a value. */
static void write_bash_value(const struct config_row *row)
{
    printf("    --%s) ", row->name);
    if (has_choices(row)) {
        printf("mapfile -t COMPREPLY < <(compgen -W '");
        shell_write_choices(row->argument);
        printf("' -- \"$word\"); ");
    } else if (takes(row, "DIR") || takes(row, "FILE")) {
        printf("mapfile -t COMPREPLY < <(compgen -%c -- \"$word\"); ",
               takes(row, "DIR") ? 'd' : 'f');
    }
    printf("return ;;\n");
}

static void write_bash(void)
{
    printf("# bash completion for primed\n"
           "_primed() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]}\n"
           "    case ${COMP_WORDS[COMP_CWORD - 1]} in\n");
    for (const struct config_row *row = config_table; row->name; row++)
        if (row->help && row->argument)
            write_bash_value(row);
    printf("    esac\n    mapfile -t COMPREPLY < <(compgen -W '");
    shell_write_choices(commands);
    for (const struct config_row *row = config_table; row->name; row++)
        if (row->help)
            printf(" --%s", row->name);
    printf("' -- \"$word\")\n}\ncomplete -F _primed primed\n");
}

/* --- zsh -------------------------------------------------------------------------------------- */

static void write_zsh_option(const struct config_row *row)
{
    printf("    '--%s%s[", row->name, row->argument ? "=" : "");
    shell_write_quoted(row->help, true);
    printf("]");
    if (row->argument) {
        putchar(':');
        shell_write_quoted(row->argument, true);
        putchar(':');
    }
    if (has_choices(row)) {
        putchar('(');
        shell_write_choices(row->argument);
        putchar(')');
    } else if (takes(row, "DIR") || takes(row, "FILE")) {
        printf(takes(row, "DIR") ? "_files -/" : "_files");
    }
    printf("' \\\n");
}

static void write_zsh(void)
{
    printf("#compdef primed\n_arguments \\\n");
    for (const struct config_row *row = config_table; row->name; row++)
        if (row->help)
            write_zsh_option(row);
    printf("    '1:command:(");
    shell_write_choices(commands);
    printf(")'\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void write_fish_option(const struct config_row *row)
{
    printf("complete -c primed -l %s", row->name);
    if (has_choices(row)) {
        printf(" -x -a '");
        shell_write_choices(row->argument);
        putchar('\'');
    } else if (takes(row, "DIR")) {
        printf(" -x -a '(__fish_complete_directories)'");
    } else if (row->argument) {
        printf(takes(row, "FILE") ? " -r -F" : " -x");
    }
    printf(" -d '");
    shell_write_quoted(row->help, false);
    printf("'\n");
}

static void write_fish(void)
{
    printf("# fish completion for primed\n"
           "complete -c primed -f\n"
           "complete -c primed -n __fish_use_subcommand -a '");
    shell_write_choices(commands);
    printf("'\n");
    for (const struct config_row *row = config_table; row->name; row++)
        if (row->help)
            write_fish_option(row);
}

void config_completion_write(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        write_bash();
    else if (strcmp(shell, "zsh") == 0)
        write_zsh();
    else
        write_fish();
}
