/*
 * config_completion - what config_table.h says, written for shells.
 */
#ifndef SERVER_CONFIG_COMPLETION_H
#define SERVER_CONFIG_COMPLETION_H

/* The completions of that shell, "bash", "zsh" or "fish", to standard output. */
void config_completion_write(const char *shell);

#endif
