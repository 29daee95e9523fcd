/* config - reading the environment and the command line by the table. See config.h. */
#include "server/config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "server/config_completion.h"
#include "server/config_manual.h"
#include "server/config_table.h"

static bool set_option(struct config *config, const struct config_row *row, const char *source,
                       const char *text)
{
    const char *expected = row->read(config, text);
    if (expected)
        fprintf(stderr, "primed: %s: '%s' is not right; expected %s\n", source, text, expected);
    return !expected;
}

/* The variables, and the defaults where there are none. */
static bool read_environment(struct config *config)
{
    for (const struct config_row *row = config_table; row->name; row++) {
        if (!row->read)
            continue;
        char variable[CONFIG_NAME_MAX + 8];
        config_table_variable(row, variable);
        const char *text = getenv(variable);
        bool given = text && *text;
        if (!set_option(config, row, given ? variable : row->name, given ? text : row->standard))
            return false;
    }
    return true;
}

/* Write what --generate asks for; false if there is no such thing. */
static bool generate(const struct config_row *row, const char *what)
{
    const char *found = strstr(row->argument, what);
    size_t length = strlen(what);
    if (!found || strcspn(found, "|") != length || (found > row->argument && found[-1] != '|')) {
        fprintf(stderr, "primed: --%s: '%s' is not one of %s\n", row->name, what, row->argument);
        return false;
    }
    if (strcmp(what, "man") == 0)
        config_manual_page();
    else if (strcmp(what, "env") == 0)
        config_manual_variables();
    else
        config_completion_write(what);
    return true;
}

/* Do what an option without a reader asks for. CONFIG_RUN: read on. */
static enum config_result act_on(const struct config_row *row, const char *text, bool *check)
{
    if (strcmp(row->name, "check") == 0) {
        *check = true;
        return CONFIG_RUN;
    }
    if (strcmp(row->name, "version") == 0)
        printf("primed %s\n", PRIMED_VERSION);
    else if (strcmp(row->name, "help") == 0)
        config_manual_help();
    else if (!generate(row, text))
        return CONFIG_WRONG;
    return CONFIG_SHOWN;
}

static enum config_result read_flags(struct config *config, int argc, char **argv, bool *check)
{
    struct option flags[CONFIG_ROWS_MAX] = {{.name = NULL}};
    for (int i = 0; config_table[i].name; i++)
        flags[i] = (struct option){
            .name = config_table[i].name,
            .has_arg = config_table[i].argument ? required_argument : no_argument,
        };
    int place = 0;
    for (int found; (found = getopt_long(argc, argv, "", flags, &place)) != -1;) {
        if (found != 0) {
            fprintf(stderr, "Try 'primed --help'.\n");
            return CONFIG_WRONG;
        }
        const struct config_row *row = &config_table[place];
        char source[CONFIG_NAME_MAX + 3];
        snprintf(source, sizeof source, "--%s", row->name);
        enum config_result result = CONFIG_RUN;
        if (!row->read)
            result = act_on(row, optarg, check);
        else if (!set_option(config, row, source, row->argument ? optarg : "yes"))
            result = CONFIG_WRONG;
        if (result != CONFIG_RUN)
            return result;
    }
    return CONFIG_RUN;
}

enum config_result config_read(struct config *config, int argc, char **argv)
{
    bool check = false;
    *config = (struct config){.workers = 1};
    if (!read_environment(config))
        return CONFIG_WRONG;
    enum config_result result = read_flags(config, argc, argv, &check);
    if (result != CONFIG_RUN)
        return result;

    const char *command = optind < argc ? argv[optind++] : "serve";
    bool health = strcmp(command, "health") == 0;
    if (optind < argc || (!health && strcmp(command, "serve") != 0)) {
        fprintf(stderr,
                "primed: '%s' is no command; there are 'serve', the default, and 'health'\n",
                argv[optind < argc ? optind : optind - 1]);
        return CONFIG_WRONG;
    }
    if (check)
        return CONFIG_CHECK;
    return health ? CONFIG_HEALTH : CONFIG_RUN;
}
