/*
 * roff - text as man(1) reads it: no request by accident, and hyphens, quotes and carets that can
 * be copied into a shell. All goes to standard output. Of use for manual pages (groff_man(7)).
 */
#ifndef COMMON_ROFF_H
#define COMMON_ROFF_H

#include <stddef.h>

void roff_write(const char *text, size_t length);
void roff_write_string(const char *text);

/* Lines, each ended; an empty one parts paragraphs. */
void roff_write_paragraphs(const char *text);

/* The head of an option's paragraph: -letter (0: none), --name, and the argument (NULL: none). */
void roff_write_option(char letter, const char *name, const char *argument);

#endif
