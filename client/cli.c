/* cli - reading the command line by the table, and saying what is wrong with it. See cli.h. */
#include "client/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/manual.h"

/* --- near misses ------------------------------------------------------------------------------ */

enum { WORD_MAX = 32, NEAR = 2 };

static int least(int a, int b, int c)
{
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/*
 * Letters to insert, delete, replace or swap with their neighbour to make one word of the other:
 * the optimal string alignment distance.
 */
static int distance_of(const char *a, const char *b)
{
    int m = (int)strlen(a), n = (int)strlen(b);
    if (m > WORD_MAX || n > WORD_MAX)
        return WORD_MAX;
    int d[WORD_MAX + 1][WORD_MAX + 1];
    for (int i = 0; i <= m; i++)
        d[i][0] = i;
    for (int j = 0; j <= n; j++)
        d[0][j] = j;
    for (int i = 1; i <= m; i++) {
        for (int j = 1; j <= n; j++) {
            d[i][j] =
                least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1, WORD_MAX);
        }
    }
    return d[m][n];
}

const char *cli_nearest(const char *word, const char *const *names, int count)
{
    const char *nearest = NULL;
    int best = NEAR + 1;
    for (int i = 0; i < count; i++) {
        if (!names[i])
            continue;
        int distance = distance_of(word, names[i]);
        if (distance < best && distance < (int)strlen(names[i])) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

bool cli_is_number(const char *text)
{
    const char *first = text + strspn(text, " \t+-(");
    return *first >= '0' && *first <= '9';
}

/* --- saying what is wrong --------------------------------------------------------------------- */

static const char *command_name(enum cli_command command)
{
    return cli_commands[command].name ? cli_commands[command].name : "NUMBER...";
}

/* The right form, after what is wrong was said. */
static enum cli_result point_at_usage(enum cli_command command)
{
    const struct command_row *row = &cli_commands[command];
    if (row->name)
        fprintf(stderr, "Usage: prime %s%s%s [OPTION]...; 'prime %s --help' says more.\n",
                row->name, *row->arguments ? " " : "", row->arguments, row->name);
    else
        fprintf(stderr, "Usage: prime NUMBER... or prime COMMAND; 'prime --help' says more.\n");
    return CLI_WRONG;
}

static void say_unknown_command(const char *word)
{
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++)
        names[i] = cli_commands[i].name;
    const char *nearest = cli_nearest(word, names, COMMANDS);
    fprintf(stderr, "prime: there is no command '%s'", word);
    fprintf(stderr, nearest ? "; did you mean '%s'?\n" : "\n", nearest);
}

static enum cli_result say_unknown_option(enum cli_command command, const char *name)
{
    const char *names[OPTIONS];
    for (int i = 0; i < OPTIONS; i++)
        names[i] = cli_options[i].commands & 1u << command ? cli_options[i].name : NULL;
    for (int i = 0; i < OPTIONS; i++) {
        unsigned commands = cli_options[i].commands;
        if (strcmp(name, cli_options[i].name) == 0 && commands != 0) {
            fprintf(stderr, "prime: '--%s' is an option of 'prime %s', not of 'prime %s'\n", name,
                    command_name((enum cli_command)__builtin_ctz(commands)), command_name(command));
            return point_at_usage(command);
        }
    }
    const char *nearest = cli_nearest(name, names, OPTIONS);
    fprintf(stderr, "prime: there is no option '--%s'", name);
    fprintf(stderr, nearest ? "; did you mean '--%s'?\n" : "\n", nearest);
    return point_at_usage(command);
}

/* --- values ----------------------------------------------------------------------------------- */

/* Is text one of the words of "table|json"? */
static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *word = choices; *word;
         word += strcspn(word, "|") + (word[strcspn(word, "|")] == '|'))
        if (strcspn(word, "|") == length && strncmp(word, text, length) == 0)
            return true;
    return false;
}

static bool is_number_between(const char *text, int64_t low, int64_t high)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && number >= low &&
           number <= high;
}

/* Take an option's value, from where `source` says; false if it is not right, which is said. */
static bool take_value(struct cli *cli, enum cli_option option, const char *source,
                       const char *text)
{
    const struct option_row *row = &cli_options[option];
    if (row->choices && !is_choice(row->choices, text)) {
        fprintf(stderr, "prime: %s: '%s' is not one of %s\n", source, text, row->choices);
        return false;
    }
    if (row->low < row->high && !is_number_between(text, row->low, row->high)) {
        fprintf(stderr, "prime: %s: '%s' is not a whole number from %lld", source, text,
                (long long)row->low);
        fprintf(stderr, row->high < INT64_MAX ? " to %lld\n" : " up\n", (long long)row->high);
        return false;
    }
    cli->value[option] = text;
    return true;
}

int64_t cli_number(const struct cli *cli, enum cli_option option)
{
    return cli->value[option] ? strtoll(cli->value[option], NULL, 10) : 0;
}

/* Variables and defaults for what the command line left open. */
static bool take_environment(struct cli *cli)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &cli_options[i];
        const char *text = row->variable ? getenv(row->variable) : NULL;
        if (cli->value[i] || !(row->commands & 1u << cli->command))
            continue;
        if (!text || !*text)
            cli->value[i] = row->standard;
        else if (!take_value(cli, (enum cli_option)i, row->variable, text))
            return false;
    }
    return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* An argument that is an option; -7 and -(2^5) are numbers, - is standard input. */
static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0' && !cli_is_number(argument);
}

/* The option that argument names, and where its value begins; OPTIONS if there is none. */
static enum cli_option find_option(const char *argument, const char **value)
{
    *value = NULL;
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &cli_options[i];
        if (argument[1] != '-') {
            if (!row->letter || argument[1] != row->letter)
                continue;
            if (argument[2] != '\0')
                *value = argument + 2 + (argument[2] == '=');
            return (enum cli_option)i;
        }
        size_t length = strcspn(argument + 2, "=");
        if (strlen(row->name) == length && strncmp(row->name, argument + 2, length) == 0) {
            if (argument[2 + length] == '=')
                *value = argument + 3 + length;
            return (enum cli_option)i;
        }
    }
    return (enum cli_option)OPTIONS;
}

/* Read argv[*i], an option, and its value, which may be the argument behind it. */
static enum cli_result read_option(struct cli *cli, char **argv, int *i)
{
    const char *argument = argv[*i];
    const char *value;
    enum cli_option option = find_option(argument, &value);
    const struct option_row *row = &cli_options[option];
    if ((int)option == OPTIONS || (row->commands != 0 && !(row->commands & 1u << cli->command))) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 1 + (argument[1] == '-'), "="),
                 (int)option == OPTIONS ? argument + 1 + (argument[1] == '-') : row->name);
        return say_unknown_option(cli->command, (int)option == OPTIONS ? name : row->name);
    }
    if (!row->argument && value) {
        fprintf(stderr, "prime: '--%s' takes no value\n", row->name);
        return point_at_usage(cli->command);
    }
    if (row->argument && !value && !(value = argv[++*i])) {
        fprintf(stderr, "prime: '--%s' wants a value: --%s %s\n", row->name, row->name,
                row->argument);
        return point_at_usage(cli->command);
    }
    char source[64];
    snprintf(source, sizeof source, "--%s", row->name);
    if (!row->argument)
        cli->value[option] = "";
    else if (!take_value(cli, option, source, value))
        return point_at_usage(cli->command);
    return CLI_RUN;
}

/* The command is the first word that is neither an option nor the value of one. */
static enum cli_result find_command(struct cli *cli, int argc, char **argv, int *place)
{
    *place = 0;
    cli->command = COMMAND_ASK;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_option(argv[i])) {
            const char *value;
            enum cli_option option = find_option(argv[i], &value);
            i += (int)option < OPTIONS && cli_options[option].argument && !value;
            continue;
        }
        if (cli_is_number(argv[i]))
            return CLI_RUN;
        for (int c = COMMAND_ASK + 1; c < COMMANDS; c++) {
            if (strcmp(argv[i], cli_commands[c].name) == 0) {
                cli->command = (enum cli_command)c;
                *place = i;
                return CLI_RUN;
            }
        }
        if (strcmp(argv[i], "help") == 0) { /* as other tools have it: and whose help comes next */
            cli->value[OPTION_HELP] = "";
            *place = i;
            continue;
        }
        say_unknown_command(argv[i]);
        return point_at_usage(COMMAND_ASK);
    }
    return CLI_RUN;
}

static enum cli_result check_arguments(const struct cli *cli)
{
    const struct command_row *row = &cli_commands[cli->command];
    int count = cli->argument_count;
    if (count < row->arguments_min)
        fprintf(stderr, "prime%s%s: what? It wants %s\n", row->name ? " " : "",
                row->name ? row->name : "", row->arguments);
    else if (row->arguments_max >= 0 && count > row->arguments_max)
        fprintf(stderr, "prime %s: '%s' is too much\n", row->name,
                cli->arguments[row->arguments_max]);
    else
        return CLI_RUN;
    return point_at_usage(cli->command);
}

enum cli_result cli_read(struct cli *cli, int argc, char **argv)
{
    int command_place;
    *cli = (struct cli){.arguments = argv};
    if (find_command(cli, argc, argv, &command_place) != CLI_RUN)
        return CLI_WRONG;

    bool options_end = false;
    for (int i = 1; i < argc; i++) {
        if (i == command_place)
            continue;
        if (!options_end && strcmp(argv[i], "--") == 0)
            options_end = true;
        else if (options_end || !is_option(argv[i]))
            argv[cli->argument_count++] = argv[i];
        else if (read_option(cli, argv, &i) != CLI_RUN)
            return CLI_WRONG;
    }
    if (cli->value[OPTION_GENERATE]) {
        manual_generate(cli->value[OPTION_GENERATE]);
        return CLI_SHOWN;
    }
    if (cli->value[OPTION_HELP]) {
        manual_help(cli->command);
        return CLI_SHOWN;
    }
    if (cli->value[OPTION_VERSION]) {
        printf("prime %s\n", PRIMED_VERSION);
        return CLI_SHOWN;
    }
    if (check_arguments(cli) != CLI_RUN || !take_environment(cli))
        return CLI_WRONG;
    return CLI_RUN;
}
