/*
 * health - ask a running service whether it is alive, from the command line.
 *
 * `primed health` is the container's health check: the image needs no HTTP client, and the address
 * is the one the service itself was configured with. Where that is HTTPS the certificate is not
 * verified: the address is the service's own, and its certificate is of another name than that.
 */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

#include "server/config.h"

/*
 * GET /healthz from the service that listens where *config says. Returns EXIT_SUCCESS if it answers
 * 200 within two seconds; EXIT_FAILURE otherwise, with the reason on standard error.
 */
int health_check(const struct config *config);

#endif
