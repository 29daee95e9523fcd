/* connection - opening and closing. See connection.h. */
#include "server/http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>

struct connection *connection_new(struct MHD_Connection *handle, struct head_clock *clock,
                                  struct tls *tls)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->debt.socket = connection_socket(handle);
    if (tls)
        connection->identity = tls_join(
            tls, MHD_get_connection_info(handle, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
    head_clock_start(clock, &connection->debt);
    return connection;
}

void connection_free(struct connection *connection, struct head_clock *clock,
                     int64_t idle_timeout_s)
{
    if (!connection)
        return;
    unsigned stalled_ms = (unsigned)(idle_timeout_s * 1000);
    setsockopt(connection->debt.socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &stalled_ms,
               sizeof stalled_ms);
    head_clock_stop(clock, &connection->debt);
    tls_release(connection->identity);
    free(connection);
}

struct connection *connection_of(struct MHD_Connection *handle)
{
    return MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

int connection_socket(struct MHD_Connection *handle)
{
    return MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

bool connection_has_left(struct MHD_Connection *handle)
{
    struct pollfd wanted = {.fd = connection_socket(handle), .events = POLLRDHUP};
    return poll(&wanted, 1, 0) == 1 && wanted.revents != 0;
}
