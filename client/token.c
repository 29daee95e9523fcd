/* token - see token.h. */
#include "client/token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What RFC 6750 allows: anything else would end the header, or begin another. */
static int check(const char *source, char out[TOKEN_MAX], const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    if (length >= TOKEN_MAX || strspn(text, allowed) < length) {
        fprintf(stderr, "prime: %s: holds no bearer token\n", source);
        return -1;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return 0;
}

/* Is it kept from those who are neither its owner nor of its group? What is no file, a pipe, is. */
static bool is_private(FILE *stream)
{
    struct stat status;
    return fstat(fileno(stream), &status) == 0 &&
           (!S_ISREG(status.st_mode) || (status.st_mode & S_IRWXO) == 0);
}

int token_read(const char *file, char out[TOKEN_MAX])
{
    if (!file) {
        const char *text = getenv("PRIMED_TOKEN");
        return check("PRIMED_TOKEN", out, text ? text : "");
    }
    FILE *stream = fopen(file, "re");
    if (!stream) {
        fprintf(stderr, "prime: %s: %s\n", file, strerror(errno));
        return -1;
    }
    if (!is_private(stream)) {
        fprintf(stderr, "prime: %s: everybody may read this token; chmod o= '%s' ends that\n", file,
                file);
        fclose(stream);
        return -1;
    }
    char text[TOKEN_MAX + 64];
    size_t length = fread(text, 1, sizeof text - 1, stream);
    text[length] = '\0';
    fclose(stream);
    return check(file, out, text);
}
