/* main - reads the configuration and becomes the supervisor. */
#include <stdio.h>
#include <stdlib.h>

#include "server/config.h"
#include "server/health.h"
#include "server/supervisor.h"

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    struct config config;
    switch (config_read(&config, argc, argv)) {
    case CONFIG_SHOWN:
        return EXIT_SUCCESS;
    case CONFIG_WRONG:
        return EXIT_USAGE;
    case CONFIG_CHECK:
        puts("The configuration is right.");
        return EXIT_SUCCESS;
    case CONFIG_HEALTH:
        return health_check(&config);
    case CONFIG_RUN:
        break;
    }
    log_set_format(config.log_format);
    return supervisor_run(&config);
}
