/* progress - see progress.h. */
#include "client/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/figures.h"
#include "common/clock.h"

enum { REDRAW_MS = 100, FRAMES = 10, BAR_MIN = 10, BAR_MAX = 40 };

void progress_begin(struct progress *progress, const struct terminal *terminal)
{
    *progress = (struct progress){.terminal = terminal,
                                  .next_ns = clock_monotonic_ns() + REDRAW_MS * NS_PER_MS};
}

const char *progress_frame(unsigned frame, bool utf8)
{
    static const char *const braille[FRAMES] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    static const char *const ascii[] = {"|", "/", "-", "\\"};
    return utf8 ? braille[frame % FRAMES] : ascii[frame % 4];
}

void progress_say(struct progress *progress, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(progress->line, sizeof progress->line, format, arguments);
    va_end(arguments);
    int room = terminal_columns(STDERR_FILENO) - 3;
    if (room >= 0 && room < (int)sizeof progress->line)
        progress->line[room] = '\0';
    progress->spins = true;
}

void progress_bar(char *out, int size, int columns, bool utf8, uint64_t done, uint64_t total,
                  const char *behind)
{
    int width = columns - (int)strlen(behind) - 3;
    width = width > BAR_MAX ? BAR_MAX : width;
    if (width < BAR_MIN) {
        snprintf(out, (size_t)size, "%.*s", columns > 1 ? columns - 1 : 0, behind);
        return;
    }
    double part = total ? (double)done / (double)total : 1;
    int filled = (int)(part * width);
    int used = 0;
    for (int i = 0; i < width && used < size; i++)
        used += snprintf(out + used, (size_t)(size - used), "%s",
                         i < filled ? (utf8 ? "█" : "#") : (utf8 ? "░" : "."));
    if (used < size)
        snprintf(out + used, (size_t)(size - used), "  %s", behind);
}

/* Verdicts a second over the last seconds: each look weighs by the time it covers. */
static void measure_rate(struct progress *progress, uint64_t done)
{
    int64_t now = clock_monotonic_ns();
    double passed_s = (double)(now - progress->last_ns) / 1e9;
    if (progress->last_ns == 0) {
        progress->last_ns = now;
        progress->last_done = done;
    } else if (passed_s >= 0.2 && done >= progress->last_done) {
        double rate = (double)(done - progress->last_done) / passed_s;
        double weight = passed_s < 2 ? passed_s / 2 : 1;
        progress->rate += (rate - progress->rate) * (progress->rate > 0 ? weight : 1);
        progress->last_ns = now;
        progress->last_done = done;
    }
}

void progress_count(struct progress *progress, uint64_t done, uint64_t total, uint64_t primes,
                    double eta_s)
{
    measure_rate(progress, done);
    if (eta_s < 0 && progress->rate > 0)
        eta_s = (double)(total - done) / progress->rate;
    progress->spins = false;
    char a[FIGURE_SIZE], b[FIGURE_SIZE], c[FIGURE_SIZE], behind[160];
    int length = snprintf(behind, sizeof behind, "%3.0f%%  %s of %s",
                          total ? 100.0 * (double)done / (double)total : 100.0,
                          figure_count(a, done), figure_count(b, total));
    if (progress->rate > 0)
        length += snprintf(behind + length, sizeof behind - (size_t)length, "  %s/s",
                           figure_rate(a, progress->rate));
    if (eta_s >= 0)
        length += snprintf(behind + length, sizeof behind - (size_t)length, "  %s left",
                           figure_seconds(b, eta_s));
    snprintf(behind + length, sizeof behind - (size_t)length, "  %s prime%s",
             figure_count(c, primes), primes == 1 ? "" : "s");
    progress_bar(progress->line, sizeof progress->line, terminal_columns(STDERR_FILENO),
                 progress->terminal->utf8, done, total, behind);
}

static void write_line(const char *before, const char *frame, const char *line)
{
    char out[sizeof((struct progress *)0)->line + 32];
    int length =
        snprintf(out, sizeof out, "\r%s%s%s%s\033[K", before, frame, *frame ? " " : "", line);
    ssize_t written = write(STDERR_FILENO, out, (size_t)length);
    (void)written; /* it only decorates */
}

void progress_tick(struct progress *progress)
{
    int64_t now = clock_monotonic_ns();
    if (!progress->terminal->err || now < progress->next_ns || !*progress->line)
        return;
    progress->next_ns = now + REDRAW_MS * NS_PER_MS;
    progress->frame++;
    write_line(progress->shown ? "" : "\033[?25l",
               progress->spins ? progress_frame(progress->frame, progress->terminal->utf8) : "",
               progress->line);
    progress->shown = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        write_line("\033[?25h", "", "");
    progress->shown = false;
    progress->next_ns = 0;
}
