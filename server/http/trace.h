/*
 * trace - to which trace a request belongs: W3C Trace Context (https://www.w3.org/TR/trace-context/).
 *
 * A caller that traces says so in the header
 *
 *     traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *                  version  trace-id (32)       parent-id (16)       flags
 *
 * and whoever has a part in the request notes the trace-id, so that what all of them have noted can
 * be put together. The service notes it in its log, in every line of that request and of the batch
 * it made; the field is named trace_id, as OpenTelemetry names it in logs.
 *
 * What it does not do: it makes no spans and sends none, so it invents no trace for a request
 * without one (that has its X-Request-Id), answers no traceresponse, which names a span of the
 * answerer, and leaves tracestate, which is of others, unread. It asks nobody in turn, so it has
 * nothing to hand either on to.
 */
#ifndef SERVER_HTTP_TRACE_H
#define SERVER_HTTP_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/log.h"

enum { TRACE_ID_SIZE = 32 + 1 };

/* Zero: of no trace. */
struct trace {
    char id[TRACE_ID_SIZE]; /* 32 lower-case hexadecimal digits; "" if there is none */
};

/*
 * Read the value of a traceparent header; white space around it is not part of it. True if it is
 * valid: version 00 in all its length, or a higher one (but ff) that begins like it, and neither id
 * all zeros. Otherwise *trace is of no trace.
 */
bool trace_parse(const char *value, struct trace *trace);

/*
 * A field for a log line, which must be its last: the id of the trace, or the end of the fields
 * where there is none.
 */
static inline struct log_field trace_field(const struct trace *trace)
{
    return log_str(*trace->id ? "trace_id" : NULL, trace->id);
}

#endif
