/* framing - one look at all headers. See framing.h. */
#include "server/http/framing.h"

#include <string.h>
#include <strings.h>

static const char length_name[] = "Content-Length";
static const char coding_name[] = "Transfer-Encoding";

struct findings {
    unsigned hosts;
    unsigned lengths; /* headers that say how long the body is */
    bool malformed;
};

/* A token of RFC 9110, 5.6.2: no blank before the colon, above all. */
static bool is_token(const char *name)
{
    static const char others[] = "!#$%&'*+-.^_`|~0123456789"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return *name && name[strspn(name, others)] == '\0';
}

/* Control characters in a value (RFC 9110, 5.5): a CR alone ends a line for some. */
static bool has_controls(const char *value)
{
    for (; *value; value++)
        if ((unsigned char)*value < ' ' && *value != '\t')
            return true;
    return false;
}

/*
 * A header that begins with the name of one of ours and goes on. Where a line is folded (RFC 9112,
 * 5.2), libmicrohttpd 0.9.75 adds what is folded to the name: "Content-Length:", "\n 5" becomes
 * "Content-Length5". Mostly that is no token; of these it might be.
 */
static bool is_folded(const char *name, const char *ours)
{
    return strncasecmp(name, ours, strlen(ours)) == 0 && strlen(name) > strlen(ours);
}

/* An MHD_KeyValueIterator. */
static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    (void)kind;
    struct findings *findings = context;
    findings->hosts += strcasecmp(name, "Host") == 0;
    findings->lengths += strcasecmp(name, length_name) == 0 || strcasecmp(name, coding_name) == 0;
    findings->malformed |= !is_token(name) || (value && has_controls(value)) ||
                           is_folded(name, length_name) || is_folded(name, coding_name);
    return MHD_YES;
}

unsigned framing_check(const struct request *request, const char *version)
{
    struct findings findings = {.hosts = 0};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, look_at, &findings);
    const char *coding = request_header(request, coding_name);
    bool knows_chunks = strcmp(version, MHD_HTTP_VERSION_1_0) != 0;
    bool wants_host = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
    if (findings.malformed || findings.lengths > 1 || findings.hosts > 1 ||
        (wants_host && findings.hosts == 0) || (coding && !knows_chunks))
        return MHD_HTTP_BAD_REQUEST;
    return coding && strcasecmp(coding, "chunked") != 0 ? MHD_HTTP_NOT_IMPLEMENTED : 0;
}
