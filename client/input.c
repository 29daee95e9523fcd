/* input - see input.h. */
#include "client/input.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/csv.h"
#include "client/expression.h"

static const char *const format_names[] = {NULL, "text", "ndjson", "json", "csv"};

static enum input_result fail(struct input *input, const char *reason)
{
    snprintf(input->error, sizeof input->error, "line %llu of %s: %s",
             (unsigned long long)input->line, input->name, reason);
    return INPUT_WRONG;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* By the end of the name: .csv, .json, .ndjson, .jsonl, .txt. */
static enum input_format format_by_name(const char *name)
{
    static const struct {
        const char *suffix;
        enum input_format format;
    } suffixes[] = {{".csv", INPUT_CSV},
                    {".json", INPUT_JSON},
                    {".ndjson", INPUT_NDJSON},
                    {".jsonl", INPUT_NDJSON},
                    {".txt", INPUT_TEXT}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(dot, suffixes[i].suffix) == 0)
            return suffixes[i].format;
    return INPUT_UNKNOWN;
}

int input_open(struct input *input, const char *name, const char *format, const char *column)
{
    bool is_stdin = strcmp(name, "-") == 0;
    *input = (struct input){.name = is_stdin ? "standard input" : name,
                            .column = column,
                            .cell = -1,
                            .lines.descriptor = -1};
    for (int i = INPUT_TEXT; format && i <= INPUT_CSV; i++)
        if (strcmp(format, format_names[i]) == 0)
            input->format = (enum input_format)i;
    if (!format && !is_stdin)
        input->format = format_by_name(name);
    int descriptor = is_stdin ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_CLOEXEC);
    input->runs = malloc(INPUT_RUNS * sizeof *input->runs);
    if (descriptor < 0 || !input->runs || lines_open(&input->lines, descriptor) < 0) {
        snprintf(input->error, sizeof input->error, "%s: %s", input->name, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        input->lines.descriptor = -1;
        return -1;
    }
    return 0;
}

void input_close(struct input *input)
{
    if (input->lines.descriptor >= 0) {
        close(input->lines.descriptor);
        lines_close(&input->lines);
    }
    free(input->value);
    free(input->runs);
    input->value = NULL;
    input->runs = NULL;
}

bool input_rewind(struct input *input)
{
    if (!lines_rewind(&input->lines))
        return false;
    input->line = input->count = 0;
    input->run_count = 0;
    input->runs_full = false;
    input->cell = -1;
    return true;
}

/* --- what it is ------------------------------------------------------------------------------- */

static enum input_result cannot_read(struct input *input)
{
    if (errno == EMSGSIZE) {
        input->line++;
        return fail(input, "this line is longer than a megabyte");
    }
    snprintf(input->error, sizeof input->error, "%s: %s", input->name, strerror(errno));
    return INPUT_WRONG;
}

enum input_result input_find_format(struct input *input)
{
    const char *bytes;
    size_t length;
    if (input->format != INPUT_UNKNOWN)
        return INPUT_NUMBER;
    enum lines_result result = lines_peek(&input->lines, &bytes, &length);
    if (result == LINES_LATER)
        return INPUT_LATER;
    if (result == LINES_FAILED)
        return cannot_read(input);
    size_t first = 0;
    while (first < length && strchr(" \t\r\n", bytes[first]))
        first++;
    const char *line_end = memchr(bytes + first, '\n', length - first);
    size_t line_length = line_end ? (size_t)(line_end - bytes) - first : length - first;
    char c = first < length ? bytes[first] : '\0';
    input->format = INPUT_TEXT;
    if (c == '[')
        input->format = INPUT_JSON;
    else if (c == '{')
        input->format = memmem(bytes + first, line_length, "\"numbers\"", 9) || line_length == 1
                            ? INPUT_JSON
                            : INPUT_NDJSON;
    else if (input->column)
        input->format = INPUT_CSV;
    return INPUT_NUMBER;
}

/* --- the numbers ------------------------------------------------------------------------------ */

/* Note that the next number is on this line. */
static void note_place(struct input *input)
{
    const struct input_run *last = input->run_count ? &input->runs[input->run_count - 1] : NULL;
    if (last && input->line - last->line == input->count - last->index)
        return;
    if (input->run_count < INPUT_RUNS)
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): input_open() allocates them
        input->runs[input->run_count++] = (struct input_run){input->count, input->line};
    else
        input->runs_full = true;
}

void input_place(const struct input *input, uint64_t index, char *out, size_t size)
{
    size_t run = input->run_count;
    while (run > 0 && input->runs[run - 1].index > index)
        run--;
    if (run == 0 || (run == input->run_count && input->runs_full))
        snprintf(out, size, "number %llu of %s", (unsigned long long)index + 1, input->name);
    else
        snprintf(
            out, size, "line %llu of %s",
            (unsigned long long)(input->runs[run - 1].line + index - input->runs[run - 1].index),
            input->name);
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && (**text == ' ' || **text == '\t')) {
        ++*text;
        --*length;
    }
    while (*length > 0 && ((*text)[*length - 1] == ' ' || (*text)[*length - 1] == '\t'))
        --*length;
}

/* Is it in canonical form already? */
static bool is_plain(const char *text, size_t length)
{
    size_t sign = length > 0 && *text == '-';
    if (length == sign || (text[sign] == '0' && length > 1))
        return false;
    for (size_t i = sign; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* Hand out what stands in text: a number, in quotes perhaps, or an expression. */
static enum input_result take_number(struct input *input, const char *text, size_t length,
                                     const char **digits, size_t *digit_count)
{
    trim(&text, &length);
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
        trim(&text, &length);
    }
    if (!is_plain(text, length)) {
        char reason[EXPRESSION_ERROR_SIZE];
        char *value = expression_evaluate(text, length, reason);
        if (!value) {
            char whole[INPUT_ERROR_SIZE - 128];
            snprintf(whole, sizeof whole, "'%.*s' is not an integer: %s",
                     (int)(length < 40 ? length : 40), text, reason);
            return fail(input, whole);
        }
        free(input->value);
        input->value = value;
        text = value;
        length = strlen(value);
    }
    note_place(input);
    input->count++;
    *digits = text;
    *digit_count = length;
    return INPUT_NUMBER;
}

/* The member of an object that holds the number: a string, or a number jansson can read. */
static enum input_result take_member(struct input *input, const char *line, size_t line_length,
                                     const char **digits, size_t *length)
{
    const char *name = input->column ? input->column : "n";
    json_error_t error;
    json_t *document = json_loadb(line, line_length, 0, &error);
    const json_t *member = json_object_get(document, name);
    enum input_result result;
    char integer[24];
    char reason[INPUT_ERROR_SIZE - 128];
    if (json_is_string(member)) {
        const char *text = json_string_value(member);
        result = take_number(input, text, strlen(text), digits, length);
    } else if (json_is_integer(member)) {
        snprintf(integer, sizeof integer, "%lld", (long long)json_integer_value(member));
        result = take_number(input, integer, strlen(integer), digits, length);
    } else if (!document) {
        snprintf(reason, sizeof reason, "%s%s", error.text,
                 strstr(error.text, "too big") ? "; as a string it may be of any size" : "");
        result = fail(input, reason);
    } else {
        snprintf(reason, sizeof reason,
                 "no member \"%.64s\" with an integer; --column names another", name);
        result = fail(input, reason);
    }
    if (result == INPUT_NUMBER && *digits != input->value) {
        char *kept = strndup(*digits, *length);
        free(input->value);
        input->value = kept;
        *digits = kept;
        if (!kept)
            result = fail(input, strerror(ENOMEM));
    }
    json_decref(document);
    return result;
}

/* The first line of a CSV says which column it is; false if it has no such column. True and a cell
 * of -1 again: it is a header, and no number. */
static bool find_column(struct input *input, const char *line, size_t length, bool *is_header)
{
    char *end;
    const char *cell;
    size_t cell_length;
    unsigned long chosen = strtoul(input->column ? input->column : "", &end, 10);
    bool by_number = *end == '\0' && chosen >= 1 && chosen < 10000;
    input->cell = by_number ? (int)chosen - 1 : -1;
    for (int i = 0; input->cell < 0 && csv_cell(line, length, i, &cell, &cell_length); i++) {
        static const char *const usual[] = {"n", "number", "numbers"};
        for (size_t u = 0; u < (input->column ? 1 : sizeof usual / sizeof *usual); u++) {
            const char *name = input->column ? input->column : usual[u];
            if (strlen(name) == cell_length && strncmp(name, cell, cell_length) == 0)
                input->cell = i;
        }
    }
    *is_header = input->cell >= 0 && !by_number;
    if (input->cell < 0 && input->column)
        return false;
    input->cell = input->cell < 0 ? 0 : input->cell;
    if (!*is_header && csv_cell(line, length, input->cell, &cell, &cell_length)) {
        trim(&cell, &cell_length);
        *is_header = cell_length > 0 && !strchr("0123456789+-(", *cell);
    }
    return true;
}

static enum input_result take_cell(struct input *input, const char *line, size_t length,
                                   const char **digits, size_t *digit_count)
{
    bool is_header = false;
    if (input->cell < 0 && !find_column(input, line, length, &is_header)) {
        char reason[INPUT_ERROR_SIZE - 128];
        snprintf(reason, sizeof reason, "there is no column '%.64s'", input->column);
        return fail(input, reason);
    }
    if (is_header)
        return INPUT_LATER; /* taken as "no number here" by input_next() */
    const char *cell;
    size_t cell_length;
    if (!csv_cell(line, length, input->cell, &cell, &cell_length))
        return fail(input, "the row is too short");
    return take_number(input, cell, cell_length, digits, digit_count);
}

/* A line of text without its comment. */
static void cut_comment(const char *line, size_t *length)
{
    const char *comment = memchr(line, '#', *length);
    if (comment)
        *length = (size_t)(comment - line);
}

enum input_result input_next(struct input *input, const char **digits, size_t *digit_count)
{
    for (;;) {
        const char *line;
        size_t length;
        switch (lines_next(&input->lines, input->format == INPUT_CSV, &line, &length)) {
        case LINES_END:
            return INPUT_END;
        case LINES_LATER:
            return INPUT_LATER;
        case LINES_FAILED:
            return cannot_read(input);
        case LINES_GOT:
            break;
        }
        input->line++;
        if (input->format == INPUT_TEXT)
            cut_comment(line, &length);
        trim(&line, &length);
        if (length == 0)
            continue;
        if (input->format == INPUT_NDJSON && *line == '{')
            return take_member(input, line, length, digits, digit_count);
        if (input->format != INPUT_CSV)
            return take_number(input, line, length, digits, digit_count);
        enum input_result result = take_cell(input, line, length, digits, digit_count);
        if (result != INPUT_LATER)
            return result;
    }
}
