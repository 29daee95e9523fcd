/* request - parameters, headers, and the end of a request. See request.h. */
#include "server/http/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "server/http/access.h"
#include "server/http/connection.h"
#include "server/http/problem.h"

enum { WAIT_MAX_S = 60 };

bool http_is_draining(const struct http *http)
{
    return atomic_load(&http->options.arena->control->state) != CONTROL_RUN;
}

/*
 * Take over the client's id for the request, if it is 1 .. 128 visible ASCII characters, or make
 * one.
 */
static void choose_id(struct request *request)
{
    const char *given = request_header(request, "X-Request-Id");
    size_t length = 0;
    while (given && length < REQUEST_ID_SIZE && given[length] > ' ' && given[length] < 0x7f)
        length++;
    if (given && given[length] == '\0' && length >= 1 && length < REQUEST_ID_SIZE) {
        memcpy(request->id, given, length + 1);
        return;
    }
    uint64_t number =
        atomic_fetch_add_explicit(&request->http->next_request, 1, memory_order_relaxed);
    snprintf(request->id, sizeof request->id, "%012llx-%llx",
             (unsigned long long)request->http->request_prefix, (unsigned long long)number);
}

/* What the traceparent headers of a request are. */
struct traceparents {
    const char *value;
    unsigned count;
};

static enum MHD_Result match_traceparent(void *context, enum MHD_ValueKind kind, const char *name,
                                         const char *value)
{
    (void)kind;
    struct traceparents *found = context;
    if (strcasecmp(name, "traceparent") == 0) {
        found->value = value;
        found->count++;
    }
    return MHD_YES;
}

/* Several are as good as none: there is no telling which is right. */
static void read_trace(struct request *request)
{
    struct traceparents found = {.count = 0};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, match_traceparent, &found);
    if (found.count == 1 && found.value)
        trace_parse(found.value, &request->trace);
}

/* A path with everything percent-encoded that may not stand in a URI as it is (RFC 3986). */
static char *encode_path(const char *raw)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~!$&'()*+,;=:@/";
    static const char hex[] = "0123456789ABCDEF";
    size_t length = strlen(raw);
    char *path = malloc(3 * length + 1);
    char *out = path;
    for (size_t i = 0; path && i < length; i++) {
        unsigned char c = (unsigned char)raw[i];
        bool encoded =
            c == '%' && isxdigit((unsigned char)raw[i + 1]) && isxdigit((unsigned char)raw[i + 2]);
        if (encoded || strchr(allowed, c)) {
            *out++ = (char)c;
        } else {
            *out++ = '%';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        }
    }
    if (path)
        *out = '\0';
    return path;
}

struct request *request_new(struct http *http, struct MHD_Connection *connection, const char *path,
                            const char *method)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->http = http;
    request->connection = connection;
    request->method = method;
    request->began_ns = clock_monotonic_ns();
    request->uri = encode_path(path);
    if (!request->uri) {
        free(request);
        return NULL;
    }
    choose_id(request);
    read_trace(request);
    return request;
}

void request_free(struct request *request)
{
    if (request->held_reply)
        MHD_destroy_response(request->held_reply);
    if (request->release)
        request->release(request);
    atomic_fetch_sub(&request->http->answer_bytes, request->answer_bytes);
    free(request->argument);
    free(request->uri);
    free(request);
}

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* What a search among the query parameters is for, and what it has found. */
struct query_search {
    const char *name;
    const char *value;
};

static enum MHD_Result match_query(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    struct query_search *search = context;
    if (strcmp(name, search->name) != 0)
        return MHD_YES;
    search->value = value ? value : "";
    return MHD_NO;
}

const char *request_query(const struct request *request, const char *name)
{
    struct query_search search = {.name = name};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, match_query, &search);
    return search.value;
}

void request_bad_query(struct request *request, const char *name, const char *expected)
{
    const char *value = request_query(request, name);
    char sentence[128];
    char detail[256];
    snprintf(sentence, sizeof sentence, "the query parameter \"%s\" is malformed", name);
    snprintf(detail, sizeof detail, "must be %s, is \"%.80s\"", expected, value ? value : "");
    struct problem_error error = {"parameter", name, detail};
    problem_reply_errors(request, PROBLEM_BAD_PARAMETER, sentence, &error, 1, NULL);
}

/* Decimal digits only; numbers too big for 64 bits come out as the biggest. */
static bool parse_number(const char *text, uint64_t *value)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return false;
    *value = strtoull(text, NULL, 10); /* ULLONG_MAX where it overflows */
    return true;
}

bool request_query_integer(struct request *request, const char *name, uint64_t low, uint64_t high,
                           uint64_t *value)
{
    const char *text = request_query(request, name);
    uint64_t number;
    if (!text)
        return true;
    if (!parse_number(text, &number) || number < low || number > high) {
        char expected[64];
        if (high == UINT64_MAX)
            snprintf(expected, sizeof expected, "%llu or more", (unsigned long long)low);
        else
            snprintf(expected, sizeof expected, "%llu to %llu", (unsigned long long)low,
                     (unsigned long long)high);
        request_bad_query(request, name, expected);
        return false;
    }
    *value = number;
    return true;
}

/*
 * The N of a `wait=N` among the preferences of a Prefer header (RFC 7240); false if there is none.
 */
static bool parse_prefer(const char *header, uint64_t *seconds)
{
    while (header && *header) {
        header += strspn(header, " \t,");
        if (strncasecmp(header, "wait", 4) == 0) {
            const char *p = header + 4 + strspn(header + 4, " \t");
            if (*p == '=') {
                p += 1 + strspn(p + 1, " \t\"");
                size_t length = strspn(p, "0123456789");
                if (length == 0 || (p[length] && !strchr("\",; \t", p[length])))
                    return false;
                *seconds = strtoull(p, NULL, 10); /* ULLONG_MAX where it overflows */
                return true;
            }
        }
        header = strchr(header, ',');
    }
    return false;
}

bool request_read_wait(struct request *request)
{
    if (request->wait_parsed)
        return true;
    uint64_t seconds = UINT64_MAX;
    bool asked = request_query(request, "wait") != NULL;
    if (asked) {
        if (!request_query_integer(request, "wait", 0, UINT64_MAX, &seconds))
            return false;
    } else {
        asked = parse_prefer(request_header(request, "Prefer"), &seconds);
    }
    request->wait_parsed = true;
    if (asked) {
        if (seconds > WAIT_MAX_S)
            seconds = WAIT_MAX_S;
        request->wait_until_ns = clock_monotonic_ns() + (int64_t)seconds * NS_PER_S;
    }
    return true;
}

bool request_batch(struct request *request, struct batch *batch)
{
    struct batch_id id;
    enum store_result result = STORE_UNKNOWN;
    if (batch_id_parse(request->argument, &id))
        result = store_get(request->http->options.store, &id, batch);
    if ((result == STORE_OK || result == STORE_GONE) && !access_sees(request, batch->owner))
        result = STORE_UNKNOWN;
    if (result == STORE_GONE)
        problem_reply(request, PROBLEM_GONE, "the batch was deleted or has expired");
    else if (result == STORE_FAILED)
        problem_reply(request, PROBLEM_STORE_FAILED, "the batch cannot be read; see the log");
    else if (result != STORE_OK)
        problem_reply(request, PROBLEM_NOT_FOUND, "there never was a batch of this id");
    return result == STORE_OK;
}

bool request_client_left(const struct request *request)
{
    return connection_has_left(request->connection);
}
