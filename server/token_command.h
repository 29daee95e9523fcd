/* token_command - `primed token NAME`: makes a token. */
#ifndef SERVER_TOKEN_COMMAND_H
#define SERVER_TOKEN_COMMAND_H

/*
 * Make a token for the first of the words, a name; the others are rights and quotas (tokens.h). Its
 * line for the file of tokens goes to standard output, the token itself, which nobody can find out
 * from that, to standard error: `primed token alice >>tokens` adds it, and shows it once. Returns
 * the exit status: 0, 2 for words that are wrong, 1 without randomness or a place to write.
 */
int token_command(char *const *words);

#endif
