/* beanstalk - see beanstalk.h. */
#include "bench/end_to_end/beanstalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/end_to_end/load.h"

static void read_line(struct beanstalk *b, char line[256])
{
    for (;;) {
        char *start = b->buffer + b->begin;
        char *newline = memchr(start, '\n', b->end - b->begin);
        if (newline) {
            size_t length = (size_t)(newline - start);
            if (length >= 256)
                load_fail("beanstalkd: a line is too long");
            memcpy(line, start, length);
            line[length] = '\0';
            b->begin += length + 1;
            return;
        }
        memmove(b->buffer, start, b->end - b->begin);
        b->end -= b->begin;
        b->begin = 0;
        b->end += load_read(b->socket, b->buffer + b->end, sizeof b->buffer - b->end);
    }
}

static void expect(struct beanstalk *b, const char *expected, char line[256])
{
    read_line(b, line);
    if (strncmp(line, expected, strlen(expected)) != 0)
        load_fail("beanstalkd: %s", line);
}

void beanstalk_command(struct beanstalk *b, const char *command, const char *expected)
{
    char line[256];
    load_write(b->socket, command, strlen(command));
    expect(b, expected, line);
}

void beanstalk_put(struct beanstalk *b, const void *bytes, size_t size)
{
    char job[64 + 65536 + 2];
    int length = snprintf(job, 64, "put 0 0 60 %zu\r\n", size);
    memcpy(job + length, bytes, size);
    memcpy(job + length + size, "\r\n", 2);
    load_write(b->socket, job, (size_t)length + size + 2);
}

void beanstalk_expect_put(struct beanstalk *b)
{
    char line[256];
    expect(b, "INSERTED", line);
}

uint64_t beanstalk_reserve(struct beanstalk *b, void *out, size_t room, size_t *size)
{
    char line[256];
    load_write(b->socket, "reserve\r\n", 9);
    expect(b, "RESERVED ", line);
    char *end;
    uint64_t id = strtoull(line + 9, &end, 10);
    *size = strtoull(end, NULL, 10);
    if (*size > room)
        load_fail("beanstalkd: a job is too long");
    for (size_t have = 0, part; have < *size + 2; have += part) {
        part = b->end - b->begin < *size + 2 - have ? b->end - b->begin : *size + 2 - have;
        if (part == 0) {
            b->begin = b->end = 0;
            b->end = load_read(b->socket, b->buffer, sizeof b->buffer);
            continue;
        }
        size_t keep = have >= *size ? 0 : part < *size - have ? part : *size - have;
        memcpy((char *)out + have, b->buffer + b->begin, keep);
        b->begin += part;
    }
    return id;
}

void beanstalk_delete(struct beanstalk *b, uint64_t id)
{
    char command[64];
    int length = snprintf(command, sizeof command, "delete %llu\r\n", (unsigned long long)id);
    load_write(b->socket, command, (size_t)length);
}

void beanstalk_expect_deleted(struct beanstalk *b)
{
    char line[256];
    expect(b, "DELETED", line);
}
