/*
 * problem - problem documents made of hostile bytes: what a client wrote into its path, its method,
 * a header, a query comes back in them, and they are valid JSON and UTF-8 always.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/support/exchange.h"
#include "tests/fuzz/support/fuzz.h"

/* What may be in a header's value, or in a path, as it comes from libmicrohttpd. */
static char *line_of(const uint8_t *bytes, size_t size, const char *before)
{
    char *line = malloc(strlen(before) + size + 1);
    char *text = fuzz_string(bytes, size);
    strcpy(line, before);
    strcat(line, text);
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    free(text);
    return line;
}

/* A header whose value has control characters is refused, whatever is asked. */
static bool has_controls(const char *value)
{
    for (; *value; value++)
        if ((unsigned char)*value < ' ' && *value != '\t')
            return true;
    return false;
}

static unsigned expect_problem(const struct exchange_request *request)
{
    struct exchange_reply reply = exchange(request);
    unsigned status = reply.status;
    exchange_check(request, &reply);
    exchange_delete(exchange_header(&reply, "Location"));
    exchange_free(&reply);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool started;
    if (!started)
        exchange_start();
    started = true;

    char host[] = "Host", here[] = "here", type[] = "Content-Type", id[] = "X-Request-Id",
         key[] = "Idempotency-Key";
    char *header = line_of(bytes, size, "");
    char *path = line_of(bytes, size, "/none/");
    char *query = line_of(bytes, size, "/v1/batches?limit=x");
    struct exchange_request request = {.method = "GET", .target = path, .header_count = 2};
    request.headers[0] = (struct exchange_header){host, here};
    request.headers[1] = (struct exchange_header){id, header};
    unsigned status = expect_problem(&request);
    fuzz_expect(status == (has_controls(header) ? 400 : 404), "%u of %s", status, path);

    request.target = query;
    fuzz_expect(expect_problem(&request) == 400, "%s", query);

    request.target = "/v1/batches";
    request.method = *header ? header : "?";
    status = expect_problem(&request);
    fuzz_expect(status == 405 || status <= 204 || status == 400 || status == 202, "%u", status);

    request.method = "POST";
    request.headers[1] = (struct exchange_header){type, header};
    status = expect_problem(&request);
    fuzz_expect(status == 415 || status == 202 || status == 400, "%u of type %s", status, header);

    request.headers[1] = (struct exchange_header){key, header};
    status = expect_problem(&request);
    fuzz_expect(status == 400 || status == 202, "%u of key %s", status, header);
    free(header);
    free(path);
    free(query);
    return 0;
}
