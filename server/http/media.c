/* media - by tables of types and codings. See media.h. */
#include "server/http/media.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/http/problem.h"

static const struct {
    const char *type;
    enum intake_format format;
} types[] = {
    {"application/json", INTAKE_JSON},
    {"application/x-ndjson", INTAKE_LINES},
    {"text/plain", INTAKE_LINES},
    {"application/octet-stream", INTAKE_OCTETS},
    {"application/x-www-form-urlencoded", INTAKE_SNIFF}, /* what bare curl says of any body */
};

/* The format a Content-Type names, its parameters aside; false if it is none of ours. */
static bool find_format(const char *content_type, enum intake_format *format)
{
    if (!content_type) {
        *format = INTAKE_SNIFF;
        return true;
    }
    size_t length = strcspn(content_type, "; \t");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strlen(types[i].type) == length &&
            strncasecmp(types[i].type, content_type, length) == 0) {
            *format = types[i].format;
            return true;
        }
    }
    return false;
}

bool media_read_format(struct request *request, enum intake_format *format)
{
    const char *type = request_header(request, "Content-Type");
    if (find_format(type, format))
        return true;
    problem_reply(request, PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                  "\"%.100s\" is not one of application/json, application/x-ndjson, text/plain, "
                  "application/octet-stream",
                  type);
    return false;
}

bool media_read_coding(struct request *request, bool *encoded, enum decoder_coding *coding)
{
    const char *encoding = request_header(request, "Content-Encoding");
    *encoded = encoding && strcasecmp(encoding, "identity") != 0;
    if (!*encoded || decoder_find(encoding, coding))
        return true;
    char detail[160];
    snprintf(detail, sizeof detail, "Content-Encoding \"%.100s\" is not one of gzip, zstd",
             encoding);
    problem_reply_errors(request, PROBLEM_UNSUPPORTED_MEDIA_TYPE, detail, NULL, 0,
                         reply_headers({"Accept-Encoding", "gzip, zstd"}));
    return false;
}
