/* manager - a datagram socket that is read line by line. See manager.h. */
#include "tests/support/manager.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

struct manager manager_open(bool is_abstract)
{
    struct manager manager = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    char directory[] = "/tmp/primed-notify.XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    snprintf(manager.name, sizeof manager.name, "%s%s", directory, is_abstract ? "" : "/socket");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, manager.name);
    size_t length = offsetof(struct sockaddr_un, sun_path) + strlen(manager.name) + 1;
    if (is_abstract) { /* a unique name is all that is wanted of the directory */
        rmdir(directory);
        address.sun_path[0] = '\0';
        manager.name[0] = '@';
        length--;
    }
    cr_assert_eq(bind(manager.fd, (struct sockaddr *)&address, (socklen_t)length), 0);
    setenv("NOTIFY_SOCKET", manager.name, 1);
    return manager;
}

bool manager_read(struct manager *manager, int patience_ms)
{
    struct pollfd wait = {.fd = manager->fd, .events = POLLIN};
    manager->message[0] = '\0';
    if (poll(&wait, 1, patience_ms) <= 0)
        return false;
    ssize_t length = recv(manager->fd, manager->message, sizeof manager->message - 1, 0);
    cr_assert_gt(length, 0);
    manager->message[length] = '\0';
    return true;
}

bool manager_has(const struct manager *manager, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = manager->message; *at;
         at += strcspn(at, "\n") + (strchr(at, '\n') != NULL))
        if (strcspn(at, "\n") == length && strncmp(at, line, length) == 0)
            return true;
    return false;
}

void manager_await(struct manager *manager, const char *line)
{
    do
        cr_assert(manager_read(manager, PATIENCE_MS), "waited in vain for %s", line);
    while (!manager_has(manager, line));
}

void manager_close(struct manager *manager)
{
    close(manager->fd);
    if (manager->name[0] == '/') {
        unlink(manager->name);
        *strrchr(manager->name, '/') = '\0';
        rmdir(manager->name);
    }
}
