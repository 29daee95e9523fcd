/* exchange - the stand-in for libmicrohttpd. See exchange.h; what <microhttpd.h> says holds. */
#include "tests/fuzz/support/exchange.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "tests/fuzz/support/fuzz.h"
#include "tests/fuzz/support/service.h"

enum { ARGUMENTS_MAX = 16, READ_SIZE = 1000, HANG_S = 20 };

/* What the service has told us to call. */
struct MHD_Daemon {
    MHD_AccessHandlerCallback on_request;
    void *request_context;
    MHD_RequestCompletedCallback on_completed;
    void *completed_context;
    size_t (*unescape)(void *context, struct MHD_Connection *connection, char *text);
    void *unescape_context;
    MHD_NotifyConnectionCallback on_connection;
    void *connection_context;
};

struct MHD_Response {
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    char *data;
    size_t size;
    enum MHD_ResponseMemoryMode mode;
    MHD_ContentReaderCallback read; /* NULL: the data is all */
    void *read_context;
    MHD_ContentReaderFreeCallback free_context;
    unsigned references;
};

struct MHD_Connection {
    const struct exchange_request *request;
    struct exchange_header arguments[ARGUMENTS_MAX]; /* a value may be NULL */
    size_t argument_count;
    unsigned status;
    struct MHD_Response *response;
    void *socket_context;            /* what the service keeps of it */
    union MHD_ConnectionInfo answer; /* to what the service last asked of it */
    bool may_reply;
    bool suspended;     /* under the lock */
    bool was_suspended; /* since wait_for_resume() was last asked */
};

static struct MHD_Daemon daemon_;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resumed = PTHREAD_COND_INITIALIZER;
static int sockets[2]; /* of a client that says nothing and does not leave */
static struct sockaddr_in client = {.sin_family = AF_INET}; /* a proxy that is trusted */

/* --- the daemon ------------------------------------------------------------------------------- */

struct MHD_Daemon *MHD_start_daemon(unsigned int flags, uint16_t port,
                                    MHD_AcceptPolicyCallback accept, void *accept_context,
                                    MHD_AccessHandlerCallback on_request, void *request_context,
                                    ...)
{
    (void)flags, (void)port, (void)accept, (void)accept_context;
    daemon_.on_request = on_request;
    daemon_.request_context = request_context;
    va_list options;
    va_start(options, request_context);
    for (int option; (option = va_arg(options, int)) != MHD_OPTION_END;) {
        void *first = va_arg(options, void *);
        if (option == MHD_OPTION_UNESCAPE_CALLBACK) {
            memcpy(&daemon_.unescape, &first, sizeof first);
            daemon_.unescape_context = va_arg(options, void *);
        } else if (option == MHD_OPTION_NOTIFY_COMPLETED) {
            memcpy(&daemon_.on_completed, &first, sizeof first);
            daemon_.completed_context = va_arg(options, void *);
        } else if (option == MHD_OPTION_NOTIFY_CONNECTION) {
            memcpy(&daemon_.on_connection, &first, sizeof first);
            daemon_.connection_context = va_arg(options, void *);
        } else {
            fuzz_expect(option == MHD_OPTION_ARRAY, "the option %d is not known", option);
        }
    }
    va_end(options);
    return &daemon_;
}

MHD_socket MHD_quiesce_daemon(struct MHD_Daemon *unused)
{
    (void)unused;
    return MHD_INVALID_SOCKET;
}

void MHD_stop_daemon(struct MHD_Daemon *unused)
{
    (void)unused;
}

const union MHD_DaemonInfo *MHD_get_daemon_info(struct MHD_Daemon *unused,
                                                enum MHD_DaemonInfoType type, ...)
{
    static const union MHD_DaemonInfo info = {.num_connections = 1};
    (void)unused;
    fuzz_expect(type == MHD_DAEMON_INFO_CURRENT_CONNECTIONS, "information %d", (int)type);
    return &info;
}

/* --- connections ------------------------------------------------------------------------------ */

static const struct exchange_header *values_of(const struct MHD_Connection *connection,
                                               enum MHD_ValueKind kind, size_t *count)
{
    if (kind == MHD_GET_ARGUMENT_KIND) {
        *count = connection->argument_count;
        return connection->arguments;
    }
    fuzz_expect(kind == MHD_HEADER_KIND, "values of the kind %u", (unsigned)kind);
    *count = connection->request->header_count;
    return connection->request->headers;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator iterator, void *context)
{
    size_t count;
    const struct exchange_header *values = values_of(connection, kind, &count);
    size_t i = 0;
    while (i < count && (!iterator || iterator(context, kind, values[i].name, values[i].value)))
        i++;
    return (int)i;
}

int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                MHD_KeyValueIteratorN iterator, void *context)
{
    size_t count;
    const struct exchange_header *values = values_of(connection, kind, &count);
    size_t i = 0;
    while (i < count && iterator(context, kind, values[i].name, strlen(values[i].name),
                                 values[i].value, values[i].value ? strlen(values[i].value) : 0))
        i++;
    return (int)i;
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key)
{
    size_t count;
    const struct exchange_header *values = values_of(connection, kind, &count);
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(values[i].name, key) == 0)
            return values[i].value;
    return NULL;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType type, ...)
{
    switch (type) {
    case MHD_CONNECTION_INFO_CONNECTION_FD:
        connection->answer.connect_fd = sockets[0];
        break;
    case MHD_CONNECTION_INFO_CLIENT_ADDRESS:
        connection->answer.client_addr = (struct sockaddr *)&client;
        break;
    case MHD_CONNECTION_INFO_SOCKET_CONTEXT:
        connection->answer.socket_context = connection->socket_context;
        break;
    default:
        fuzz_expect(false, "information %d", (int)type);
    }
    return &connection->answer;
}

enum MHD_Result MHD_set_connection_option(struct MHD_Connection *connection,
                                          enum MHD_CONNECTION_OPTION option, ...)
{
    (void)connection, (void)option;
    return MHD_YES;
}

void MHD_suspend_connection(struct MHD_Connection *connection)
{
    pthread_mutex_lock(&lock);
    fuzz_expect(!connection->suspended, "suspended twice");
    connection->suspended = connection->was_suspended = true;
    pthread_mutex_unlock(&lock);
}

void MHD_resume_connection(struct MHD_Connection *connection)
{
    pthread_mutex_lock(&lock);
    fuzz_expect(connection->suspended, "resumed, and was not suspended");
    connection->suspended = false;
    pthread_cond_broadcast(&resumed);
    pthread_mutex_unlock(&lock);
}

/* Wait while it is suspended; whether it was. */
static bool wait_for_resume(struct MHD_Connection *connection)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += HANG_S;
    pthread_mutex_lock(&lock);
    bool was_suspended = connection->was_suspended;
    connection->was_suspended = false;
    int error = 0;
    while (connection->suspended && error == 0)
        error = pthread_cond_timedwait(&resumed, &lock, &deadline);
    fuzz_expect(error == 0, "suspended for ever");
    pthread_mutex_unlock(&lock);
    return was_suspended;
}

/* --- responses -------------------------------------------------------------------------------- */

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer,
                                                     enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = calloc(1, sizeof *response);
    *response = (struct MHD_Response){.data = buffer, .size = size, .mode = mode, .references = 1};
    fuzz_expect(mode != MHD_RESPMEM_MUST_COPY, "a buffer to be copied");
    return response;
}

struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block_size,
                                                       MHD_ContentReaderCallback read,
                                                       void *context,
                                                       MHD_ContentReaderFreeCallback free_context)
{
    (void)size, (void)block_size;
    struct MHD_Response *response = calloc(1, sizeof *response);
    *response = (struct MHD_Response){
        .read = read, .read_context = context, .free_context = free_context, .references = 1};
    return response;
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *header,
                                        const char *content)
{
    for (const char *c = content; *c; c++)
        fuzz_expect((*c >= ' ' && *c != 0x7f) || *c < 0, "the header %s has the byte %d", header,
                    *c);
    fuzz_expect(response->header_count < EXCHANGE_HEADERS_MAX, "too many headers");
    response->headers[response->header_count++] =
        (struct exchange_header){strdup(header), strdup(content)};
    return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response)
{
    if (--response->references > 0)
        return;
    for (size_t i = 0; i < response->header_count; i++) {
        free(response->headers[i].name);
        free(response->headers[i].value);
    }
    if (response->mode == MHD_RESPMEM_MUST_FREE && !response->read)
        free(response->data);
    if (response->free_context)
        response->free_context(response->read_context);
    free(response);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned int status,
                                   struct MHD_Response *response)
{
    fuzz_expect(connection->may_reply, "a reply while the body is being read");
    fuzz_expect(!connection->response, "a second reply");
    fuzz_expect(status >= 200 && status < 600, "the status %u", status);
    connection->status = status;
    connection->response = response;
    response->references++;
    return MHD_YES;
}

/* --- a request -------------------------------------------------------------------------------- */

static char *decode(struct MHD_Connection *connection, const char *text, size_t length)
{
    char *decoded = strndup(text, length);
    for (char *c = decoded; *c; c++)
        if (*c == '+')
            *c = ' ';
    daemon_.unescape(daemon_.unescape_context, connection, decoded);
    return decoded;
}

static void parse_arguments(struct MHD_Connection *connection, const char *query)
{
    while (query && *query && connection->argument_count < ARGUMENTS_MAX) {
        size_t length = strcspn(query, "&");
        size_t name_length = strcspn(query, "=&");
        struct exchange_header *argument = &connection->arguments[connection->argument_count++];
        argument->name = decode(connection, query, name_length);
        argument->value = name_length < length ? decode(connection, query + name_length + 1,
                                                        length - name_length - 1)
                                               : NULL;
        query += length + (query[length] == '&');
    }
}

/* Call the service for the headers, the next piece of body, or (no bytes) the end. */
static bool call(struct MHD_Connection *connection, const char *url, const char *bytes, size_t size,
                 void **context)
{
    char *piece = size > 0 ? fuzz_copy(bytes, size) : NULL;
    size_t left = size;
    connection->may_reply = size == 0;
    bool goes_on =
        daemon_.on_request(daemon_.request_context, connection, url, connection->request->method,
                           MHD_HTTP_VERSION_1_1, piece, &left, context) == MHD_YES;
    fuzz_expect(!goes_on || left == 0, "%zu bytes not taken", left);
    free(piece);
    return goes_on;
}

/* Headers, body, end. False: the connection is to be closed. */
static bool send_request(struct MHD_Connection *connection, const char *url, void **context)
{
    const struct exchange_request *request = connection->request;
    size_t end = request->breaks_off ? request->body_size / 2 : request->body_size;
    uint64_t random = fuzz_hash((const uint8_t *)request->body, request->body_size);
    if (!call(connection, url, NULL, 0, context))
        return false;
    wait_for_resume(connection);
    for (size_t at = 0; at < end && !connection->response;) {
        size_t size = 1 + (size_t)fuzz_random(&random) % (end - at);
        if (!call(connection, url, request->body + at, size, context))
            return false;
        wait_for_resume(connection);
        at += size;
    }
    if (request->breaks_off)
        return false;
    while (!connection->response) {
        if (!call(connection, url, NULL, 0, context))
            return false;
        fuzz_expect(wait_for_resume(connection) || connection->response, "no reply, nor a wait");
    }
    return true;
}

/* Read what a stream has to say; false if it breaks off. */
static bool read_stream(struct MHD_Connection *connection, struct text *body)
{
    const struct MHD_Response *response = connection->response;
    char buffer[READ_SIZE];
    for (;;) {
        ssize_t size = response->read(response->read_context, body->length, buffer, sizeof buffer);
        if (size == MHD_CONTENT_READER_END_OF_STREAM)
            return true;
        if (size == MHD_CONTENT_READER_END_WITH_ERROR)
            return false;
        fuzz_expect(size >= 0 && size <= READ_SIZE, "%zd bytes read", size);
        text_add(body, buffer, (size_t)size);
        fuzz_expect(wait_for_resume(connection) || size > 0, "nothing read, nor a wait");
    }
}

/* Take the reply over; whether it is complete. */
static bool take_reply(struct MHD_Connection *connection, struct exchange_reply *reply)
{
    struct MHD_Response *response = connection->response;
    bool complete = true;
    reply->status = connection->status;
    reply->header_count = response->header_count;
    memcpy(reply->headers, response->headers, sizeof reply->headers);
    response->header_count = 0;
    if (strcmp(connection->request->method, "HEAD") == 0)
        ;
    else if (response->read)
        complete = read_stream(connection, &reply->body);
    else if (response->size > 0)
        text_add(&reply->body, response->data, response->size);
    return complete;
}

struct exchange_reply exchange(const struct exchange_request *request)
{
    struct MHD_Connection connection = {.request = request};
    struct exchange_reply reply = {.status = 0};
    void *context = NULL;
    size_t path_length = strcspn(request->target, "?");
    char *url = strndup(request->target, path_length);
    daemon_.unescape(daemon_.unescape_context, &connection, url);
    parse_arguments(&connection,
                    request->target[path_length] ? request->target + path_length + 1 : NULL);

    daemon_.on_connection(daemon_.connection_context, &connection, &connection.socket_context,
                          MHD_CONNECTION_NOTIFY_STARTED);
    bool complete = send_request(&connection, url, &context);
    complete = complete && take_reply(&connection, &reply);
    daemon_.on_completed(daemon_.completed_context, &connection, &context,
                         complete ? MHD_REQUEST_TERMINATED_COMPLETED_OK
                                  : MHD_REQUEST_TERMINATED_CLIENT_ABORT);
    daemon_.on_connection(daemon_.connection_context, &connection, &connection.socket_context,
                          MHD_CONNECTION_NOTIFY_CLOSED);
    if (connection.response)
        MHD_destroy_response(connection.response);
    for (size_t i = 0; i < connection.argument_count; i++) {
        free(connection.arguments[i].name);
        free(connection.arguments[i].value);
    }
    free(url);
    char *end = text_reserve(&reply.body, 1);
    *end = '\0';
    return reply;
}

void exchange_free(struct exchange_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        free(reply->headers[i].name);
        free(reply->headers[i].value);
    }
    text_destroy(&reply->body);
}

const char *exchange_header(const struct exchange_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

void exchange_delete(const char *location)
{
    char host[] = "Host", here[] = "here";
    struct exchange_request request = {
        .method = "DELETE", .target = location, .headers = {{host, here}}, .header_count = 1};
    if (!location)
        return;
    struct exchange_reply reply = exchange(&request);
    fuzz_expect(reply.status == 204 || reply.status == 410, "%u", reply.status);
    exchange_free(&reply);
}

struct MHD_Connection *exchange_connection(const struct exchange_request *request)
{
    struct MHD_Connection *connection = calloc(1, sizeof *connection);
    client.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->request = request;
    connection->may_reply = true;
    return connection;
}

unsigned exchange_hang_up(struct MHD_Connection *connection)
{
    unsigned status = connection->status;
    if (connection->response)
        MHD_destroy_response(connection->response);
    free(connection);
    return status;
}

void exchange_start(void)
{
    client.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fuzz_expect(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "no sockets");
    service_start();
}
