/* report - words for what is wrong with a body. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/intake/parts.h"

static bool is_printable(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

struct report_shown report_shown(const char *bytes, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    struct report_shown shown = {.text = ""};
    size_t shortened = size < REPORT_SHOWN ? size : REPORT_SHOWN;
    char *out = shown.text;
    for (size_t i = 0; i < shortened; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (is_printable(bytes[i])) {
            *out++ = bytes[i];
        } else {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = hex[byte >> 4];
            *out++ = hex[byte & 15];
        }
    }
    strcpy(out, shortened < size ? "..." : "");
    return shown;
}

/* Keep an error, if there is room for it. */
static void keep(struct intake *intake, const char *pointer, const char *format, va_list arguments)
{
    intake->total++;
    if (intake->kept == INTAKE_MAX_ERRORS)
        return;
    struct intake_error *error = &intake->errors[intake->kept++];
    snprintf(error->pointer, sizeof error->pointer, "%s", pointer);
    vsnprintf(error->detail, sizeof error->detail, format, arguments);
    for (char *c = error->detail; *c; c++) /* jansson quotes the body as it is */
        if (!is_printable(*c))
            *c = '?';
}

/* The body is done with; what was wrong with its numbers does not matter any more. */
static void end(struct intake *intake, enum intake_status status)
{
    intake->status = status;
    intake->kept = 0;
    intake->total = 0;
}

/* The same for the one reason given. */
static void end_with(struct intake *intake, enum intake_status status, const char *pointer,
                     const char *format, va_list arguments)
{
    end(intake, status);
    keep(intake, pointer, format, arguments);
}

void report_malformed(struct intake *intake, uint64_t offset, const char *format, ...)
{
    char where[32 + 160];
    snprintf(where, sizeof where, "byte %" PRIu64 ": %s", offset, format);
    va_list arguments;
    va_start(arguments, format);
    end_with(intake, INTAKE_MALFORMED, "", where, arguments);
    va_end(arguments);
}

void report_too_large(struct intake *intake, const char *pointer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    end_with(intake, INTAKE_TOO_LARGE, pointer, format, arguments);
    va_end(arguments);
}

void report_no_memory(struct intake *intake)
{
    end(intake, INTAKE_NO_MEMORY);
}

void report_refused(struct intake *intake)
{
    end(intake, INTAKE_REFUSED);
}

void report_invalid(struct intake *intake, const char *pointer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(intake, pointer, format, arguments);
    va_end(arguments);
}

void report_element(struct intake *intake, const char *format, ...)
{
    char pointer[32];
    snprintf(pointer, sizeof pointer, "%s/%" PRIu64, intake->array_pointer, intake->index);
    if (!intake_count_element(intake))
        return;
    va_list arguments;
    va_start(arguments, format);
    keep(intake, pointer, format, arguments);
    va_end(arguments);
}

/* Write `name` as one step of a JSON pointer in a URI fragment; false where it does not fit. */
static bool pointer_to(char *out, size_t size, const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-._!$&'()*+,;=:@?";
    const char *end = out + size;
    out += snprintf(out, size, "#/");
    for (; *name; name++) {
        if (end - out < 4)
            return false;
        if (*name == '~' || *name == '/')
            out += sprintf(out, "~%c", *name == '~' ? '0' : '1');
        else if (strchr(plain, *name))
            *out++ = *name;
        else
            out += sprintf(out, "%%%02X", (unsigned)(unsigned char)*name);
    }
    *out = '\0';
    return true;
}

void report_member(struct intake *intake, const char *name, const char *format, ...)
{
    char pointer[sizeof intake->errors[0].pointer];
    bool fits = pointer_to(pointer, sizeof pointer, name);
    va_list arguments;
    va_start(arguments, format);
    keep(intake, fits ? pointer : "#", format, arguments);
    va_end(arguments);
}

/* Why that text is no integer, as the end of a sentence that began with the text. */
static const char *why_no_integer(const char *text, size_t size)
{
    const char *p = text;
    const char *end = text + size;
    p += p < end && *p == '"';
    if (p < end && *p == '+')
        return ": write the integer without a plus sign";
    if (p < end && (*p == '{' || *p == '['))
        return " is JSON, where one integer a line is expected";
    p += p < end && *p == '-';
    const char *first = p;
    while (p < end && integer_is_digit(*p))
        p++;
    if (p == first || p == end)
        return " is not an integer";
    if (*p == 'e' || *p == 'E')
        return ": write the integer in full";
    if (*first == '0' && p - first == 1 && (*p == 'x' || *p == 'X'))
        return " is not decimal";
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): a NUL separates nothing
    if (end - p > 1 && integer_is_digit(p[1]) && memchr(",_' ", *p, 4))
        return ": write one integer, its digits without separators";
    return " is not an integer";
}

void report_no_integer(struct intake *intake, const char *where, const char *text, size_t size)
{
    report_element(intake, "%s%s%s", where, report_shown(text, size).text,
                   why_no_integer(text, size));
}
