/*
 * config_manual - what config_table.h says, written for people: `--help` and primed(8).
 */
#ifndef SERVER_CONFIG_MANUAL_H
#define SERVER_CONFIG_MANUAL_H

/* `--help`, one screen, to standard output. */
void config_manual_help(void);

/* The manual page, in the macros of groff_man(7), to standard output. */
void config_manual_page(void);

#endif
