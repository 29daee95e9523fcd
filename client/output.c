/* output - see output.h. */
#include "client/output.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "client/cli.h"
#include "client/figures.h"

void output_begin(struct output *output, enum output_format format, const struct terminal *terminal)
{
    *output = (struct output){.format = format, .terminal = terminal, .width = OUTPUT_WIDTH_MIN};
    if (format == OUTPUT_CSV)
        puts("n,prime,certainty,elapsed");
    else if (format == OUTPUT_JSON)
        putchar('[');
}

void output_make_room(struct output *output, const char *n)
{
    int length = (int)strlen(n);
    if (length > OUTPUT_WIDTH_MAX)
        length = OUTPUT_WIDTH_MAX;
    if (length > output->width)
        output->width = length;
}

static void write_row(const struct output *output, const struct outcome *outcome)
{
    char shortened[OUTPUT_WIDTH_MAX + 1];
    char elapsed[FIGURE_SIZE] = "";
    const char *n = outcome->n;
    if (output->terminal->out)
        n = figure_shortened(shortened, n, OUTPUT_WIDTH_MAX);
    if (outcome->prime >= 0)
        figure_seconds(elapsed, outcome->elapsed_s);
    const char *verdict = outcome->prime < 0  ? outcome->error
                          : !outcome->prime   ? "composite"
                          : outcome->probable ? "probable prime"
                                              : "prime";
    bool colour = output->terminal->out_colour;
    const char *end = terminal_colour(colour, COLOUR_NONE);
    printf("%*s  %s%-14s%s  %s%7s%s", output->width, n,
           terminal_colour(colour, outcome->prime < 0   ? COLOUR_RED
                                   : outcome->prime > 0 ? COLOUR_GREEN
                                                        : COLOUR_NONE),
           verdict, end, terminal_colour(colour, COLOUR_DIM), elapsed, end);
    if (outcome->expression)
        printf("  %s", outcome->expression);
    putchar('\n');
}

/* The classic line: the number, P if it is prime, the seconds it took. */
static void write_classic(const struct output *output, const struct outcome *outcome)
{
    char shortened[OUTPUT_WIDTH_MAX + 1], elapsed[FIGURE_SIZE];
    const char *n = outcome->n;
    if (output->terminal->out)
        n = figure_shortened(shortened, n, OUTPUT_WIDTH_MAX);
    bool colour = output->terminal->out_colour && outcome->prime > 0;
    printf("%*s  %s%s%s %s\n", OUTPUT_WIDTH_MIN, n, terminal_colour(colour, COLOUR_GREEN),
           outcome->prime < 0 ? "?"
           : outcome->prime   ? "P"
                              : " ",
           terminal_colour(colour, COLOUR_NONE), figure_elapsed(elapsed, outcome->elapsed_s));
}

static void write_object(const struct outcome *outcome)
{
    putchar('{');
    if (outcome->expression) /* digits, signs and blanks: nothing to escape */
        printf("\"expression\":\"%s\",", outcome->expression);
    printf("\"n\":\"%s\",", outcome->n);
    if (outcome->prime < 0)
        printf("\"prime\":null,\"error\":\"%s\"", outcome->error);
    else
        printf("\"prime\":%s,\"certainty\":\"%s\",\"elapsed\":%.9g",
               outcome->prime ? "true" : "false", outcome->probable ? "probable" : "proven",
               outcome->elapsed_s);
    printf(",\"source\":\"%s\"}", outcome->local ? "local" : "service");
}

void output_add(struct output *output, const struct outcome *outcome)
{
    switch (output->format) {
    case OUTPUT_TABLE:
        write_row(output, outcome);
        break;
    case OUTPUT_CLASSIC:
        write_classic(output, outcome);
        break;
    case OUTPUT_CSV:
        if (outcome->prime < 0)
            printf("%s,,%s,\n", outcome->n, outcome->error);
        else
            printf("%s,%s,%s,%.9g\n", outcome->n, outcome->prime ? "true" : "false",
                   outcome->probable ? "probable" : "proven", outcome->elapsed_s);
        break;
    case OUTPUT_JSON:
        fputs(output->count ? ",\n " : "", stdout);
        write_object(outcome);
        break;
    case OUTPUT_NDJSON:
        write_object(outcome);
        putchar('\n');
        break;
    }
    output->count++;
    output->primes += outcome->prime > 0;
    output->unanswered += outcome->prime < 0;
}

void output_end(struct output *output)
{
    if (output->format == OUTPUT_JSON)
        puts("]");
    fflush(stdout);
}

/* A verdict's number, and why there is none, go to the terminal and into JSON as they are. */
static bool is_integer(const char *text)
{
    size_t sign = *text == '-';
    size_t digits = strspn(text + sign, "0123456789");
    return digits > 0 && text[sign + digits] == '\0';
}

static bool is_word(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

bool output_parse(const char *line, size_t length, struct outcome *outcome, json_t **document)
{
    *document = json_loadb(line, length, 0, NULL);
    const json_t *prime = json_object_get(*document, "prime");
    const char *certainty = json_string_value(json_object_get(*document, "certainty"));
    const char *error = json_string_value(json_object_get(*document, "error"));
    *outcome = (struct outcome){
        .n = json_string_value(json_object_get(*document, "n")),
        .prime = json_is_boolean(prime) ? json_is_true(prime) : -1,
        .probable = certainty && strcmp(certainty, "probable") == 0,
        .error = error && is_word(error) ? error : "failed",
        .elapsed_s = json_number_value(json_object_get(*document, "elapsed")),
    };
    return outcome->n != NULL && is_integer(outcome->n);
}

int output_status(const struct output *output)
{
    if (output->unanswered > 0)
        return EXIT_UNANSWERED;
    return output->primes > 0 ? EXIT_ANSWERED : EXIT_NONE_PRIME;
}
