/*
 * stream - batches of any length into primed, and their results out again, in little memory.
 *
 *     stream HOST:PORT INPUT RESULTS COUNT BITS REPEATS [AT_ONCE]
 *
 * INPUT is text or packed, RESULTS text (with INPUT text) or octets. AT_ONCE (1) batches of COUNT numbers are posted, one after
 * another, and then their results are read; that REPEATS times. Prints, for each, the seconds until the
 * last one was accepted, and until the last verdict was read. Long batches are a million numbers
 * over and over. Every verdict is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/end_to_end/http.h"
#include "bench/end_to_end/load.h"
#include "bench/scaling/numbers.h"
#include "common/clock.h"
#include "common/decimal.h"

enum { DISTINCT_MAX = 1000000, AT_ONCE_MAX = 10000, LOCATION_SIZE = 128, LINE_SIZE = 16 * 1024 };

/* All distinct numbers, as they are sent. */
struct piece {
    struct numbers numbers;
    struct text body;
    size_t *ends; /* of each number in the body */
    bool packed;
};

/* What was read of the results of one batch. */
struct check {
    const struct piece *piece;
    uint64_t count; /* verdicts so far */
    char line[LINE_SIZE];
    size_t line_size; /* of a line that is not complete yet */
};

static struct piece make_piece(size_t count, unsigned bits, bool packed)
{
    struct piece piece = {.numbers = numbers_make(count, bits),
                          .ends = malloc((count + 1) * sizeof *piece.ends),
                          .packed = packed};
    if (packed && piece.numbers.limbs > 1)
        load_fail("numbers of %u bits cannot be packed", bits);
    piece.ends[0] = 0;
    for (size_t i = 0; i < count; i++) {
        struct number number = {piece.numbers.words + i * piece.numbers.limbs, piece.numbers.limbs,
                                false};
        if (packed) {
            text_add(&piece.body, (const char *)number.limbs, sizeof *number.limbs);
        } else {
            char *room = text_reserve(&piece.body, decimal_number_size(number.limb_count));
            piece.body.length += decimal_number(room, &number);
            text_add(&piece.body, "\n", 1);
        }
        piece.ends[i + 1] = piece.body.length;
    }
    if (piece.body.failed)
        load_fail("there is no memory");
    return piece;
}

/* POST `count` numbers; where the batch is goes to location. */
static void post(struct http *http, const struct piece *piece, uint64_t count,
                 char location[LOCATION_SIZE])
{
    size_t whole = count / piece->numbers.count;
    size_t rest = piece->ends[count % piece->numbers.count];
    char head[256];
    int size = snprintf(head, sizeof head,
                        "POST /v1/batches HTTP/1.1\r\nHost: bench\r\nContent-Type: %s\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        piece->packed ? "application/octet-stream" : "text/plain",
                        whole * piece->body.length + rest);
    load_write(http->socket, head, (size_t)size);
    for (size_t i = 0; i < whole; i++)
        load_write(http->socket, piece->body.data, piece->body.length);
    load_write(http->socket, piece->body.data, rest);
    http_read_answer(http);
    const char *value = http_header(http, "Location");
    snprintf(location, LOCATION_SIZE, "%.*s", (int)strcspn(value, "\r"), value);
}

static void ask(struct http *http, const char *method, const char *location, const char *rest)
{
    char request[LOCATION_SIZE + 128];
    int size = snprintf(request, sizeof request, "%s %s%s HTTP/1.1\r\nHost: bench\r\n\r\n", method,
                        location, rest);
    load_write(http->socket, request, (size_t)size);
}

static void expect(bool right, const struct check *check)
{
    if (!right)
        load_fail("result %llu is wrong", (unsigned long long)check->count);
}

/* An octet a number. */
static void check_octets(struct check *check, const char *octets, size_t size)
{
    const struct numbers *numbers = &check->piece->numbers;
    for (size_t i = 0; i < size; i++, check->count++) {
        uint8_t verdict = (uint8_t)octets[i]; /* 2: a prime that is not proven */
        expect(verdict <= 2 && (verdict != 0) == numbers->primes[check->count % numbers->count],
               check);
    }
}

/* "   97  P  0.000001s": the number, right-aligned, a P or a blank, and the time. */
static void check_line(struct check *check, const char *line, size_t size)
{
    const struct piece *piece = check->piece;
    size_t which = check->count % piece->numbers.count;
    const char *digits = piece->body.data + piece->ends[which];
    size_t digit_count = piece->ends[which + 1] - piece->ends[which] - 1;
    size_t blanks = 0;
    while (blanks < size && line[blanks] == ' ')
        blanks++;
    expect(blanks + digit_count + 3 < size && memcmp(line + blanks, digits, digit_count) == 0 &&
               memcmp(line + blanks + digit_count, piece->numbers.primes[which] ? "  P" : "   ",
                      3) == 0,
           check);
    check->count++;
}

static void check_lines(struct check *check, const char *bytes, size_t size)
{
    while (size > 0) {
        const char *newline = memchr(bytes, '\n', size);
        size_t part = newline ? (size_t)(newline + 1 - bytes) : size;
        if (newline && check->line_size == 0) {
            check_line(check, bytes, part);
        } else {
            if (check->line_size + part > sizeof check->line)
                load_fail("a line is too long");
            memcpy(check->line + check->line_size, bytes, part);
            check->line_size += part;
            if (newline) {
                check_line(check, check->line, check->line_size);
                check->line_size = 0;
            }
        }
        bytes += part;
        size -= part;
    }
}

/* Read all results of a batch while they are made. */
static void read_results(struct http *http, const struct piece *piece, uint64_t count, bool octets,
                         const char *location)
{
    struct check check = {.piece = piece};
    ask(http, "GET", location, octets ? "/results?format=octets" : "/results?format=text");
    http_read_head(http);
    const char *bytes;
    for (size_t size; (size = http_read_piece(http, &bytes)) > 0;)
        octets ? check_octets(&check, bytes, size) : check_lines(&check, bytes, size);
    if (check.count != count)
        load_fail("%llu results of %llu", (unsigned long long)check.count,
                  (unsigned long long)count);
}

int main(int argc, char **argv)
{
    static char locations[AT_ONCE_MAX][LOCATION_SIZE];
    if (argc < 7 || !strrchr(argv[1], ':'))
        load_fail("usage: stream HOST:PORT text|packed text|octets COUNT BITS REPEATS [AT_ONCE]");
    char *port = strrchr(argv[1], ':');
    *port++ = '\0';
    bool packed = strcmp(argv[2], "packed") == 0;
    bool octets = strcmp(argv[3], "octets") == 0;
    uint64_t count = strtoull(argv[4], NULL, 10);
    size_t at_once = argc > 7 ? strtoull(argv[7], NULL, 10) : 1;
    if (count < 1 || at_once < 1 || at_once > AT_ONCE_MAX || (packed && !octets))
        load_fail("stream cannot do that");
    struct piece piece =
        make_piece(count < DISTINCT_MAX ? count : DISTINCT_MAX, (unsigned)atoi(argv[5]), packed);
    struct http *http = http_connect(argv[1], port);
    for (int repeats = atoi(argv[6]); repeats > 0; repeats--) {
        int64_t began_ns = clock_monotonic_ns();
        for (size_t i = 0; i < at_once; i++)
            post(http, &piece, count, locations[i]);
        int64_t accepted_ns = clock_monotonic_ns();
        for (size_t i = 0; i < at_once; i++)
            read_results(http, &piece, count, octets, locations[i]);
        printf("%.9f %.9f\n", (double)(accepted_ns - began_ns) / 1e9,
               (double)(clock_monotonic_ns() - began_ns) / 1e9);
        for (size_t i = 0; i < at_once; i++) {
            ask(http, "DELETE", locations[i], "");
            http_read_answer(http);
        }
    }
}
