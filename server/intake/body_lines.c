/* body_lines - a body of text: one integer a line, bare or in double quotes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/intake/parts.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Read lines that are a plain integer and nothing else; returns where the first other begins. */
static const char *quick_lines(struct intake *intake, const char *p, const char *end)
{
    struct integer_quick integer;
    struct intake_run run = intake_begin_run(intake);
    while (end - p > INTEGER_QUICK_BYTES && intake->status == INTAKE_OK) {
        const char *q = integer_quick(p, &integer);
        if (!q)
            break;
        q += *q == '\r';
        if (*q != '\n')
            break;
        p = q + 1;
        intake->lines.number++;
        intake_run_on(intake, &run, &integer);
    }
    intake_end_run(intake, &run);
    return p;
}

/* Keep the beginning of the line for the case that there is something to say about it. */
static const char *remember(struct body_lines *lines, const char *p, const char *end)
{
    size_t size = (size_t)(end - p);
    size_t room = sizeof lines->shown - lines->length;
    if (size > room)
        size = room;
    memcpy(lines->shown + lines->length, p, size);
    lines->length += size;
    return end;
}

/* The line is over. */
static void end_line(struct intake *intake)
{
    struct body_lines *lines = &intake->lines;
    lines->number++;
    if (lines->place == LINE_AT_END ||
        (lines->place == LINE_IN_INTEGER && !lines->quoted && integer_exists(intake))) {
        integer_accept(intake);
    } else if (lines->place != LINE_AT_START) {
        while (is_blank(lines->shown[lines->length - 1]))
            lines->length--;
        char where[40];
        snprintf(where, sizeof where, "line %" PRIu64 ": ", lines->number);
        report_no_integer(intake, where, lines->shown, lines->length);
    }
    lines->place = LINE_AT_START;
}

/* Inside the integer: take what belongs to it; returns where to go on. */
static const char *in_integer(struct intake *intake, const char *p, const char *end)
{
    struct body_lines *lines = &intake->lines;
    if (integer_is_digit(*p))
        return remember(lines, p, integer_digits(intake, p, end));
    if (integer_exists(intake) && (lines->quoted ? *p == '"' : is_blank(*p)))
        lines->place = LINE_AT_END;
    else if (*p != '-' || !integer_minus(intake))
        lines->place = LINE_BAD;
    return remember(lines, p, p + 1);
}

/* At the start of a line: skip blanks; returns where to go on. */
static const char *at_start(struct intake *intake, const char *p)
{
    struct body_lines *lines = &intake->lines;
    if (is_blank(*p))
        return p + 1;
    lines->place = LINE_IN_INTEGER;
    lines->quoted = *p == '"';
    lines->length = 0;
    integer_start(intake);
    return lines->quoted ? remember(lines, p, p + 1) : p;
}

void body_lines_feed(struct intake *intake, const char *p, const char *end)
{
    struct body_lines *lines = &intake->lines;
    while (p < end && intake->status == INTAKE_OK) {
        if (lines->place == LINE_AT_START)
            p = quick_lines(intake, p, end);
        if (*p == '\n') {
            end_line(intake);
            p++;
            continue;
        }
        switch (lines->place) {
        case LINE_AT_START:
            p = at_start(intake, p);
            break;
        case LINE_IN_INTEGER:
            p = in_integer(intake, p, end);
            break;
        case LINE_AT_END:
            if (!is_blank(*p))
                lines->place = LINE_BAD;
            p = remember(lines, p, p + 1);
            break;
        case LINE_BAD: {
            const char *newline = memchr(p, '\n', (size_t)(end - p));
            p = remember(lines, p, newline ? newline : end);
            break;
        }
        }
    }
}

void body_lines_finish(struct intake *intake)
{
    end_line(intake);
}
