/* lines - see lines.h. */
#include "client/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lines_open(struct lines *lines, int descriptor)
{
    struct stat status;
    *lines = (struct lines){.descriptor = descriptor, .start = lseek(descriptor, 0, SEEK_CUR)};
    lines->seekable =
        lines->start >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    lines->capacity = LINES_BUFFER;
    lines->buffer = malloc(lines->capacity);
    lines->replay = lines->seekable ? NULL : malloc(LINES_REPLAY);
    if (lines->buffer && (lines->seekable || lines->replay))
        return 0;
    lines_close(lines);
    return -1;
}

void lines_close(struct lines *lines)
{
    free(lines->buffer);
    free(lines->replay);
    lines->buffer = lines->replay = NULL;
}

bool lines_rewind(struct lines *lines)
{
    if (lines->seekable) {
        if (lseek(lines->descriptor, lines->start, SEEK_SET) < 0)
            return false;
        lines->at_end = false;
    } else if (lines->received > lines->replay_length) {
        return false;
    }
    lines->replay_next = 0;
    lines->begin = lines->end = 0;
    return true;
}

/* Keep what came from a pipe, while all of it has room. */
static void keep(struct lines *lines, const char *bytes, size_t length)
{
    if (!lines->seekable && lines->received == lines->replay_length &&
        length <= LINES_REPLAY - lines->replay_length) {
        memcpy(lines->replay + lines->replay_length, bytes, length);
        lines->replay_length += length;
        lines->replay_next = lines->replay_length;
    }
    lines->received += length;
}

/* Have more bytes in the buffer, behind those there are. */
static enum lines_result fill(struct lines *lines)
{
    size_t room = lines->capacity - lines->end;
    if (!lines->seekable && lines->replay_next < lines->replay_length) {
        size_t left = lines->replay_length - lines->replay_next;
        size_t length = left < room ? left : room;
        memcpy(lines->buffer + lines->end, lines->replay + lines->replay_next, length);
        lines->replay_next += length;
        lines->end += length;
        return LINES_GOT;
    }
    if (lines->at_end)
        return LINES_END;
    struct pollfd ready = {.fd = lines->descriptor, .events = POLLIN};
    if (!lines->seekable && poll(&ready, 1, 0) == 0)
        return LINES_LATER;
    ssize_t length;
    do
        length = read(lines->descriptor, lines->buffer + lines->end, room);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return errno == EAGAIN ? LINES_LATER : LINES_FAILED;
    if (length == 0) {
        lines->at_end = true;
        return LINES_END;
    }
    keep(lines, lines->buffer + lines->end, (size_t)length);
    lines->end += (size_t)length;
    return LINES_GOT;
}

enum lines_result lines_peek(struct lines *lines, const char **bytes, size_t *length)
{
    enum lines_result result = LINES_GOT;
    if (lines->begin == lines->end) {
        lines->begin = lines->end = 0;
        result = fill(lines);
    }
    *bytes = lines->buffer + lines->begin;
    *length = lines->end - lines->begin;
    return result;
}

enum lines_result lines_read(struct lines *lines, char *out, size_t size, size_t *length)
{
    const char *bytes;
    enum lines_result result = lines_peek(lines, &bytes, length);
    if (result != LINES_GOT)
        return result;
    *length = *length < size ? *length : size;
    memcpy(out, bytes, *length);
    lines->begin += *length;
    return LINES_GOT;
}

/* The end of the line in text, or NULL; with quotes, one within them does not count. */
static char *find_end(char *text, size_t length, bool quotes)
{
    if (!quotes)
        return memchr(text, '\n', length);
    bool inside = false;
    for (size_t i = 0; i < length; i++) {
        inside ^= text[i] == '"';
        if (text[i] == '\n' && !inside)
            return text + i;
    }
    return NULL;
}

/* Make room behind an unfinished line; false if it is too long, or without memory. */
static bool make_room(struct lines *lines)
{
    memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
    lines->end -= lines->begin;
    lines->begin = 0;
    if (lines->end < lines->capacity)
        return true;
    if (lines->capacity >= LINES_LONGEST) {
        errno = EMSGSIZE;
        return false;
    }
    // NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): the capacity is never 0
    char *buffer = realloc(lines->buffer, 2 * lines->capacity);
    if (!buffer)
        return false;
    lines->buffer = buffer;
    lines->capacity *= 2;
    return true;
}

enum lines_result lines_next(struct lines *lines, bool quotes, const char **line, size_t *length)
{
    for (;;) {
        char *start = lines->buffer + lines->begin;
        size_t there = lines->end - lines->begin;
        char *end = find_end(start, there, quotes);
        enum lines_result result = LINES_GOT;
        if (!end) {
            if (!make_room(lines))
                return LINES_FAILED;
            result = fill(lines);
            if (result == LINES_GOT)
                continue;
            if (result != LINES_END || there == 0)
                return result;
            start = lines->buffer; /* the last line may lack its end */
            end = start + there;
        }
        lines->begin = (size_t)(end - lines->buffer) + (result == LINES_GOT);
        *line = start;
        *length = (size_t)(end - start);
        if (*length > 0 && start[*length - 1] == '\r')
            --*length;
        return LINES_GOT;
    }
}
