/* roff - escaping. See roff.h. */
#include "common/roff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void roff_write(const char *text, size_t length)
{
    bool starts_line = true;
    for (const char *c = text; c < text + length; c++) {
        if (starts_line && (*c == '.' || *c == '\''))
            fputs("\\&", stdout);
        starts_line = *c == '\n';
        if (*c == '-')
            fputs("\\-", stdout);
        else if (*c == '\\')
            fputs("\\e", stdout);
        else if (*c == '^')
            fputs("\\(ha", stdout);
        else if (*c == '\'')
            fputs("\\(aq", stdout);
        else
            putchar(*c);
    }
}

void roff_write_string(const char *text)
{
    roff_write(text, strlen(text));
}

void roff_write_paragraphs(const char *text)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        if (length > 0)
            roff_write(line, length);
        else
            fputs(".PP", stdout);
        putchar('\n');
        line += length + (line[length] == '\n');
    }
}

void roff_write_option(char letter, const char *name, const char *argument)
{
    printf(".TP\n\\fB");
    if (letter)
        printf("\\-%c\\fR, \\fB", letter);
    printf("\\-\\-");
    roff_write_string(name);
    printf("\\fR");
    if (argument) {
        printf(" \\fI");
        roff_write_string(argument);
        printf("\\fR");
    }
    putchar('\n');
}
