/*
 * problem - problem documents (RFC 9457). Private to server/http.
 *
 * The one place that knows which kind of problem has which status and title.
 */
#ifndef SERVER_HTTP_PROBLEM_H
#define SERVER_HTTP_PROBLEM_H

#include "server/http/reply.h"
#include "server/intake/intake.h"

enum problem {
    PROBLEM_MALFORMED_JSON,
    PROBLEM_MALFORMED_LINES,
    PROBLEM_MALFORMED_OCTETS,
    PROBLEM_MALFORMED_ENCODING,
    PROBLEM_BAD_PARAMETER,
    PROBLEM_BAD_HEADER,
    PROBLEM_NOT_AN_INTEGER,
    PROBLEM_NOT_FOUND,
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_NOT_ACCEPTABLE,
    PROBLEM_KEY_BUSY,
    PROBLEM_GONE,
    PROBLEM_BODY_TOO_LARGE,
    PROBLEM_UNSUPPORTED_MEDIA_TYPE,
    PROBLEM_INVALID_BATCH,
    PROBLEM_TOO_MANY_DIGITS,
    PROBLEM_KEY_REUSED,
    PROBLEM_STORE_FAILED,
    PROBLEM_FULL,
    PROBLEM_NO_SPACE,
    PROBLEM_DRAINING,
};

/* One entry of `errors`. */
struct problem_error {
    const char *member; /* "pointer", "parameter" or "header" */
    const char *where;
    const char *detail;
};

/*
 * Reply with a problem. detail is a sentence for a person, from a printf format. The problems that
 * pass (status 503 and 507) get a Retry-After.
 */
__attribute__((format(printf, 3, 4))) void
problem_reply(struct request *request, enum problem problem, const char *detail, ...);

/* The same with a list of errors, and with more headers (NULL: none). */
void problem_reply_errors(struct request *request, enum problem problem, const char *detail,
                          const struct problem_error *errors, size_t count,
                          const struct reply_header *headers);

#endif
