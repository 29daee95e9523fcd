/*
 * shell - words of a table as the completions of shells have them. All goes to standard output.
 */
#ifndef COMMON_SHELL_H
#define COMMON_SHELL_H

#include <stdbool.h>

/* The words of "table|json", parted by blanks. */
void shell_write_choices(const char *choices);

/*
 * Text to stand within single quotes; with zsh, what its specifications of arguments would read
 * themselves (_arguments in zshcompsys(1)) is escaped, too.
 */
void shell_write_quoted(const char *text, bool zsh);

#endif
