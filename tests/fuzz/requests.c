/*
 * requests - whole requests, one after another, through the service as it is (exchange.h): paths,
 * queries, headers, bodies, clients that leave. Every reply is one of ours: no 5xx but 501 and 503,
 * JSON where it says JSON, problem documents that are whole, no header broken open.
 *
 * An input is text, requests parted by a line that is `%`:
 *
 *     POST /v1/batches?wait=1
 *     Content-Type: text/plain
 *
 *     2
 *     3
 *     %
 *     ~GET /v1/batches/{id}/results       a ~: the client leaves half-way
 *
 * {id} is the batch that the last POST has made. What an input makes is deleted at its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/fuzz/support/exchange.h"
#include "tests/fuzz/support/fuzz.h"

enum { REQUESTS_MAX = 6, ID_LENGTH = 36 };
static const char batches[] = "/v1/batches/";

/* The batches of this input, for {id} and to be deleted. */
struct made {
    char ids[REQUESTS_MAX][ID_LENGTH + 1];
    size_t count;
};

/* The next part of a text, up to a separator, which is skipped; NULL behind the last. */
static char *next_part(char **text, const char *separator)
{
    char *part = *text;
    char *end = part ? strstr(part, separator) : NULL;
    if (end)
        *end = '\0';
    *text = end ? end + strlen(separator) : NULL;
    return part;
}

/* What a client may put into a request line: no blanks, nothing that is not printable. */
static void make_token(char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f)
            *text = '_';
}

/* A header, its name lower than its value; libmicrohttpd takes blanks away from before the value.
 */
static void add_header(struct exchange_request *request, char *line)
{
    char *value = line;
    char *name = next_part(&value, ":");
    if (!value || !*name || request->header_count + 2 > EXCHANGE_HEADERS_MAX)
        return;
    value += strspn(value, " \t");
    make_token(name);
    for (char *c = value; *c; c++)
        if (*c == '\r')
            *c = ' ';
    request->headers[request->header_count++] = (struct exchange_header){name, value};
}

static bool has_header(const struct exchange_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    return false;
}

/* The target with the last id in the place of {id}. */
static char *fill_in(const char *target, const struct made *made)
{
    char *filled = malloc(strlen(target) + ID_LENGTH + 1);
    const char *hole = made->count > 0 ? strstr(target, "{id}") : NULL;
    strcpy(filled, target);
    if (hole) {
        strcpy(filled + (hole - target), made->ids[made->count - 1]);
        strcat(filled, hole + 4);
    }
    return filled;
}

static void remember(struct made *made, const struct exchange_reply *reply)
{
    const char *location = exchange_header(reply, "Location");
    if (!location || made->count == REQUESTS_MAX)
        return;
    fuzz_expect(strncmp(location, batches, strlen(batches)) == 0 &&
                    strlen(location) == strlen(batches) + ID_LENGTH,
                "Location: %s", location);
    strcpy(made->ids[made->count++], location + strlen(batches));
}

static void send_one(char *text, size_t body_size, struct made *made)
{
    struct exchange_request request = {.body_size = 0};
    char *body = text;
    char *lines = next_part(&body, "\n\n");
    char *line = next_part(&lines, "\n");
    request.breaks_off = *line == '~';
    line += request.breaks_off;
    char *target = line;
    request.method = next_part(&target, " ");
    if (!target || *target != '/')
        return;
    make_token(target);
    while (lines)
        add_header(&request, next_part(&lines, "\n"));
    char host[] = "Host", name[] = "here", length[] = "Content-Length", digits[24];
    if (!has_header(&request, host))
        request.headers[request.header_count++] = (struct exchange_header){host, name};
    if (body) {
        request.body = body;
        request.body_size = body_size - (size_t)(body - text);
        snprintf(digits, sizeof digits, "%zu", request.body_size);
        if (!has_header(&request, length) && !has_header(&request, "Transfer-Encoding"))
            request.headers[request.header_count++] = (struct exchange_header){length, digits};
    }

    char *filled = fill_in(target, made);
    request.target = filled;
    struct exchange_reply reply = exchange(&request);
    exchange_check(&request, &reply);
    remember(made, &reply);
    exchange_free(&reply);
    free(filled);
}

static void delete_all(const struct made *made)
{
    for (size_t i = 0; i < made->count; i++) {
        char location[sizeof batches + ID_LENGTH];
        snprintf(location, sizeof location, "%s%s", batches, made->ids[i]);
        exchange_delete(location);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool started;
    if (!started)
        exchange_start();
    started = true;

    struct made made = {.count = 0};
    char *text = fuzz_string(bytes, size);
    char *rest = text;
    for (int i = 0; i < REQUESTS_MAX && rest; i++) {
        char *part = next_part(&rest, "\n%\n");
        send_one(part, strlen(part), &made);
    }
    delete_all(&made);
    free(text);
    return 0;
}
