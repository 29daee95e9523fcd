/*
 * wire - talking HTTP by hand, byte by byte where it matters: requests in pieces, requests broken
 * off, and answers that are read when the test is ready for them.
 */
#ifndef TESTS_SUPPORT_WIRE_H
#define TESTS_SUPPORT_WIRE_H

#include "tests/support/client.h"

/* A connection to the service on which every write is a segment of its own; close() it. */
int wire_connect(struct primed *service);

void wire_send(int connection, const char *bytes, size_t size);

__attribute__((format(printf, 2, 3))) void wire_print(int connection, const char *format, ...);

/* Read one answer to its last byte; status 0 if the service closes the connection before that. */
struct client_answer wire_read(struct primed *service, int connection);

/* The same for an answer to HEAD. */
struct client_answer wire_read_head(struct primed *service, int connection);

/* Read on until that has come; what has come so far, up to the end of it. */
const char *wire_read_until(struct primed *service, int connection, const char *what);

/* Read on until the service closes the connection; what has come. */
const char *wire_read_rest(struct primed *service, int connection);

#endif
