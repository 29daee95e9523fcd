/*
 * head_clock - the time in which a connection has to bring the head of its next request. Private to
 * server/http.
 *
 * libmicrohttpd closes a connection on which nothing moves. One that brings a byte now and then, of
 * a TLS handshake or of a head without an end, it would keep for ever. So each connection that owes
 * a head is in a queue here, from its opening or from the end of its last answer, and its socket is
 * shut down when its time is over: to libmicrohttpd it looks as if the client had left. Everybody
 * gets the same time, so the queue is in order as it is, and one thread looks at its head.
 */
#ifndef SERVER_HTTP_HEAD_CLOCK_H
#define SERVER_HTTP_HEAD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct head_clock;

/* The place of a connection in the queue; all zero but for its socket, to begin with. */
struct head_debt {
    int socket;
    bool owed;
    int64_t since_ns; /* monotonic */
    TAILQ_ENTRY(head_debt) in_order;
};

/* NULL without memory or threads. */
struct head_clock *head_clock_new(int64_t allowed_ns);

/* The connection owes a head from now on. Any thread. */
void head_clock_start(struct head_clock *clock, struct head_debt *debt);

/* It has brought it, or is closed; its socket must be open yet. Harmless if it owes none. */
void head_clock_stop(struct head_clock *clock, struct head_debt *debt);

/* When no connection is left; NULL is harmless. */
void head_clock_free(struct head_clock *clock);

#endif
