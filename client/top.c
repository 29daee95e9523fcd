/* top - the service at a glance, again and again: queue, workers, rates, the newest batches. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/batch.h"
#include "client/figures.h"
#include "common/clock.h"

enum { BATCHES_MAX = 100, BAR_COLUMNS = 20 };

/* What the service said at one time. */
struct look {
    int64_t at_ns;
    json_t *state;                  /* the document; NULL: it did not answer */
    json_t *batches;                /* NULL: likewise */
    char trouble[HTTP_REASON_SIZE]; /* why */
    int status;                     /* for programs, which are told why: the exit status */
};

/* The screen, made in memory and written at once, so that it does not flicker. */
struct screen {
    struct text text;
    int columns, lines, used;
    bool colour, utf8;
};

/* --- looking ---------------------------------------------------------------------------------- */

static bool fetch(struct client *client, const char *path, struct look *look,
                  struct http_answer *answer)
{
    struct http_call call = {.method = "GET", .path = path, .quick = true};
    http_perform(client->http, &call, answer);
    if (answer->result == HTTP_INTERRUPTED)
        client->signal = answer->signal;
    if (answer->result == HTTP_OK)
        return true;
    if (client_format(client) != OUTPUT_TABLE)
        look->status = client_failed(client, answer, "the state of the service");
    else if (answer->status && answer->result != HTTP_MISLED)
        snprintf(look->trouble, sizeof look->trouble, "status %ld", answer->status);
    else
        snprintf(look->trouble, sizeof look->trouble, "%s", answer->reason);
    http_free_answer(answer);
    return false;
}

static void look_at(struct client *client, struct look *look)
{
    char path[64];
    struct http_answer answer;
    *look = (struct look){.at_ns = clock_monotonic_ns()};
    if (!fetch(client, "/v1/status", look, &answer))
        return;
    look->state = json_loadb(answer.body.data, answer.body.length, 0, NULL);
    http_free_answer(&answer);
    if (!json_is_array(json_object_get(look->state, "workers"))) {
        if (client_format(client) != OUTPUT_TABLE)
            look->status = client_puzzled(client);
        snprintf(look->trouble, sizeof look->trouble, "answers, but not like primed");
        json_decref(look->state);
        look->state = NULL;
        return;
    }
    snprintf(path, sizeof path, "/v1/batches?limit=%d", BATCHES_MAX);
    if (!fetch(client, path, look, &answer))
        return;
    look->batches = json_loadb(answer.body.data, answer.body.length, 0, NULL);
    http_free_answer(&answer);
}

static void forget(struct look *look)
{
    json_decref(look->state);
    json_decref(look->batches);
    *look = (struct look){.state = NULL};
}

/* A figure of that part of the document. */
static double value_of(const struct look *look, const char *part, const char *name)
{
    return json_number_value(json_object_get(json_object_get(look->state, part), name));
}

static double workers_of(const struct look *look)
{
    return (double)json_array_size(json_object_get(look->state, "workers"));
}

/* A member of a document that is a text, "" if it is none. */
static const char *text_of(const json_t *document, const char *name)
{
    const char *text = json_string_value(json_object_get(document, name));
    return text ? text : "";
}

/* How fast a total grew between two looks; 0 when the service was restarted. */
static double rate_of(const struct look *before, const struct look *now, const char *name)
{
    double grown = value_of(now, "totals", name) - value_of(before, "totals", name);
    double passed_s = (double)(now->at_ns - before->at_ns) / 1e9;
    return before->state && now->state && grown > 0 && passed_s > 0 ? grown / passed_s : 0;
}

/* --- the screen ------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void
put_line(struct screen *screen, enum colour colour, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (screen->used == screen->lines)
        return;
    int columns = 0, length = 0; /* columns are counted by the bytes that begin a character */
    while (line[length] && (columns < screen->columns || (line[length] & 0xc0) == 0x80))
        columns += (line[length++] & 0xc0) != 0x80;
    text_printf(&screen->text, "%s%s%.*s%s\033[K", screen->used ? "\r\n" : "",
                terminal_colour(screen->colour, colour), length, line,
                terminal_colour(screen->colour, COLOUR_NONE));
    screen->used++;
}

static void put_head(struct screen *screen, const struct client *client, const struct look *now)
{
    char up[FIGURE_SIZE];
    put_line(screen, COLOUR_BOLD, "primed %s at %s, up %s", text_of(now->state, "version"),
             http_url(client->http),
             figure_seconds(up, json_number_value(json_object_get(now->state, "uptime_seconds"))));
    put_line(screen, COLOUR_DIM, "store %s, kernel %s; q quits",
             text_of(json_object_get(now->state, "store"), "name"), text_of(now->state, "kernel"));
    put_line(screen, COLOUR_NONE, "%s", "");
}

static void put_figures(struct screen *screen, const struct look *before, const struct look *now)
{
    char a[FIGURE_SIZE], b[FIGURE_SIZE], c[FIGURE_SIZE], bar[128];
    double workers = workers_of(now);
    double busy = rate_of(before, now, "compute_seconds");
    busy = busy > workers ? workers : busy;
    progress_bar(bar, sizeof bar, BAR_COLUMNS + 3, screen->utf8, (uint64_t)(busy * 1000),
                 (uint64_t)(workers * 1000), "");
    put_line(screen, COLOUR_NONE, "workers   %4.1f of %.0f busy  %s  %.0f replaced", busy, workers,
             bar, value_of(now, "totals", "worker_restarts"));
    put_line(screen, COLOUR_NONE, "numbers   %9s/s  %13s pending  %13s done",
             figure_rate(a, rate_of(before, now, "numbers_done")),
             figure_count(b, (uint64_t)value_of(now, "queue", "numbers")),
             figure_count(c, (uint64_t)value_of(now, "totals", "numbers_done")));
    put_line(screen, COLOUR_NONE, "batches   %9s/s  %13.0f queued   %13.0f running",
             figure_rate(a, rate_of(before, now, "batches_accepted")),
             value_of(now, "batches", "queued"), value_of(now, "batches", "running"));
    put_line(screen, COLOUR_NONE, "requests  %9s/s  store %s of %s",
             figure_rate(a, rate_of(before, now, "requests")),
             figure_bytes(b, value_of(now, "store", "bytes")),
             figure_bytes(c, value_of(now, "store", "bytes_max")));
    put_line(screen, COLOUR_NONE, "%s", "");
}

static void put_batches(struct screen *screen, const struct look *now)
{
    const json_t *document;
    size_t i;
    put_line(screen, COLOUR_BOLD, "%-36s  %-9s  %-20s  %13s  %8s", "batch", "status", "done",
             "numbers", "time");
    json_array_foreach(json_object_get(now->batches, "batches"), i, document)
    {
        char bar[128], total[FIGURE_SIZE], elapsed[FIGURE_SIZE];
        struct batch batch;
        char *text = json_dumps(document, 0);
        if (text && batch_parse(text, strlen(text), &batch)) {
            progress_bar(bar, sizeof bar, BAR_COLUMNS + 3, screen->utf8,
                         batch.total - batch.pending, batch.total, "");
            put_line(screen, batch.ended ? COLOUR_DIM : COLOUR_NONE, "%s  %-9s  %.*s  %13s  %8s",
                     batch.id, batch.status, (int)(strlen(bar) - 2), bar,
                     figure_count(total, batch.total), figure_seconds(elapsed, batch.elapsed_s));
        }
        free(text);
    }
}

static void draw(struct client *client, const struct look *before, const struct look *now)
{
    struct screen screen = {.columns = terminal_columns(STDOUT_FILENO),
                            .lines = terminal_lines(STDOUT_FILENO),
                            .colour = client->terminal.out_colour,
                            .utf8 = client->terminal.utf8};
    text_add_string(&screen.text, "\033[H");
    if (now->state) {
        put_head(&screen, client, now);
        put_figures(&screen, before, now);
        put_batches(&screen, now);
    } else {
        put_line(&screen, COLOUR_RED, "No answer from %s: %s", http_url(client->http),
                 now->trouble);
        put_line(&screen, COLOUR_DIM, "Trying again; q quits.");
    }
    text_add_string(&screen.text, "\033[J");
    if (!screen.text.failed)
        fwrite(screen.text.data, 1, screen.text.length, stdout);
    fflush(stdout);
    text_destroy(&screen.text);
}

/* --- the command ------------------------------------------------------------------------------ */

/* For programs: one document, of what happened between two looks. */
static int report(const struct look *before, const struct look *now)
{
    if (now->status)
        return now->status;
    printf("{\"workers\":%.0f,\"busy\":%.3f,\"numbers_per_second\":%.1f,\"numbers_pending\":%.0f,"
           "\"numbers_done\":%.0f,\"batches_queued\":%.0f,\"batches_running\":%.0f,"
           "\"requests_per_second\":%.1f,\"store_bytes\":%.0f,\"worker_restarts\":%.0f}\n",
           workers_of(now), rate_of(before, now, "compute_seconds"),
           rate_of(before, now, "numbers_done"), value_of(now, "queue", "numbers"),
           value_of(now, "totals", "numbers_done"), value_of(now, "batches", "queued"),
           value_of(now, "batches", "running"), rate_of(before, now, "requests"),
           value_of(now, "store", "bytes"), value_of(now, "totals", "worker_restarts"));
    return EXIT_ANSWERED;
}

/* Wait for the next look; false if q was pressed, or a signal came. */
static bool wait_or_quit(struct client *client, bool keys)
{
    int64_t end = clock_monotonic_ns() + cli_number(client->cli, OPTION_INTERVAL) * NS_PER_S;
    int columns = terminal_columns(STDOUT_FILENO), lines = terminal_lines(STDOUT_FILENO);
    while (clock_monotonic_ns() < end && !client->signal) {
        char key = 0;
        if (keys && read(STDIN_FILENO, &key, 1) == 1 && (key == 'q' || key == 'Q'))
            return false;
        client->signal = http_pause(client->http, 50 * NS_PER_MS);
        if (keys &&
            (columns != terminal_columns(STDOUT_FILENO) || lines != terminal_lines(STDOUT_FILENO)))
            break; /* a new size: draw again at once */
    }
    return client->signal == 0;
}

int top_run(struct client *client)
{
    struct look before, now = {.state = NULL};
    bool screen = client_format(client) == OUTPUT_TABLE;
    if (terminal_catch_signals(&client->terminal) < 0)
        return EXIT_SYSTEM;
    if (screen && terminal_take(&client->terminal) < 0) {
        fprintf(stderr,
                "prime top: standard input is no terminal; --json prints what it would show\n");
        return EXIT_USAGE;
    }
    client->terminal.err = false; /* no spinner on this screen */
    int status = EXIT_ANSWERED;
    look_at(client, &before);
    if (screen && !client->signal)
        draw(client, &now, &before);
    if (before.status)
        status = before.status;
    while (!before.status && wait_or_quit(client, screen)) {
        look_at(client, &now);
        if (client->signal)
            break;
        if (!screen) {
            status = report(&before, &now);
            break;
        }
        draw(client, &before, &now);
        forget(&before);
        before = now;
        now = (struct look){.state = NULL};
    }
    forget(&before);
    forget(&now);
    return status;
}
