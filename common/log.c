/* log - building a line and writing it at once. See log.h. */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

static enum log_format chosen_format = LOG_TEXT;

void log_set_format(enum log_format format)
{
    chosen_format = format;
}

static const char *const level_names[] = {"info", "warning", "error"};

/* A line under construction; what does not fit is dropped, room for its end is kept. */
struct line {
    char text[LOG_LINE_MAX];
    size_t length;
};
enum { LINE_END_ROOM = 4 };

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    size_t room = sizeof line->text - LINE_END_ROOM - line->length;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (written > 0)
        line->length += (size_t)written < room ? (size_t)written : room - 1;
}

/* The value in double quotes, escaped as JSON; bytes that are not ASCII pass as they are. */
static void add_quoted(struct line *line, const char *value)
{
    add(line, "\"");
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\')
            add(line, "\\%c", *c);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            add(line, "\\u%04x", (unsigned)*c);
        else
            add(line, "%c", *c);
    }
    add(line, "\"");
}

static bool is_plain_word(const char *value)
{
    if (*value == '\0')
        return false;
    for (const char *c = value; *c; c++)
        if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
            return false;
    return true;
}

static void add_value(struct line *line, const struct log_field *field)
{
    switch (field->type) {
    case LOG_FIELD_INT:
        add(line, "%lld", (long long)field->integer);
        break;
    case LOG_FIELD_SECONDS:
        add(line, "%.6f", field->seconds);
        break;
    case LOG_FIELD_STRING:
        if (chosen_format == LOG_TEXT && is_plain_word(field->string))
            add(line, "%s", field->string);
        else
            add_quoted(line, field->string);
        break;
    }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    struct line line = {.length = 0};
    char time[CLOCK_RFC3339_SIZE];
    clock_rfc3339(time, clock_wall_ns());

    bool json = chosen_format == LOG_JSON;
    if (json) {
        add(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":", time, level_names[level]);
        add_quoted(&line, event);
    } else {
        add(&line, "%s %-7s %s", time, level_names[level], event);
    }
    for (const struct log_field *field = fields; field->key; field++) {
        add(&line, json ? ",\"%s\":" : " %s=", field->key);
        add_value(&line, field);
    }
    if (json)
        line.text[line.length++] = '}';
    line.text[line.length++] = '\n';

    size_t done = 0;
    while (done < line.length) {
        ssize_t written = write(STDERR_FILENO, line.text + done, line.length - done);
        if (written < 0 && errno != EINTR)
            return; /* nobody to tell */
        done += written > 0 ? (size_t)written : 0;
    }
}
