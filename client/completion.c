/* completion - one writer a shell. See completion.h. */
#include "client/completion.h"

#include <stdio.h>
#include <string.h>

#include "client/cli.h"
#include "common/shell.h"

/* How completions find ids: the newest batches, if the service answers at once. */
static const char list_ids[] = "prime ls --format ndjson --limit 20 --timeout 0 2>/dev/null"
                               " | sed 's/.*\"id\":\"\\([^\"]*\\)\".*/\\1/'";

static bool takes_ids(const struct command_row *row)
{
    return strncmp(row->arguments, "ID", 2) == 0;
}

static bool takes_file(const struct command_row *row)
{
    return strstr(row->arguments, "FILE") != NULL;
}

/* Is the argument of the option a file? */
static bool names_file(const struct option_row *row)
{
    return strcmp(row->argument, "FILE") == 0;
}

/* The names of the commands of which `which` holds (NULL: of all). */
static void write_commands(bool (*which)(const struct command_row *row), const char *between)
{
    const char *before = "";
    for (int i = COMMAND_ASK + 1; i < COMMANDS; i++) {
        if (which && !which(&cli_commands[i]))
            continue;
        printf("%s%s", before, cli_commands[i].name);
        before = between;
    }
}

/* --- bash ------------------------------------------------------------------------------------- */

static const char bash_file[] = "mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n";

/* What follows an option that takes a value. */
static void write_bash_value(const struct option_row *row)
{
    printf("    --%s", row->name);
    if (row->letter)
        printf(" | -%c", row->letter);
    if (row->choices) {
        printf(") mapfile -t COMPREPLY < <(compgen -W '");
        shell_write_choices(row->choices);
        printf("' -- \"$word\"); return ;;\n");
    } else {
        printf(") %s", names_file(row) ? bash_file : "return ;;\n");
    }
}

static void write_bash(void)
{
    printf(
        "# bash completion for prime\n"
        "_prime() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} command='' i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in\n        ");
    write_commands(NULL, " | ");
    printf(") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n    case $last in\n");
    for (int i = 0; i < OPTIONS; i++)
        if (cli_options[i].argument && cli_options[i].commands != 0)
            write_bash_value(&cli_options[i]);
    printf("    esac\n    case $command in\n");
    for (int i = 0; i < COMMANDS; i++) {
        printf("    '%s') set --", cli_commands[i].name ? cli_commands[i].name : "");
        for (int o = 0; o < OPTIONS; o++)
            if (cli_is_on(&cli_options[o], (enum cli_command)i))
                printf(" --%s", cli_options[o].name);
        if (i == COMMAND_ASK) {
            putchar(' ');
            write_commands(NULL, " ");
        }
        printf(" ;;\n");
    }
    printf("    esac\n    if [[ $word != -* ]]; then\n        case $command in\n        ");
    write_commands(takes_ids, " | ");
    printf(") mapfile -t COMPREPLY < <(compgen -W \"$(%s)\" -- \"$word\"); return ;;\n        ",
           list_ids);
    write_commands(takes_file, " | ");
    printf(") %s        esac\n    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$*\" -- \"$word\")\n"
           "}\ncomplete -F _prime prime\n",
           bash_file);
}

/* --- zsh -------------------------------------------------------------------------------------- */

static void write_zsh_option(const struct option_row *row)
{
    const char *equals = row->argument ? "=" : "";
    if (row->letter)
        printf("            '(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name, row->letter,
               row->argument ? "+" : "", row->name, equals);
    else
        printf("            '--%s%s[", row->name, equals);
    shell_write_quoted(row->help, true);
    printf("]");
    if (row->argument)
        printf(":%s:", row->argument);
    if (row->choices) {
        putchar('(');
        shell_write_choices(row->choices);
        putchar(')');
    } else if (row->argument && names_file(row)) {
        printf("_files");
    }
    printf("' \\\n");
}

static void write_zsh_command(enum cli_command command)
{
    const struct command_row *row = &cli_commands[command];
    printf("    %s)\n        _arguments \\\n", row->name ? row->name : "*");
    for (int i = 0; i < OPTIONS; i++)
        if (cli_is_on(&cli_options[i], command))
            write_zsh_option(&cli_options[i]);
    if (!row->name)
        printf("            '1: :_prime_commands' ;;\n");
    else if (*row->arguments)
        printf("            '1: :' '*:%s:%s' ;;\n", row->arguments,
               takes_ids(row) ? "_prime_ids" : "_files");
    else
        printf("            '1: :' ;;\n");
}

static void write_zsh(void)
{
    printf("#compdef prime\n"
           "_prime_ids() { compadd -- $(%s) }\n"
           "_prime_commands() {\n"
           "    local -a commands=(\n",
           list_ids);
    for (int i = COMMAND_ASK + 1; i < COMMANDS; i++) {
        printf("        '%s:", cli_commands[i].name);
        shell_write_quoted(cli_commands[i].summary, true);
        printf("'\n");
    }
    printf("    )\n    _describe command commands\n}\n_prime() {\n    case ${words[2]} in\n");
    for (int i = COMMAND_ASK + 1; i < COMMANDS; i++)
        write_zsh_command((enum cli_command)i);
    write_zsh_command(COMMAND_ASK);
    printf("    esac\n}\n_prime \"$@\"\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void write_fish_option(const struct option_row *row)
{
    printf("complete -c prime -l %s", row->name);
    if (row->letter)
        printf(" -s %c", row->letter);
    if (!cli_is_common(row)) {
        const char *before = "";
        printf(" -n '");
        if (cli_is_on(row, COMMAND_ASK)) {
            printf("__fish_use_subcommand");
            before = "; or ";
        }
        for (int i = COMMAND_ASK + 1; i < COMMANDS; i++) {
            if (!cli_is_on(row, (enum cli_command)i))
                continue;
            printf("%s__fish_seen_subcommand_from %s", before, cli_commands[i].name);
            before = "; or ";
        }
        putchar('\'');
    }
    if (row->choices) {
        printf(" -x -a '");
        shell_write_choices(row->choices);
        putchar('\'');
    } else if (row->argument) {
        printf(names_file(row) ? " -r -F" : " -x");
    }
    printf(" -d '");
    shell_write_quoted(row->help, false);
    printf("'\n");
}

static void write_fish(void)
{
    printf("# fish completion for prime\n"
           "complete -c prime -f\n"
           "function __prime_ids\n    %s\nend\n",
           list_ids);
    for (int i = COMMAND_ASK + 1; i < COMMANDS; i++) {
        const struct command_row *row = &cli_commands[i];
        printf("complete -c prime -n __fish_use_subcommand -a %s -d '", row->name);
        shell_write_quoted(row->summary, false);
        printf("'\n");
        if (*row->arguments)
            printf("complete -c prime -n '__fish_seen_subcommand_from %s' %s\n", row->name,
                   takes_ids(row) ? "-a '(__prime_ids)'" : "-F");
    }
    for (int i = 0; i < OPTIONS; i++)
        if (cli_options[i].commands != 0)
            write_fish_option(&cli_options[i]);
}

void completion_generate(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        write_bash();
    else if (strcmp(shell, "zsh") == 0)
        write_zsh();
    else
        write_fish();
}
