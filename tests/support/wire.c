/* wire - a small HTTP client on a socket. See wire.h. */
#include "tests/support/wire.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/text.h"

int wire_connect(struct primed *service)
{
    char host[sizeof service->address];
    snprintf(host, sizeof host, "%s", service->address);
    char *port = strrchr(host, ':');
    *port++ = '\0';
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    cr_assert_eq(getaddrinfo(host, port, &hints, &found), 0);
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(connection, 0);
    int on = 1;
    struct timeval patience = {.tv_sec = PRIMED_PATIENCE_S};
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(connection, found->ai_addr, found->ai_addrlen) != 0)
        primed_fail(service, "cannot connect: %s", strerror(errno));
    freeaddrinfo(found);
    return connection;
}

void wire_send(int connection, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the service has closed; the test sees it when it reads */
        bytes += sent;
        size -= (size_t)sent;
    }
}

void wire_print(int connection, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    cr_assert_geq(length, 0);
    wire_send(connection, text, (size_t)length);
    free(text);
}

/* Add exactly `size` more bytes to the text; false if the connection ends before. */
static bool receive(struct primed *service, int connection, struct text *text, size_t size)
{
    while (size > 0) {
        char *place = text_reserve(text, size);
        ssize_t got = recv(connection, place, size, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            primed_fail(service, "the connection is silent");
        if (got <= 0)
            return false;
        text->length += (size_t)got;
        size -= (size_t)got;
    }
    return true;
}

static bool ends_with(const struct text *text, const char *end)
{
    size_t length = strlen(end);
    return text->length >= length && memcmp(text->data + text->length - length, end, length) == 0;
}

static bool receive_until(struct primed *service, int connection, struct text *text,
                          const char *end)
{
    do {
        if (!receive(service, connection, text, 1))
            return false;
    } while (!ends_with(text, end));
    return true;
}

/* The text as a string that lives until the service's end. */
static const char *finish(struct primed *service, struct text *text)
{
    text_add(text, "", 1);
    return primed_keep(service, text->data);
}

static bool receive_chunks(struct primed *service, int connection, struct text *body)
{
    for (;;) {
        struct text head = {.data = NULL};
        bool whole = receive_until(service, connection, &head, "\r\n");
        size_t size = whole ? strtoul(finish(service, &head), NULL, 16) : 0;
        if (!whole)
            text_destroy(&head);
        if (!whole || !receive(service, connection, body, size))
            return false;
        struct text end = {.data = NULL};
        whole = receive(service, connection, &end, 2);
        text_destroy(&end);
        if (!whole || size == 0)
            return whole;
    }
}

static struct client_answer read_answer(struct primed *service, int connection, bool with_body)
{
    struct client_answer answer = {.status = 0};
    struct text head = {.data = NULL};
    struct text body = {.data = NULL};
    bool whole = receive_until(service, connection, &head, "\r\n\r\n");
    answer.headers = finish(service, &head);
    long status = whole ? strtol(answer.headers + strlen("HTTP/1.1 "), NULL, 10) : 0;
    const char *length = client_header(service, &answer, "Content-Length");
    const char *coding = client_header(service, &answer, "Transfer-Encoding");
    if (whole && with_body && status >= 200 && coding)
        whole = receive_chunks(service, connection, &body);
    else if (whole && with_body && status >= 200 && length)
        whole = receive(service, connection, &body, strtoul(length, NULL, 10));
    answer.size = body.length;
    answer.body = finish(service, &body);
    answer.status = whole ? status : 0;
    return answer;
}

struct client_answer wire_read(struct primed *service, int connection)
{
    return read_answer(service, connection, true);
}

struct client_answer wire_read_head(struct primed *service, int connection)
{
    return read_answer(service, connection, false);
}

const char *wire_read_until(struct primed *service, int connection, const char *what)
{
    struct text text = {.data = NULL};
    if (!receive_until(service, connection, &text, what))
        primed_fail(service, "closed before \"%s\" after: %s", what, finish(service, &text));
    return finish(service, &text);
}

const char *wire_read_rest(struct primed *service, int connection)
{
    struct text text = {.data = NULL};
    while (receive(service, connection, &text, 1))
        ;
    return finish(service, &text);
}
