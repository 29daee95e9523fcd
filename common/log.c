/* log - building a line and writing it at once. See log.h. */
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
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

/* A line under construction; room for its end (a closing quote, a brace, a newline) is kept. */
struct line {
    char text[LOG_LINE_MAX];
    size_t length;
};
enum { LINE_END_ROOM = 3 };

/* Append all of it, or nothing and return false if it does not fit. */
__attribute__((format(printf, 2, 3))) static bool add(struct line *line, const char *format, ...)
{
    size_t limit = sizeof line->text - LINE_END_ROOM;
    size_t room = line->length < limit ? limit - line->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    bool fits = written >= 0 && (size_t)written < room;
    if (fits)
        line->length += (size_t)written;
    return fits;
}

/* The length of the character of UTF-8 (RFC 3629) that the text begins with; 0 if it is none. */
static int character_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    int length = *c < 0x80 ? 1 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0;
    for (int i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90);
    bool beyond = (*c == 0xed && c[1] > 0x9f) || (*c == 0xf4 && c[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

/*
 * As much of the value as fits, escaped as JSON. What is not UTF-8, as clients may send it, becomes
 * U+FFFD a byte.
 */
static void add_escaped(struct line *line, const char *value)
{
    bool fits = true;
    int bytes;
    for (const char *c = value; *c && fits; c += bytes) {
        bytes = character_length(c);
        if (bytes == 0) {
            bytes = 1;
            fits = add(line, "\\ufffd");
        } else if (*c == '"' || *c == '\\') {
            fits = add(line, "\\%c", *c);
        } else if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            fits = add(line, "\\u%04x", (unsigned)*c);
        } else {
            fits = add(line, "%.*s", bytes, c);
        }
    }
}

/* The same in double quotes; false if not even the first of them fits. */
static bool add_quoted(struct line *line, const char *value)
{
    if (!add(line, "\""))
        return false;
    add_escaped(line, value);
    line->text[line->length++] = '"';
    return true;
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

static bool add_value(struct line *line, const struct log_field *field)
{
    switch (field->type) {
    case LOG_FIELD_INT:
        return add(line, "%lld", (long long)field->integer);
    case LOG_FIELD_SECONDS:
        return add(line, "%.6f", field->seconds);
    case LOG_FIELD_STRING:
        if (chosen_format == LOG_JSON || !is_plain_word(field->string))
            return add_quoted(line, field->string);
        add_escaped(line, field->string);
        return true;
    }
    return false;
}

/* --- writing ---------------------------------------------------------------------------------- */

static pthread_mutex_t write_lock =
    PTHREAD_MUTEX_INITIALIZER; /* of looking for room and taking it */
static int64_t lost;           /* lines there was no room for; under the lock */

/* Would a line go out at once? A pipe that says so takes PIPE_BUF bytes, more than a line. */
static bool has_room(void)
{
    struct pollfd error_stream = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&error_stream, 1, 0) == 1;
}

static void write_line(const struct line *line)
{
    size_t done = 0;
    while (done < line->length) {
        ssize_t written = write(STDERR_FILENO, line->text + done, line->length - done);
        if (written < 0 && errno != EINTR)
            return; /* nobody to tell */
        done += written > 0 ? (size_t)written : 0;
    }
}

/* There is room again: say how many lines there was none for. */
static void report_lost(void)
{
    pthread_mutex_lock(&write_lock);
    int64_t lines = lost;
    lost = 0;
    pthread_mutex_unlock(&write_lock);
    if (lines > 0)
        log_warning("log lines lost: nobody read them", log_int("lines", lines));
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
        add(&line, "%s %-7s ", time, level_names[level]);
        add_escaped(&line, event);
    }
    for (const struct log_field *field = fields; field->key; field++) {
        size_t before = line.length;
        if (!add(&line, json ? ",\"%s\":" : " %s=", field->key) || !add_value(&line, field)) {
            line.length = before;
            break;
        }
    }
    if (json)
        line.text[line.length++] = '}';
    line.text[line.length++] = '\n';

    pthread_mutex_lock(&write_lock);
    bool room = has_room();
    if (room)
        write_line(&line);
    else
        lost++;
    pthread_mutex_unlock(&write_lock);
    if (room)
        report_lost();
}
