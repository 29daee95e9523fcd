/* health - one HTTP request, over TLS where the service speaks that. See health.h. */
#include "server/health.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "server/http/tls_ask.h"

enum { PATIENCE_S = 2 };

static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                              "User-Agent: primed-health\r\nConnection: close\r\n\r\n";
static const char healthy[] = "HTTP/1.1 200 ";

/* A connected socket whose every step has a time limit, or -1 with errno. */
static int connect_to(const struct addrinfo *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* As tls_ask(), in the clear. */
static bool plain_ask(int fd, const char *question, size_t length, char *answer, size_t size)
{
    errno = 0;
    return send(fd, question, length, MSG_NOSIGNAL) == (ssize_t)length &&
           recv(fd, answer, size, MSG_WAITALL) == (ssize_t)size;
}

/* Whether the service behind the socket says 200; otherwise errno, 0 for another answer. */
static bool ask(int fd, bool tls)
{
    char answer[sizeof healthy - 1] = {0};
    bool answered =
        (tls ? tls_ask : plain_ask)(fd, request, sizeof request - 1, answer, sizeof answer);
    return answered && memcmp(answer, healthy, sizeof answer) == 0;
}

/* Why ask() or connect_to() failed. */
static const char *reason(int error)
{
    if (error == EAGAIN || error == EINPROGRESS)
        return "no answer in time";
    return error ? strerror(error) : "the answer is not 200";
}

int health_check(const struct config *config)
{
    /* Every address ("", 0.0.0.0, ::) includes the loopback: connecting to it goes there. */
    const char *host = *config->listen_host ? config->listen_host : NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    int wrong = getaddrinfo(host, config->listen_port, &hints, &addresses);
    if (wrong) {
        fprintf(stderr, "primed: health: %s\n", gai_strerror(wrong));
        return EXIT_FAILURE;
    }
    int fd = -1;
    for (const struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next)
        fd = connect_to(a);
    freeaddrinfo(addresses);

    bool ok = fd >= 0 && ask(fd, *config->tls_cert);
    if (!ok)
        fprintf(stderr, "primed: health: %s\n", reason(errno));
    if (fd >= 0)
        close(fd);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
