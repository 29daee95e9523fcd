/* pool - the classic process pool: numbers in, a line each as the verdicts arrive. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/crew.h"
#include "client/demo.h"
#include "client/figures.h"
#include "client/input.h"
#include "common/clock.h"
#include "common/decimal.h"
#include "common/verdict.h"
#include "worker/primality/primality.h"

enum {
    SINGLE =
        1000, /* so many numbers have a block of their own, and show as soon as they are done */
    TICK_MS = 50,
};

struct checking {
    struct client *client;
    struct crew crew;
    struct chunk_builder builder;
    struct input input;
    bool has_input;  /* else the numbers of the demo */
    bool exhausted;  /* no numbers left to push */
    uint64_t pushed; /* numbers */
    uint64_t total;  /* numbers, 0: not known before the end */
    struct output output;
    char *text;  /* a number as decimal text */
    size_t room; /* of text */
    uint64_t *limbs;
    size_t limbs_room;
};

/* --- numbers in ------------------------------------------------------------------------------- */

static enum input_result next_number(struct checking *c, const char **digits, size_t *length)
{
    if (c->has_input)
        return input_next(&c->input, digits, length);
    if (c->pushed + c->builder.chunk.count == DEMO_NUMBERS)
        return INPUT_END;
    *digits = demo_numbers[c->pushed + c->builder.chunk.count];
    *length = strlen(*digits);
    return INPUT_NUMBER;
}

static void push_chunk(struct checking *c)
{
    c->pushed += c->builder.chunk.count;
    crew_push(&c->crew, &c->builder.chunk);
    chunk_builder_clear(&c->builder);
}

/* Have room for that many digits as text and as limbs. */
static bool make_room(struct checking *c, size_t digits)
{
    if (digits >= c->room) {
        char *text = realloc(c->text, 2 * digits + 1);
        if (text)
            c->text = text;
        uint64_t *limbs = realloc(c->limbs, decimal_limbs(2 * digits) * sizeof *limbs);
        if (limbs)
            c->limbs = limbs;
        c->room = text && limbs ? 2 * digits + 1 : 0;
    }
    return c->room > digits;
}

/* Add a number to the chunk; where that is full, push it first. False: said why. */
static bool add_number(struct checking *c, const char *digits, size_t length)
{
    bool negative = *digits == '-';
    digits += negative;
    length -= negative;
    if (!make_room(c, length) || length > 19 * (size_t)(CHUNK_MAX_WORDS - 2)) {
        fprintf(stderr, "prime: a number of %zu digits is too large for the pool\n", length);
        return false;
    }
    memcpy(c->text, digits, length);
    size_t limbs = decimal_parse(c->limbs, c->text, length);
    enum chunk_append appended = chunk_append(&c->builder, c->limbs, limbs, negative);
    if (appended == CHUNK_FULL) {
        push_chunk(c);
        appended = chunk_append(&c->builder, c->limbs, limbs, negative);
    }
    if (appended == CHUNK_APPENDED && c->pushed < SINGLE)
        push_chunk(c);
    return appended == CHUNK_APPENDED;
}

/* Push while there are numbers and room. False: said why. */
static bool feed(struct checking *c)
{
    /* add_number() pushes two chunks at most. */
    while (!c->exhausted && c->crew.free_count >= 2) {
        const char *digits;
        size_t length;
        enum input_result result = next_number(c, &digits, &length);
        if (result == INPUT_WRONG) {
            fprintf(stderr, "prime: %s\n", c->input.error);
            return false;
        }
        if (result == INPUT_NUMBER && !add_number(c, digits, length))
            return false;
        c->exhausted = result == INPUT_END;
        if (result != INPUT_NUMBER && c->builder.chunk.count > 0)
            push_chunk(c);
        if (result == INPUT_LATER)
            break;
    }
    return true;
}

/* The signal that ends the program, if one came. */
static bool is_interrupted(struct client *client)
{
    int signal = terminal_take_signal(&client->terminal);
    if (signal == SIGTSTP) {
        progress_clear(&client->progress);
        terminal_suspend(&client->terminal);
    }
    client->signal = terminal_is_end(signal) ? signal : 0;
    return client->signal != 0;
}

/* Wait for more input, a while. */
static void await_input(struct checking *c)
{
    poll(&(struct pollfd){.fd = c->input.lines.descriptor, .events = POLLIN}, 1, TICK_MS);
}

/* Count the numbers of a file, and find its mistakes, before anything is checked. */
static bool look_ahead(struct checking *c)
{
    enum input_result result;
    const char *digits;
    size_t length;
    if (!c->has_input) {
        c->total = DEMO_NUMBERS;
        return true;
    }
    while ((result = input_find_format(&c->input)) == INPUT_LATER) {
        if (is_interrupted(c->client))
            return false;
        await_input(c);
    }
    if (result != INPUT_WRONG && c->input.format == INPUT_JSON) {
        fprintf(stderr, "prime pool: %s is JSON; text, ndjson and csv are read here\n",
                c->input.name);
        return false;
    }
    if (result != INPUT_WRONG && c->input.lines.seekable) {
        while ((result = input_next(&c->input, &digits, &length)) == INPUT_NUMBER)
            ;
        c->total = c->input.count;
    }
    if (result == INPUT_WRONG)
        fprintf(stderr, "prime: %s\n", c->input.error);
    return result != INPUT_WRONG && (!c->input.lines.seekable || input_rewind(&c->input));
}

/* --- verdicts out ----------------------------------------------------------------------------- */

static void print_block(struct checking *c, uint32_t index)
{
    struct chunk chunk = block_chunk(arena_block(&c->crew.arena, index));
    const struct results *results = arena_results(&c->crew.arena, index);
    struct chunk_reader reader;
    struct number number;
    progress_clear(&c->client->progress);
    chunk_read(&reader, &chunk);
    for (uint32_t i = 0; chunk_next(&reader, &number); i++) {
        if (!make_room(c, decimal_number_size(number.limb_count)))
            return;
        c->text[decimal_number(c->text, &number)] = '\0';
        uint8_t verdict = results->verdicts[i];
        struct outcome outcome = {
            .n = c->text,
            .prime = verdict == VERDICT_FAILED ? -1 : verdict != VERDICT_COMPOSITE,
            .probable = verdict == VERDICT_PROBABLE_PRIME,
            .error = "failed",
            .elapsed_s = (double)results->seconds[i],
            .local = true,
        };
        output_add(&c->output, &outcome);
    }
    fflush(stdout);
}

static void tick(struct checking *c)
{
    if (c->output.count > 0 && c->total > 0)
        progress_count(&c->client->progress, c->output.count, c->total, c->output.primes, -1);
    else
        progress_say(&c->client->progress, "waiting for the first verdict");
    progress_tick(&c->client->progress);
}

/* Feed and print until all is done; false if it was cut short. */
static bool check_all(struct checking *c)
{
    while (!c->exhausted || c->crew.in_flight > 0) {
        if (!feed(c) || is_interrupted(c->client))
            return false;
        int32_t index = crew_take(&c->crew);
        if (index != BOARD_EMPTY) {
            print_block(c, (uint32_t)index);
            crew_release(&c->crew, (uint32_t)index);
        } else if (c->crew.in_flight > 0) {
            crew_wait(&c->crew, TICK_MS * NS_PER_MS);
        } else if (!c->exhausted) {
            await_input(c);
        }
        tick(c);
    }
    return true;
}

/* --- the command ------------------------------------------------------------------------------ */

static void say_what(const struct checking *c, unsigned workers)
{
    if (c->total > 0)
        printf("Checking %llu numbers with %u processes:\n", (unsigned long long)c->total, workers);
    else
        printf("Checking the numbers of %s with %u processes:\n", c->input.name, workers);
    fflush(stdout); /* before the fork */
}

static int check_with(struct checking *c, unsigned workers)
{
    struct client *client = c->client;
    char elapsed[FIGURE_SIZE];
    bool classic = c->output.format == OUTPUT_CLASSIC;
    if (classic)
        say_what(c, workers);
    int64_t began = clock_monotonic_ns();
    int error = crew_open(&c->crew, workers, NULL, NULL);
    if (error) {
        fprintf(stderr, "prime pool: %s\n", strerror(-error));
        return EXIT_SYSTEM;
    }
    bool whole = check_all(c);
    progress_clear(&client->progress);
    if (!whole) {
        crew_kill(&c->crew);
        return client->signal ? 0 : EXIT_USAGE;
    }
    crew_close(&c->crew);
    figure_elapsed(elapsed, (double)(clock_monotonic_ns() - began) / 1e9);
    if (classic)
        printf("Total time: %s\n", elapsed + strspn(elapsed, " "));
    return EXIT_ANSWERED;
}

int pool_run(struct client *client)
{
    struct checking c = {.client = client, .has_input = client->cli->argument_count > 0};
    unsigned workers = (unsigned)cli_number(client->cli, OPTION_WORKERS);
    int status = EXIT_USAGE;
    chunk_builder_init(&c.builder, primality_cost_ns);
    output_begin(&c.output, client_option(client, OPTION_JSON) ? OUTPUT_NDJSON : OUTPUT_CLASSIC,
                 &client->terminal);
    if (c.has_input &&
        input_open(&c.input, client->cli->arguments[0], client_option(client, OPTION_FROM),
                   client_option(client, OPTION_COLUMN)) < 0)
        fprintf(stderr, "prime: %s\n", c.input.error);
    else if (terminal_catch_signals(&client->terminal) < 0)
        status = EXIT_SYSTEM;
    else if (look_ahead(&c))
        status = check_with(&c, workers ? workers : crew_processors());
    if (c.has_input)
        input_close(&c.input);
    chunk_builder_destroy(&c.builder);
    free(c.text);
    free(c.limbs);
    return status;
}
