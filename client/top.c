/* top - the service at a glance, again and again: queue, workers, rates, the newest batches. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/batch.h"
#include "client/figures.h"
#include "client/metrics.h"
#include "common/clock.h"

enum { BATCHES_MAX = 100, BAR_COLUMNS = 20 };

/* What the service said at one time. */
struct look {
    int64_t at_ns;
    char *metrics;                  /* NULL: it did not answer */
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
    if (!fetch(client, "/metrics", look, &answer))
        return;
    look->metrics = answer.body.data;
    snprintf(path, sizeof path, "/v1/batches?limit=%d", BATCHES_MAX);
    if (!fetch(client, path, look, &answer))
        return;
    look->batches = json_loadb(answer.body.data, answer.body.length, 0, NULL);
    http_free_answer(&answer);
}

static void forget(struct look *look)
{
    free(look->metrics);
    json_decref(look->batches);
    *look = (struct look){.metrics = NULL};
}

static double value_of(const struct look *look, const char *name)
{
    return look->metrics ? metrics_value(look->metrics, name) : 0;
}

/* How fast a counter grew between two looks; 0 when the service was restarted. */
static double rate_of(const struct look *before, const struct look *now, const char *name)
{
    double grown = value_of(now, name) - value_of(before, name);
    double passed_s = (double)(now->at_ns - before->at_ns) / 1e9;
    return before->metrics && now->metrics && grown > 0 && passed_s > 0 ? grown / passed_s : 0;
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
    char version[32], store[16], kernel[32], up[FIGURE_SIZE];
    const char *text = now->metrics;
    put_line(screen, COLOUR_BOLD, "primed %s at %s, up %s",
             metrics_label(text, "primed_build_info", "version", version, sizeof version),
             http_url(client->http),
             figure_seconds(up, (double)clock_wall_ns() / 1e9 -
                                    value_of(now, "primed_start_time_seconds")));
    put_line(screen, COLOUR_DIM, "store %s, kernel %s; q quits",
             metrics_label(text, "primed_build_info", "store", store, sizeof store),
             metrics_label(text, "primed_build_info", "kernel", kernel, sizeof kernel));
    put_line(screen, COLOUR_NONE, "%s", "");
}

static void put_figures(struct screen *screen, const struct look *before, const struct look *now)
{
    char a[FIGURE_SIZE], b[FIGURE_SIZE], c[FIGURE_SIZE], bar[128];
    double workers = value_of(now, "primed_workers");
    double busy = rate_of(before, now, "primed_compute_seconds_total");
    busy = busy > workers ? workers : busy;
    progress_bar(bar, sizeof bar, BAR_COLUMNS + 3, screen->utf8, (uint64_t)(busy * 1000),
                 (uint64_t)(workers * 1000), "");
    put_line(screen, COLOUR_NONE, "workers   %4.1f of %.0f busy  %s  %.0f replaced", busy, workers,
             bar, value_of(now, "primed_worker_restarts_total"));
    put_line(screen, COLOUR_NONE, "numbers   %9s/s  %13s pending  %13s done",
             figure_rate(a, rate_of(before, now, "primed_numbers_total")),
             figure_count(b, (uint64_t)value_of(now, "primed_queue_numbers")),
             figure_count(c, (uint64_t)value_of(now, "primed_numbers_total")));
    put_line(screen, COLOUR_NONE, "batches   %9s/s  %13.0f queued   %13.0f running",
             figure_rate(a, rate_of(before, now, "primed_batches_accepted_total")),
             value_of(now, "primed_batches{status=\"queued\"}"),
             value_of(now, "primed_batches{status=\"running\"}"));
    put_line(screen, COLOUR_NONE, "requests  %9s/s  store %s of %s",
             figure_rate(a, rate_of(before, now, "primed_http_requests_total")),
             figure_bytes(b, value_of(now, "primed_store_bytes")),
             figure_bytes(c, value_of(now, "primed_store_limit_bytes")));
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
    if (now->metrics) {
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
           value_of(now, "primed_workers"), rate_of(before, now, "primed_compute_seconds_total"),
           rate_of(before, now, "primed_numbers_total"), value_of(now, "primed_queue_numbers"),
           value_of(now, "primed_numbers_total"),
           value_of(now, "primed_batches{status=\"queued\"}"),
           value_of(now, "primed_batches{status=\"running\"}"),
           rate_of(before, now, "primed_http_requests_total"), value_of(now, "primed_store_bytes"),
           value_of(now, "primed_worker_restarts_total"));
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
    struct look before, now = {.metrics = NULL};
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
        now = (struct look){.metrics = NULL};
    }
    forget(&before);
    forget(&now);
    return status;
}
