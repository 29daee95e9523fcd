/* load_socket - what clients and workers share. See load.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/end_to_end/load.h"

void load_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

int load_connect(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *address;
    if (getaddrinfo(host, port, &hints, &address) != 0)
        load_fail("%s:%s is no address", host, port);
    int sock = socket(address->ai_family, address->ai_socktype, 0);
    if (sock < 0 || connect(sock, address->ai_addr, address->ai_addrlen) < 0)
        load_fail("%s:%s: %s", host, port, strerror(errno));
    freeaddrinfo(address);
    setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return sock;
}

void load_write(int socket, const void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = send(socket, bytes, size, MSG_NOSIGNAL);
        if (written < 0)
            load_fail("cannot send: %s", strerror(errno));
        bytes = (const char *)bytes + written;
        size -= (size_t)written;
    }
}

size_t load_read(int socket, void *bytes, size_t size)
{
    ssize_t count = recv(socket, bytes, size, 0);
    if (count <= 0)
        load_fail("the service closed the connection");
    return (size_t)count;
}
