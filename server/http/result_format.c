/* result_format - writing a result. See result_format.h. */
#include "server/http/result_format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/decimal.h"

static const struct {
    const char *name;
    const char *type;
} formats[RESULT_FORMATS] = {
    [RESULT_JSON] = {"json", "application/json"},
    [RESULT_NDJSON] = {"ndjson", "application/x-ndjson"},
    [RESULT_CSV] = {"csv", "text/csv"},
    [RESULT_TEXT] = {"text", "text/plain"},
    [RESULT_OCTETS] = {"octets", "application/octet-stream"},
};

const char *result_format_name(enum result_format format)
{
    return formats[format].name;
}

const char *result_format_type(enum result_format format)
{
    return formats[format].type;
}

void result_format_begin(struct text *text, enum result_format format)
{
    if (format == RESULT_CSV)
        text_add_string(text, "index,n,prime,certainty,elapsed\n");
}

/*
 * A result is written into room reserved for the longest there can be, by pens: pointers that move
 * over what has been written. A million results are written for a batch, and to look after the room
 * piece by piece would take longer than to write.
 */

/* Write a literal. */
#define WRITE(pen, literal) write_bytes(pen, literal, sizeof(literal) - 1)
static inline char *write_bytes(char *pen, const char *bytes, size_t size)
{
    memcpy(pen, bytes, size);
    return pen + size;
}

enum {
    SECONDS_MAX = 48, /* 3.4e+38 in the table, with six decimals */
    FRAME_MAX = 160,  /* everything but index, number and seconds */
};

/*
 * Seconds with three significant digits, as 1.23e-07: a twentieth of the time of printf.
 */
static char *write_seconds(char *pen, float seconds)
{
    static const double powers[] = {1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
                                    1e-3,  1e-2,  1e-1,  1e0,  1e1,  1e2,  1e3,  1e4,  1e5};
    enum { LOWEST = -12, BIAS = 127, MANTISSA_BITS = 23 };
    if (!(seconds >= 1e-12F) || seconds >= 1e5F)
        return pen + sprintf(pen, "%.3g", (double)seconds);
    uint32_t bits;
    memcpy(&bits, &seconds, sizeof bits);
    /* The power of two above gives the power of ten below, or the next: 1233/4096 is log10(2). */
    int binary = (int)(bits >> MANTISSA_BITS) - BIAS;
    int i = ((binary + 1) * 1233 >> 12) - LOWEST;
    i -= i > 0 && (double)seconds < powers[i];
    unsigned digits = (unsigned)((double)seconds / powers[i] * 100 + 0.5);
    if (digits >= 1000) {
        digits /= 10;
        i++;
    }
    int exponent = i + LOWEST;
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    const char out[] = {(char)('0' + digits / 100),
                        '.',
                        (char)('0' + digits / 10 % 10),
                        (char)('0' + digits % 10),
                        'e',
                        exponent < 0 ? '-' : '+',
                        (char)('0' + size / 10),
                        (char)('0' + size % 10)};
    return write_bytes(pen, out, sizeof out);
}

static const char *error_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_TIMEOUT:
        return "timeout";
    case VERDICT_CANCELED:
        return "canceled";
    default:
        return "failed";
    }
}

static char *write_error(char *pen, enum verdict verdict)
{
    const char *name = error_name(verdict);
    return write_bytes(pen, name, strlen(name));
}

static bool has_answer(enum verdict verdict)
{
    return verdict <= VERDICT_PROBABLE_PRIME;
}

static char *write_members(char *pen, const struct number *number, enum verdict verdict,
                           float seconds)
{
    pen = WRITE(pen, "\"n\":\"");
    pen += decimal_number(pen, number);
    if (!has_answer(verdict)) {
        pen = WRITE(pen, "\",\"prime\":null,\"error\":\"");
        pen = write_error(pen, verdict);
        return WRITE(pen, "\"");
    }
    pen = verdict == VERDICT_COMPOSITE ? WRITE(pen, "\",\"prime\":false")
                                       : WRITE(pen, "\",\"prime\":true");
    pen = verdict == VERDICT_PROBABLE_PRIME ? WRITE(pen, ",\"certainty\":\"probable\",\"elapsed\":")
                                            : WRITE(pen, ",\"certainty\":\"proven\",\"elapsed\":");
    return write_seconds(pen, seconds);
}

static char *write_json(char *pen, uint64_t index, const struct number *number,
                        enum verdict verdict, float seconds)
{
    pen = WRITE(pen, "{\"index\":");
    pen += decimal_u64(pen, index);
    pen = WRITE(pen, ",");
    pen = write_members(pen, number, verdict, seconds);
    return WRITE(pen, "}");
}

static char *write_csv(char *pen, uint64_t index, const struct number *number, enum verdict verdict,
                       float seconds)
{
    pen += decimal_u64(pen, index);
    pen = WRITE(pen, ",");
    pen += decimal_number(pen, number);
    if (!has_answer(verdict)) {
        pen = WRITE(pen, ",,");
        pen = write_error(pen, verdict);
        return WRITE(pen, ",\n");
    }
    pen = verdict == VERDICT_COMPOSITE ? WRITE(pen, ",false,") : WRITE(pen, ",true,");
    pen = verdict == VERDICT_PROBABLE_PRIME ? WRITE(pen, "probable,") : WRITE(pen, "proven,");
    pen = write_seconds(pen, seconds);
    return WRITE(pen, "\n");
}

/* Seconds as printf's %9.6f: a float times 10^6 is exact as a double, so rounding it is right. */
static char *write_fixed(char *pen, float seconds)
{
    if (!(seconds >= 0) || seconds >= 100)
        return pen + sprintf(pen, "%9.6f", (double)seconds);
    uint32_t micros = (uint32_t)rint((double)seconds * 1e6);
    uint32_t whole = micros / 1000000;
    pen = whole < 10 ? WRITE(pen, " ") : pen;
    pen += decimal_u64(pen, whole);
    /* The digit before the decimals keeps their zeros, and is written over. */
    char decimals[DECIMAL_U64_MAX];
    decimal_u64(decimals, 1000000 + micros % 1000000);
    pen = WRITE(pen, ".");
    return write_bytes(pen, decimals + 1, 6);
}

/* The classic table: the number, P for a prime, the seconds. */
static char *write_table_row(char *pen, const struct number *number, enum verdict verdict,
                             float seconds)
{
    enum { NUMBER_WIDTH = 16 };
    size_t length = decimal_number(pen, number);
    if (length < NUMBER_WIDTH) {
        memmove(pen + NUMBER_WIDTH - length, pen, length);
        memset(pen, ' ', NUMBER_WIDTH - length);
        length = NUMBER_WIDTH;
    }
    pen = WRITE(pen + length, "  ? ");
    pen[-2] = !has_answer(verdict) ? '?' : verdict == VERDICT_COMPOSITE ? ' ' : 'P';
    pen = write_fixed(pen, seconds);
    return WRITE(pen, "s\n");
}

/* Room for one result in any format. NULL without memory. */
static char *reserve(struct text *text, const struct number *number)
{
    return text_reserve(text, decimal_number_size(number->limb_count) + DECIMAL_U64_MAX +
                                  SECONDS_MAX + FRAME_MAX);
}

void result_format_members(struct text *text, const struct number *number, enum verdict verdict,
                           float seconds)
{
    char *start = reserve(text, number);
    if (start)
        text->length += (size_t)(write_members(start, number, verdict, seconds) - start);
}

void result_format_item(struct text *text, enum result_format format, uint64_t index,
                        const struct number *number, enum verdict verdict, float seconds)
{
    char *start = reserve(text, number);
    if (!start)
        return;
    char *pen = start;
    switch (format) {
    case RESULT_JSON:
        pen = write_json(pen, index, number, verdict, seconds);
        break;
    case RESULT_NDJSON:
        pen = write_json(pen, index, number, verdict, seconds);
        pen = WRITE(pen, "\n");
        break;
    case RESULT_CSV:
        pen = write_csv(pen, index, number, verdict, seconds);
        break;
    case RESULT_TEXT:
        pen = write_table_row(pen, number, verdict, seconds);
        break;
    case RESULT_OCTETS:
        *pen++ = (char)verdict;
        break;
    }
    text->length += (size_t)(pen - start);
}
