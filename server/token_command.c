/* token_command - making a token, and saying so. See token_command.h. */
#include "server/token_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/tokens.h"

enum { EXIT_USAGE = 2, LINE_SIZE = 1024 };

/* Write the line of a token; false if it is too long for the file. */
static bool write_line(char line[LINE_SIZE], char *const *words, const uint8_t *hash)
{
    size_t length = (size_t)snprintf(line, LINE_SIZE, "%s sha256:", words[0]);
    for (size_t i = 0; i < TOKEN_HASH_SIZE && length < LINE_SIZE; i++)
        length += (size_t)snprintf(line + length, LINE_SIZE - length, "%02x", hash[i]);
    for (words++; *words && length < LINE_SIZE; words++)
        length += (size_t)snprintf(line + length, LINE_SIZE - length, " %s", *words);
    return length < LINE_SIZE - 2;
}

int token_command(char *const *words)
{
    char secret[TOKEN_MADE_SIZE];
    uint8_t hash[TOKEN_HASH_SIZE];
    char line[LINE_SIZE];
    char copy[LINE_SIZE];
    struct token token;
    if (!words[0]) {
        fprintf(stderr, "primed: token: whose? 'primed token NAME' makes one\n");
        return EXIT_USAGE;
    }
    if (tokens_make(secret, hash) < 0) {
        fprintf(stderr, "primed: token: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    const char *wrong = "the line is too long";
    if (write_line(line, words, hash))
        wrong = tokens_read_line(&token, strcpy(copy, line), &quota_unlimited);
    if (wrong) {
        fprintf(stderr, "primed: token: %s\n", wrong);
        return EXIT_USAGE;
    }
    if (printf("%s\n", line) < 0 || fflush(stdout) != 0) {
        fprintf(stderr, "primed: token: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    fprintf(stderr, "%s\n", secret);
    return EXIT_SUCCESS;
}
