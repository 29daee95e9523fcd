/* result_format - writing a result. See result_format.h. */
#include "server/http/result_format.h"

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

static void add_u64(struct text *text, uint64_t number)
{
    char *place = text_reserve(text, DECIMAL_U64_MAX);
    if (place)
        text->length += decimal_u64(place, number);
}

static void add_number(struct text *text, const struct number *number)
{
    char *place = text_reserve(text, decimal_number_size(number->limb_count));
    if (place)
        text->length += decimal_number(place, number);
}

/*
 * Seconds with three significant digits, as 1.23e-07: a third of the time of printf, and a million
 * of them are written for a batch.
 */
static void add_seconds(struct text *text, float seconds)
{
    if (!verdict_is_time(seconds))
        seconds = 0; /* JSON has no word for it */
    static const double powers[] = {1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
                                    1e-3,  1e-2,  1e-1,  1e0,  1e1,  1e2,  1e3,  1e4,  1e5};
    enum { POWERS = sizeof powers / sizeof *powers, LOWEST = -12 };
    if (!(seconds >= 1e-12F) || seconds >= 1e5F) {
        text_printf(text, "%.3g", (double)seconds);
        return;
    }
    int i = 0;
    while (i + 1 < POWERS && (double)seconds >= powers[i + 1])
        i++;
    unsigned digits = (unsigned)((double)seconds / powers[i] * 100 + 0.5);
    if (digits >= 1000) {
        digits /= 10;
        i++;
    }
    int exponent = i + LOWEST;
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    char out[] = {(char)('0' + digits / 100),
                  '.',
                  (char)('0' + digits / 10 % 10),
                  (char)('0' + digits % 10),
                  'e',
                  exponent < 0 ? '-' : '+',
                  (char)('0' + size / 10),
                  (char)('0' + size % 10)};
    text_add(text, out, sizeof out);
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

static bool has_answer(enum verdict verdict)
{
    return verdict <= VERDICT_PROBABLE_PRIME;
}

void result_format_members(struct text *text, const struct number *number, enum verdict verdict,
                           float seconds)
{
    text_add_string(text, "\"n\":\"");
    add_number(text, number);
    if (!has_answer(verdict)) {
        text_add_string(text, "\",\"prime\":null,\"error\":\"");
        text_add_string(text, error_name(verdict));
        text_add_string(text, "\"");
        return;
    }
    text_add_string(text,
                    verdict == VERDICT_COMPOSITE ? "\",\"prime\":false" : "\",\"prime\":true");
    text_add_string(text, verdict == VERDICT_PROBABLE_PRIME
                              ? ",\"certainty\":\"probable\",\"elapsed\":"
                              : ",\"certainty\":\"proven\",\"elapsed\":");
    add_seconds(text, seconds);
}

static void add_json(struct text *text, uint64_t index, const struct number *number,
                     enum verdict verdict, float seconds)
{
    text_add_string(text, "{\"index\":");
    add_u64(text, index);
    text_add_string(text, ",");
    result_format_members(text, number, verdict, seconds);
    text_add_string(text, "}");
}

static void add_csv(struct text *text, uint64_t index, const struct number *number,
                    enum verdict verdict, float seconds)
{
    add_u64(text, index);
    text_add_string(text, ",");
    add_number(text, number);
    if (!has_answer(verdict)) {
        text_add_string(text, ",,");
        text_add_string(text, error_name(verdict));
        text_add_string(text, ",\n");
        return;
    }
    text_add_string(text, verdict == VERDICT_COMPOSITE ? ",false," : ",true,");
    text_add_string(text, verdict == VERDICT_PROBABLE_PRIME ? "probable," : "proven,");
    add_seconds(text, seconds);
    text_add_string(text, "\n");
}

/* The classic table: the number, P for a prime, the seconds. */
static void add_table_row(struct text *text, const struct number *number, enum verdict verdict,
                          float seconds)
{
    enum { NUMBER_WIDTH = 16 };
    size_t start = text->length;
    add_number(text, number);
    if (text->failed)
        return;
    size_t length = text->length - start;
    if (length < NUMBER_WIDTH && text_reserve(text, NUMBER_WIDTH - length)) {
        size_t blanks = NUMBER_WIDTH - length;
        memmove(text->data + start + blanks, text->data + start, length);
        memset(text->data + start, ' ', blanks);
        text->length += blanks;
    }
    char mark = !has_answer(verdict) ? '?' : verdict == VERDICT_COMPOSITE ? ' ' : 'P';
    text_printf(text, "  %c %9.6fs\n", mark, (double)seconds);
}

void result_format_item(struct text *text, enum result_format format, uint64_t index,
                        const struct number *number, enum verdict verdict, float seconds)
{
    char octet = (char)verdict;
    switch (format) {
    case RESULT_JSON:
        add_json(text, index, number, verdict, seconds);
        break;
    case RESULT_NDJSON:
        add_json(text, index, number, verdict, seconds);
        text_add(text, "\n", 1);
        break;
    case RESULT_CSV:
        add_csv(text, index, number, verdict, seconds);
        break;
    case RESULT_TEXT:
        add_table_row(text, number, verdict, seconds);
        break;
    case RESULT_OCTETS:
        text_add(text, &octet, 1);
        break;
    }
}
