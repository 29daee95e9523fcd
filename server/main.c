/* main - reads the configuration and becomes the supervisor. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/config.h"
#include "server/health.h"
#include "server/http/tls.h"
#include "server/listener.h"
#include "server/privileges.h"
#include "server/supervisor.h"
#include "server/token_command.h"
#include "server/tokens.h"

enum { EXIT_USAGE = 2 };

/*
 * Where standard input, output or error is closed, the next file opened would take its place: the
 * log would go into the listening socket, say.
 */
static void open_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* Will only those be let in who should be? False after saying why not. */
static bool check_access(const struct config *config)
{
    static struct tokens tokens;
    char mistake[TOKENS_MISTAKE_SIZE];
    bool exposed;
    if (*config->token_file) {
        if (tokens_read(&tokens, config->token_file, &config->quota, &exposed, mistake) == 0)
            return true;
        fprintf(stderr, "primed: --token-file: %s\n", mistake);
        return false;
    }
    if (config->insecure || listener_is_local(config->listen_host, config->listen_port))
        return true;
    fprintf(stderr,
            "primed: --listen: other machines may reach this address, and without tokens everybody "
            "would be let in. Name a file of tokens with --token-file ('primed token NAME' makes "
            "one), or say --insecure if everybody may come\n");
    return false;
}

/* Is it said who is to serve? False after saying that it must be. */
static bool check_user(const struct config *config)
{
    if (privileges_are_settled(config))
        return true;
    fputs(
        "primed: --user: as root, the service would have every file of root's to lose. Name a user "
        "to become, who gets the data directory where that is still root's; or say --user root to "
        "stay root\n",
        stderr);
    return false;
}

int main(int argc, char **argv)
{
    open_standard_files();
    struct config config;
    switch (config_read(&config, argc, argv)) {
    case CONFIG_SHOWN:
        return EXIT_SUCCESS;
    case CONFIG_WRONG:
        return EXIT_USAGE;
    case CONFIG_CHECK:
        if (!check_access(&config) || !tls_check(&config))
            return EXIT_USAGE;
        puts(privileges_are_settled(&config)
                 ? "The configuration is right."
                 : "The configuration is right, but root has to say --user as well.");
        return EXIT_SUCCESS;
    case CONFIG_HEALTH:
        return health_check(&config);
    case CONFIG_TOKEN:
        return token_command(config.words);
    case CONFIG_RUN:
        if (!check_user(&config) || !tls_check(&config))
            return EXIT_USAGE;
        break;
    }
    if (!check_access(&config))
        return EXIT_USAGE;
    log_set_format(config.log_format);
    return supervisor_run(&config);
}
