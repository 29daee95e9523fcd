/*
 * config_manual - what config_table.h says, written for people: `--help`, primed(8), and a file of
 * variables to start from.
 */
#ifndef SERVER_CONFIG_MANUAL_H
#define SERVER_CONFIG_MANUAL_H

/* `--help`, one screen, to standard output. */
void config_manual_help(void);

/* The manual page, in the macros of groff_man(7), to standard output. */
void config_manual_page(void);

/*
 * Every variable with its help, commented out, to standard output: a file for a service manager's
 * EnvironmentFile= or a container engine's --env-file.
 */
void config_manual_variables(void);

#endif
