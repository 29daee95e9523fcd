/* shell - choices and quotes. See shell.h. */
#include "common/shell.h"

#include <stdio.h>

void shell_write_choices(const char *choices)
{
    for (const char *c = choices; *c; c++)
        putchar(*c == '|' ? ' ' : *c);
}

void shell_write_quoted(const char *text, bool zsh)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            fputs("'\\''", stdout);
        else if (zsh && (*c == '[' || *c == ']' || *c == ':'))
            printf("\\%c", *c);
        else
            putchar(*c);
    }
}
