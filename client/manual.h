/*
 * manual - what the table of cli.h says, written for people and for shells: `--help`, the manual
 * page prime(1), and completions. All goes to standard output.
 */
#ifndef CLIENT_MANUAL_H
#define CLIENT_MANUAL_H

#include "client/cli.h"

/* The help of a command; COMMAND_ASK: that of the program, one screen. */
void manual_help(enum cli_command command);

/* The file of that name: "man", "bash", "zsh" or "fish". For `make`, which installs them. */
void manual_generate(const char *what);

#endif
