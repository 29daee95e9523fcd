/*
 * terminal - what standard output and error are, and taking a terminal and giving it back.
 *
 * Signals that would end the program are not handled but waited for, by a signalfd beside whatever
 * else is waited for: so there is one place where it ends, and there the terminal is as it was.
 */
#ifndef CLIENT_TERMINAL_H
#define CLIENT_TERMINAL_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

struct terminal {
    bool out, err;               /* is standard output, standard error a terminal? */
    bool out_colour, err_colour; /* and may it show colours? */
    bool utf8;                   /* does it show more than ASCII? */
    int signals;                 /* a descriptor that is readable when one came; -1: not caught */
    sigset_t before;             /* the signal mask before */
    bool taken;                  /* alternate screen, keys one by one */
    struct termios saved;
};

enum colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_DIM, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_RED };

/* Look at what there is; changes nothing. Call after setlocale(). */
void terminal_open(struct terminal *terminal);

/* Give back all that was taken: the screen, the keys, the cursor, the signals. */
void terminal_close(struct terminal *terminal);

/* The escape sequence for a colour, "" where colours may not be. COLOUR_NONE ends the others. */
const char *terminal_colour(bool may, enum colour colour);

/*
 * Make question marks of what a terminal would obey: control characters, those of ISO 6429 that
 * UTF-8 spells with two bytes too. For text from elsewhere, before it is printed. Returns text.
 */
char *terminal_tame(char *text);

/* Columns and lines of the terminal at that descriptor; 80 and 24 where it does not say. */
int terminal_columns(int descriptor);
int terminal_lines(int descriptor);

/*
 * From now on, wait for the signals that end or stop a program or tell of a new size, but for those
 * ignored from the start (nohup). 0, or -1 if that cannot be.
 */
int terminal_catch_signals(struct terminal *terminal);

/* The next signal that came, or 0. */
int terminal_take_signal(struct terminal *terminal);

/* Would that one end the program? */
bool terminal_is_end(int signal);

/* Stop, as Ctrl-Z asks, with the terminal given back; returns when the program goes on. */
void terminal_suspend(struct terminal *terminal);

/* After terminal_close(): end by that signal, so that whoever waits for the program sees it. */
int terminal_die(int signal);

/* Take the whole screen, and keys as they are typed, unseen. 0, or -1 if it is no terminal. */
int terminal_take(struct terminal *terminal);

#endif
