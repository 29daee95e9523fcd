/*
 * log - one line an event, to standard error, as text or as JSON.
 *
 *     log_info("worker started", log_int("worker", 3), log_int("pid", pid));
 *
 *     2026-01-31T23:59:59.123456Z info    worker started worker=3 pid=4711
 *     {"time":"2026-01-31T23:59:59.123456Z","level":"info","event":"worker started","worker":3,...}
 *
 * A line is one write(2), so lines of several processes do not mix. Values are escaped; a string
 * that does not fit LOG_LINE_MAX is cut, the fields after it are left out. Any thread, any process.
 *
 * Logging never waits: a reader that has stopped reading, a full pipe say, must not stop the
 * service. A line there is no room for is lost, and counted by a warning once there is.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdint.h>

enum log_format { LOG_TEXT, LOG_JSON };
enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };
enum { LOG_LINE_MAX = 2048 };

/* How all lines of this process and its later children look; before threads start. First: text. */
void log_set_format(enum log_format format);

struct log_field {
    const char *key; /* NULL ends the fields */
    enum { LOG_FIELD_STRING, LOG_FIELD_INT, LOG_FIELD_SECONDS } type;
    union {
        const char *string;
        int64_t integer;
        double seconds;
    };
};

static inline struct log_field log_str(const char *key, const char *value)
{
    return (struct log_field){.key = key, .type = LOG_FIELD_STRING, .string = value};
}

static inline struct log_field log_int(const char *key, int64_t value)
{
    return (struct log_field){.key = key, .type = LOG_FIELD_INT, .integer = value};
}

static inline struct log_field log_seconds(const char *key, double value)
{
    return (struct log_field){.key = key, .type = LOG_FIELD_SECONDS, .seconds = value};
}

/* Write the event and the fields up to the one whose key is NULL. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

/* Every event has at least one field: what it is about. */
#define log_info(event, ...) log_write(LOG_INFO, event, log_fields(__VA_ARGS__))
#define log_warning(event, ...) log_write(LOG_WARNING, event, log_fields(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_ERROR, event, log_fields(__VA_ARGS__))
#define log_fields(...) ((struct log_field[]){__VA_ARGS__, {.key = NULL}})

#endif
