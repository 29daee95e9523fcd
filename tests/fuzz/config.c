/*
 * config - command lines and environments: read, or refused with a word, and what is read keeps to
 * its bounds. The input is one argument a line; a line `NAME=value` in capitals is a variable.
 */
#include "server/config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/fuzz/support/fuzz.h"

enum { ARGUMENTS_MAX = 16 };
static const int64_t year_ns = 365 * 86400 * NS_PER_S;

static void check(const struct config *config)
{
    fuzz_expect(memchr(config->listen_host, '\0', sizeof config->listen_host) &&
                    memchr(config->listen_port, '\0', sizeof config->listen_port) &&
                    *config->listen_port,
                "where to listen");
    fuzz_expect(memchr(config->data_dir, '\0', sizeof config->data_dir) && *config->data_dir,
                "the directory");
    fuzz_expect(config->workers >= 1 && config->workers <= CONFIG_MAX_WORKERS, "%u workers",
                config->workers);
    fuzz_expect(config->max_body >= 1024 && config->max_body <= INT64_MAX, "the body");
    fuzz_expect(config->max_store == 0 ||
                    (config->max_store >= 1 << 20 && config->max_store <= INT64_MAX),
                "the store");
    fuzz_expect(config->max_digits >= 20 && config->max_digits <= 100000, "the digits");
    fuzz_expect(config->max_connections >= 1 && config->max_connections <= 65536, "connections");
    fuzz_expect(config->ttl_s >= 1 && config->ttl_s <= year_ns / NS_PER_S, "the ttl");
    fuzz_expect(config->number_timeout_ns >= 0, "the number timeout");
    fuzz_expect(config->idle_timeout_s >= 1 && config->idle_timeout_s <= 86400, "idle timeout");
    fuzz_expect(config->drain_timeout_ns >= 0 && config->drain_timeout_ns <= year_ns, "the drain");
}

/* Is the line a variable of ours? Then it is set, and *name must be unset again. */
static bool set_variable(char *line, char **name)
{
    char *equals = strchr(line, '=');
    if (strncmp(line, "PRIMED_", 7) != 0 || !equals)
        return false;
    *equals = '\0';
    setenv(line, equals + 1, 1);
    *name = line;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char name[] = "primed";
    char *arguments[ARGUMENTS_MAX + 2] = {name};
    char *variables[ARGUMENTS_MAX];
    int count = 1;
    size_t variable_count = 0;
    char *text = fuzz_string(bytes, size);
    for (char *line = text, *next; line && count <= ARGUMENTS_MAX; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (variable_count < ARGUMENTS_MAX && set_variable(line, &variables[variable_count]))
            variable_count++;
        else if (*line)
            arguments[count++] = line;
    }
    arguments[count] = NULL;

    struct config config;
    optind = 0; /* getopt starts afresh */
    enum config_result result = config_read(&config, count, arguments);
    fuzz_expect(result <= CONFIG_WRONG, "%d", (int)result);
    if (result == CONFIG_RUN || result == CONFIG_CHECK || result == CONFIG_HEALTH)
        check(&config);
    for (size_t i = 0; i < variable_count; i++)
        unsetenv(variables[i]);
    free(text);
    return 0;
}
