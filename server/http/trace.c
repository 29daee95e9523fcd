/* trace - reading a traceparent. See trace.h. */
#include "server/http/trace.h"

#include <string.h>

/* Where the parts of version 00 begin, and its length; a hyphen stands before each but the first. */
enum { TRACE_ID_AT = 3, PARENT_ID_AT = 36, FLAGS_AT = 53, LENGTH = 55 };
enum { VERSION_DIGITS = 2, TRACE_ID_DIGITS = 32, PARENT_ID_DIGITS = 16, FLAGS_DIGITS = 2 };

/* Are those characters digits, of hexadecimal in lower case? They may end before. */
static bool are_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789abcdef") >= count;
}

/* The same of an id, which must not be all zeros. */
static bool is_id(const char *text, size_t count)
{
    return are_digits(text, count) && strspn(text, "0") < count;
}

bool trace_parse(const char *value, struct trace *trace)
{
    *trace = (struct trace){.id = ""};
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length > 0 && strchr(" \t", value[length - 1]))
        length--;
    if (length < LENGTH || !are_digits(value, VERSION_DIGITS) || strncmp(value, "ff", 2) == 0)
        return false;
    /* A higher version may go on, behind another hyphen. */
    bool may_go_on = strncmp(value, "00", 2) != 0;
    if (length > LENGTH && !(may_go_on && value[LENGTH] == '-'))
        return false;
    if (value[TRACE_ID_AT - 1] != '-' || value[PARENT_ID_AT - 1] != '-' ||
        value[FLAGS_AT - 1] != '-' || !is_id(value + TRACE_ID_AT, TRACE_ID_DIGITS) ||
        !is_id(value + PARENT_ID_AT, PARENT_ID_DIGITS) ||
        !are_digits(value + FLAGS_AT, FLAGS_DIGITS))
        return false;
    memcpy(trace->id, value + TRACE_ID_AT, TRACE_ID_DIGITS);
    return true;
}
