/*
 * input - the numbers of a file: text, NDJSON, or a column of a CSV; and a JSON document as it is.
 *
 * Reads as it goes; see lines.h for how much memory that takes. Every number comes in canonical
 * form; every mistake is named with its line.
 */
#ifndef CLIENT_INPUT_H
#define CLIENT_INPUT_H

#include "client/lines.h"

enum input_format { INPUT_UNKNOWN, INPUT_TEXT, INPUT_NDJSON, INPUT_JSON, INPUT_CSV };

enum input_result {
    INPUT_NUMBER,
    INPUT_END,
    INPUT_LATER, /* wait until input.lines.descriptor is readable */
    INPUT_WRONG, /* said in input.error, with the line */
};

/* From the number `index` on, a number is on the line `line`, the next on the next, and so on. */
struct input_run {
    uint64_t index;
    uint64_t line;
};
enum { INPUT_RUNS = 4096, INPUT_ERROR_SIZE = 512 };

struct input {
    const char *name; /* of the file, for messages */
    enum input_format format;
    const char *column; /* NULL: not chosen */
    struct lines lines;
    uint64_t line;          /* lines read */
    uint64_t count;         /* numbers read */
    int cell;               /* of a CSV: the column, from 0; -1 before its first line was read */
    char *value;            /* the number that is handed out, where it had to be worked out */
    struct input_run *runs; /* where numbers were found: the first INPUT_RUNS runs of lines */
    size_t run_count;
    bool runs_full; /* what is behind the last run is not known */
    char error[INPUT_ERROR_SIZE];
};

/*
 * Open that file, or standard input for "-". `format` is the word of --from, or NULL, `column` that
 * of --column or NULL. 0, or -1, said in input.error; input_close() in any case.
 */
int input_open(struct input *input, const char *name, const char *format, const char *column);
void input_close(struct input *input);

/*
 * What the file is: as was chosen, or told by its name, or by how it begins. Before the first read.
 * INPUT_LATER while nothing of it has come, INPUT_WRONG if it cannot be read, else INPUT_NUMBER.
 */
enum input_result input_find_format(struct input *input);

/* The next number: a sign perhaps, then digits; valid until the next call. Not for INPUT_JSON. */
enum input_result input_next(struct input *input, const char **digits, size_t *length);

/* Begin again; false if that cannot be. */
bool input_rewind(struct input *input);

/* Where the number of that index was found, "line 18 of FILE". */
void input_place(const struct input *input, uint64_t index, char *out, size_t size);

#endif
