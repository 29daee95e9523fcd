/*
 * manager - the other end of NOTIFY_SOCKET: what a service manager would be told.
 */
#ifndef TESTS_SUPPORT_MANAGER_H
#define TESTS_SUPPORT_MANAGER_H

#include <stdbool.h>

struct manager {
    int fd;
    char name[64];     /* of the socket, as NOTIFY_SOCKET has it */
    char message[512]; /* the last one that was read; "" if there was none */
};

/* Listen, at a path in a new directory or at an abstract name, and put it into the environment. */
struct manager manager_open(bool is_abstract);

/* Read the next message, waiting for it up to so many milliseconds; false if there is none. */
bool manager_read(struct manager *manager, int patience_ms);

/* Read until a message that has this line; fails the test after a minute. */
void manager_await(struct manager *manager, const char *line);

/* Does the last message have this line? */
bool manager_has(const struct manager *manager, const char *line);

/* Close it, and remove the directory. */
void manager_close(struct manager *manager);

#endif
