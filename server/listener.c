/* listener - opening the listening socket. See listener.h. */
#include "server/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

enum { UNSENT_MAX = 32 * 1024 };

/*
 * The kernel would take megabytes of an answer ahead of its client, which nobody counts, and then no
 * more for minutes: of a client that reads well, if slowly, nothing would seem to move. So it takes a
 * little, and the next when half of that has gone. Connections have this of their listener.
 */
static void keep_pace_with_readers(int fd)
{
    int unsent = UNSENT_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

static int open_one(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0)
        return -1;
    int on = 1;
    int off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6) /* "every address" means IPv4 as well */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    keep_pace_with_readers(fd);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Can only this machine reach the address? */
static bool is_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address->sa_family != AF_INET6)
        return false;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(v6) ||
           (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET);
}

static void describe(int fd, char *text, size_t size)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[NI_MAXHOST] = "?";
    char port[NI_MAXSERV] = "?";
    if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
        getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(text, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* The first of the addresses of that family (AF_UNSPEC: of any) that can be listened on, or -1. */
static int open_first(const struct addrinfo *addresses, int family)
{
    int fd = -1;
    for (const struct addrinfo *at = addresses; fd < 0 && at; at = at->ai_next)
        if (family == AF_UNSPEC || at->ai_family == family)
            fd = open_one(at);
    return fd;
}

/* The addresses of a host ("" for every address) and port; 0, or an error of getaddrinfo(). */
static int resolve(const char *host, const char *port, struct addrinfo **found)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    return getaddrinfo(*host ? host : NULL, port, &hints, found);
}

bool listener_is_local(const char *host, const char *port)
{
    struct addrinfo *found = NULL;
    if (resolve(host, port, &found) != 0)
        return true;
    bool local = true;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        local &= is_local(at->ai_addr);
    freeaddrinfo(found);
    return local;
}

int listener_open(const char *host, const char *port, char *address, size_t address_size)
{
    struct addrinfo *found = NULL;
    int error = resolve(host, port, &found);
    if (error) {
        log_error("cannot listen", log_str("host", host), log_str("port", port),
                  log_str("error", gai_strerror(error)));
        return -1;
    }
    /* Every address: the IPv6 wildcard, which takes IPv4 too, where there is IPv6. */
    int fd = *host ? -1 : open_first(found, AF_INET6);
    if (fd < 0)
        fd = open_first(found, AF_UNSPEC);
    freeaddrinfo(found);
    if (fd < 0)
        log_error("cannot listen", log_str("host", host), log_str("port", port),
                  log_str("error", strerror(errno)));
    else
        describe(fd, address, address_size);
    return fd;
}
