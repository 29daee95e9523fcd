/* output - verdicts on standard output, for people or for programs. */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/terminal.h"

enum output_format {
    OUTPUT_TABLE,
    OUTPUT_JSON,
    OUTPUT_NDJSON,
    OUTPUT_CSV,
    OUTPUT_CLASSIC, /* of the home-made process pool: number, P, seconds */
};

/* What is known of one number. */
struct outcome {
    const char *n;          /* decimal digits */
    const char *expression; /* how it was written, if otherwise; NULL: the same */
    int prime;              /* 1, 0; -1: no verdict */
    bool probable;
    const char *error; /* why there is no verdict: "timeout", "failed", "canceled" */
    double elapsed_s;
    bool local; /* tested in this process */
};

struct output {
    enum output_format format;
    const struct terminal *terminal;
    int width;      /* columns of the numbers in a table */
    uint64_t count; /* of outcomes */
    uint64_t primes, unanswered;
};

enum { OUTPUT_WIDTH_MIN = 16, OUTPUT_WIDTH_MAX = 44 };

/* Widen the table's column of numbers for n, within limits. Before the outcomes are added. */
void output_make_room(struct output *output, const char *n);

void output_begin(struct output *output, enum output_format format,
                  const struct terminal *terminal);
void output_add(struct output *output, const struct outcome *outcome);
void output_end(struct output *output);

/*
 * An outcome in a line of the service's NDJSON. False if it is none. The texts of the outcome lie
 * in *document, which the caller frees by json_decref().
 */
struct json_t;
bool output_parse(const char *line, size_t length, struct outcome *outcome,
                  struct json_t **document);

/* The exit status for what was added. */
int output_status(const struct output *output);

#endif
