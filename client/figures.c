/* figures - see figures.h. */
#include "client/figures.h"

#include <stdio.h>
#include <string.h>

static const unsigned long long seconds_max = 1000000000000; /* what a time is cut down to */

char *figure_count(char out[FIGURE_SIZE], uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    char *place = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *place++ = ',';
        *place++ = digits[i];
    }
    *place = '\0';
    return out;
}

/* Three significant digits of 0 <= value < 1000. */
static void write_three(char out[FIGURE_SIZE], double value, const char *unit)
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(out, FIGURE_SIZE, "%.*f%s", decimals, value, unit);
}

char *figure_rate(char out[FIGURE_SIZE], double rate)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    unsigned unit = 0;
    if (rate < 99.5) {
        snprintf(out, FIGURE_SIZE, rate < 9.95 ? "%.1f" : "%.0f", rate);
        return out;
    }
    while (rate >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        rate /= 1000;
        unit++;
    }
    write_three(out, rate, units[unit]);
    return out;
}

char *figure_seconds(char out[FIGURE_SIZE], double seconds)
{
    if (seconds >= 59.95) {
        unsigned long long whole =
            seconds < seconds_max ? (unsigned long long)(seconds + 0.5) : seconds_max;
        if (whole < 3600)
            snprintf(out, FIGURE_SIZE, "%llu:%02llu", whole / 60, whole % 60);
        else
            snprintf(out, FIGURE_SIZE, "%llu:%02llu:%02llu", whole / 3600, whole / 60 % 60,
                     whole % 60);
    } else if (seconds >= 0.9995) {
        write_three(out, seconds, " s");
    } else if (seconds >= 0.9995e-3) {
        write_three(out, seconds * 1e3, " ms");
    } else if (seconds >= 0.9995e-6) {
        write_three(out, seconds * 1e6, " us");
    } else {
        snprintf(out, FIGURE_SIZE, "%.0f ns", seconds * 1e9);
    }
    return out;
}

char *figure_bytes(char out[FIGURE_SIZE], double bytes)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    unsigned unit = 0;
    while (bytes >= 1023.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, FIGURE_SIZE, unit && bytes < 99.95 ? "%.1f%s" : "%.0f%s", bytes, units[unit]);
    return out;
}

char *figure_shortened(char *out, const char *number, int width)
{
    int length = (int)strlen(number);
    if (length <= width) {
        memcpy(out, number, (size_t)length + 1);
        return out;
    }
    char behind[FIGURE_SIZE];
    int digits = length - (*number == '-');
    int shown = width - 3 - snprintf(behind, sizeof behind, " (%d)", digits);
    int first = shown - shown / 2;
    snprintf(out, (size_t)width + 1, "%.*s...%s%s", first, number, number + length - shown / 2,
             behind);
    return out;
}

char *figure_elapsed(char out[FIGURE_SIZE], double seconds)
{
    snprintf(out, FIGURE_SIZE, "%9.6fs", seconds);
    return out;
}
