/*
 * lines - a file or a pipe, byte by byte or line by line, that can be begun again.
 *
 * Memory is bounded: one line (LINES_LONGEST at most), and of what cannot be sought in, a pipe, the
 * first LINES_REPLAY bytes: so long it can be begun again.
 */
#ifndef CLIENT_LINES_H
#define CLIENT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_LONGEST = 1 << 20, LINES_REPLAY = 1 << 20, LINES_BUFFER = 64 << 10 };

enum lines_result {
    LINES_GOT,
    LINES_END,
    LINES_LATER,  /* nothing has come yet: wait until lines.descriptor is readable */
    LINES_FAILED, /* the reason is in errno; EMSGSIZE: a line too long */
};

struct lines {
    int descriptor;
    bool seekable;
    int64_t start; /* where in the file it began */
    char *buffer;  /* bytes that were read and not handed on: [begin, end) */
    size_t begin, end, capacity;
    bool at_end;  /* of the file */
    char *replay; /* of a pipe, the first bytes */
    size_t replay_length, replay_next;
    uint64_t received; /* bytes from the descriptor */
};

/* Read from that descriptor; 0, or -1 without memory. Does not close it. */
int lines_open(struct lines *lines, int descriptor);
void lines_close(struct lines *lines);

/* Look at what comes next: at least one byte unless at the end; all that is buffered. */
enum lines_result lines_peek(struct lines *lines, const char **bytes, size_t *length);

/* Take up to size bytes. */
enum lines_result lines_read(struct lines *lines, char *out, size_t size, size_t *length);

/*
 * The next line, without its LF or CRLF; valid until the next call. With `quotes`, a line end
 * between double quotes is part of the line (CSV).
 */
enum lines_result lines_next(struct lines *lines, bool quotes, const char **line, size_t *length);

/* Begin again; false if that cannot be. */
bool lines_rewind(struct lines *lines);

#endif
