/* sockets - TCP over the loopback. See limits.h. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/limits/limits.h"

enum { TRIPS = 2000, PIECE = 64 * 1024, STREAM_PIECES = 2000 };

/* Two ends of a connection. */
static void connect_pair(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || ends[0] < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 1) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
        connect(ends[0], (struct sockaddr *)&address, sizeof address) < 0 ||
        (ends[1] = accept(listener, NULL, NULL)) < 0)
        limits_fail("loopback");
    close(listener);
    for (int i = 0; i < 2; i++)
        setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void send_all(int end, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(end, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            limits_fail("send");
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void receive_all(int end, char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t received = recv(end, bytes, size, 0);
        if (received <= 0)
            limits_fail("recv");
        bytes += received;
        size -= (size_t)received;
    }
}

struct conversation {
    int end;
    size_t request;
    size_t reply;
};

static void *answer(void *argument)
{
    const struct conversation *conversation = argument;
    static char bytes[PIECE];
    for (int i = 0; i < LIMITS_ROUNDS * TRIPS; i++) {
        receive_all(conversation->end, bytes, conversation->request);
        send_all(conversation->end, bytes, conversation->reply);
    }
    return NULL;
}

double sockets_round_trip(size_t request, size_t reply)
{
    static char bytes[PIECE];
    int ends[2];
    double us[LIMITS_ROUNDS];
    pthread_t other;
    connect_pair(ends);
    struct conversation conversation = {ends[1], request, reply};
    if (pthread_create(&other, NULL, answer, &conversation) != 0)
        limits_fail("thread");
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (int i = 0; i < TRIPS; i++) {
            send_all(ends[0], bytes, request);
            receive_all(ends[0], bytes, reply);
        }
        us[round] = (double)(limits_now_ns() - began) / 1e3 / TRIPS;
    }
    pthread_join(other, NULL);
    close_pair(ends);
    return limits_median(us);
}

static void *send_stream(void *argument)
{
    const int *end = argument;
    static const char bytes[PIECE];
    for (int i = 0; i < LIMITS_ROUNDS * STREAM_PIECES; i++)
        send_all(*end, bytes, PIECE);
    return NULL;
}

double sockets_stream(void)
{
    static char bytes[PIECE];
    int ends[2];
    double rate[LIMITS_ROUNDS];
    pthread_t other;
    connect_pair(ends);
    if (pthread_create(&other, NULL, send_stream, &ends[1]) != 0)
        limits_fail("thread");
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (int i = 0; i < STREAM_PIECES; i++)
            receive_all(ends[0], bytes, PIECE);
        rate[round] = (double)STREAM_PIECES * PIECE / (double)(limits_now_ns() - began);
    }
    pthread_join(other, NULL);
    close_pair(ends);
    return limits_median(rate);
}
