/* completion - what the table of cli.h says, for the completion of bash, zsh and fish. */
#ifndef CLIENT_COMPLETION_H
#define CLIENT_COMPLETION_H

/* Print the completions for that shell: "bash", "zsh" or "fish". */
void completion_generate(const char *shell);

#endif
