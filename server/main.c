/* main - reads the configuration and becomes the supervisor. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/config.h"
#include "server/health.h"
#include "server/http/tls.h"
#include "server/supervisor.h"

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
        if (!tls_check(&config))
            return EXIT_USAGE;
        puts("The configuration is right.");
        return EXIT_SUCCESS;
    case CONFIG_HEALTH:
        return health_check(&config);
    case CONFIG_RUN:
        if (!tls_check(&config))
            return EXIT_USAGE;
        break;
    }
    log_set_format(config.log_format);
    return supervisor_run(&config);
}
