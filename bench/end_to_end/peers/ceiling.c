/*
 * ceiling PORT - the bare ceiling: libmicrohttpd, a digit scanner, and the test in the handler. No queue,
 * no store, no workers; a big body is tested by two threads.
 */
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/end_to_end/work.h"
#include "common/text.h"

enum { BIG = 10000 };

struct part {
    const uint64_t *numbers;
    size_t count;
    uint8_t *verdicts;
};

static void *test(void *argument)
{
    struct part *part = argument;
    work_test_octets(part->numbers, part->count, part->verdicts);
    return NULL;
}

static enum MHD_Result reply(struct MHD_Connection *connection, const struct text *body)
{
    bool octets =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept") &&
        strstr(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept"), "octet");
    size_t room = body->length / 2 + 1;
    uint64_t *numbers = malloc(room * sizeof *numbers);
    uint8_t *verdicts = malloc(room);
    const char *p = body->data;
    size_t count = 0;
    while (work_scan(&p, body->data + body->length, &numbers[count]))
        count++;
    size_t half = count >= BIG ? count / 2 : 0;
    struct part first = {numbers, half, verdicts};
    struct part second = {numbers + half, count - half, verdicts + half};
    pthread_t thread;
    if (half)
        pthread_create(&thread, NULL, test, &first);
    test(&second);
    if (half)
        pthread_join(thread, NULL);

    struct text out = {.data = NULL};
    if (octets) {
        text_add(&out, (const char *)verdicts, count);
    } else {
        for (size_t i = 0; i < count; i++)
            text_printf(&out, "%c{\"n\":\"%llu\",\"prime\":%s}", i ? ',' : '[',
                        (unsigned long long)numbers[i], verdicts[i] ? "true" : "false");
        text_add(&out, "]", 1);
    }
    free(numbers);
    free(verdicts);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(out.length, out.data, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **state)
{
    (void)context;
    (void)url;
    (void)method;
    (void)version;
    struct text *body = *state;
    if (!body) {
        *state = calloc(1, sizeof *body);
        return MHD_YES;
    }
    if (*size > 0) {
        text_add(body, bytes, *size);
        *size = 0;
        return MHD_YES;
    }
    enum MHD_Result result = reply(connection, body);
    text_destroy(body);
    free(body);
    *state = NULL;
    return result;
}

int main(int argc, char **argv)
{
    uint16_t port = argc > 1 ? (uint16_t)atoi(argv[1]) : 0;
    if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, port, NULL, NULL, on_request, NULL,
                          MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                          (size_t)128 * 1024, MHD_OPTION_END))
        return 1;
    pause();
}
