/*
 * listener - the listening socket, opened before anything is forked so that it outlives every
 * front.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Are all addresses of that host and port the loopback's, which no other machine can reach? True of
 * a host that has none: listener_open() says so.
 */
bool listener_is_local(const char *host, const char *port);

/*
 * Open a listening TCP socket (close-on-exec, non-blocking) on a host ("" for every address) and a
 * port ("0" for a free one); address receives where it really listens, as text like
 * "127.0.0.1:8080" or "[::1]:8080". What is sent over its connections is taken by the kernel a little
 * ahead of the client only. Returns the socket, or -1 after logging why not.
 */
int listener_open(const char *host, const char *port, char *address, size_t address_size);

#endif
