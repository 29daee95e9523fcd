/* tokens - the file, its lines, and finding a token. See tokens.h. */
#include "server/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, LINE_MAX_SIZE = 1024 };

static void hash_token(uint8_t hash[TOKEN_HASH_SIZE], const char *token, size_t length)
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, length, (const uint8_t *)token);
    sha256_digest(&context, TOKEN_HASH_SIZE, hash);
}

/* --- a line ----------------------------------------------------------------------------------- */

static bool read_name(char name[BATCH_OWNER_SIZE], const char *word)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(word);
    if (length >= BATCH_OWNER_SIZE || strspn(word, allowed) != length)
        return false;
    memcpy(name, word, length + 1);
    return true;
}

/* Read sha256:HEX, in either case. */
static bool read_hash(uint8_t hash[TOKEN_HASH_SIZE], const char *word)
{
    static const char prefix[] = "sha256:";
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (strncmp(word, prefix, strlen(prefix)) != 0)
        return false;
    word += strlen(prefix);
    if (strlen(word) != 2 * (size_t)TOKEN_HASH_SIZE)
        return false;
    for (size_t i = 0; i < 2 * (size_t)TOKEN_HASH_SIZE; i++) {
        const char *digit = strchr(digits, word[i]);
        if (!digit)
            return false;
        hash[i / 2] = (uint8_t)(hash[i / 2] << 4 | ((digit - digits) & 15));
    }
    return true;
}

/* Read a right, or a quota NAME=VALUE; NULL, or what is wrong with it. */
static const char *read_word(struct client *client, char *word)
{
    static const char unknown[] = "a word is none of admin, metrics, requests=, numbers=, cost=";
    char *value = strchr(word, '=');
    if (value) {
        *value++ = '\0';
        if (strcmp(word, "requests") == 0 && quota_read(&client->quota, word, value))
            return "requests= must be N/s, N/m, N/h or N/d with N from 1 to 1000000, or any";
        if (strcmp(word, "numbers") == 0 && quota_read(&client->quota, word, value))
            return "numbers= must be a number, or any";
        if (strcmp(word, "cost") == 0 && quota_read(&client->quota, word, value))
            return "cost= must be a time, 90m say, or any";
        bool known = strcmp(word, "requests") == 0 || strcmp(word, "numbers") == 0 ||
                     strcmp(word, "cost") == 0;
        return known ? NULL : unknown;
    }
    if (strcmp(word, "admin") == 0)
        client->rights |= TOKEN_ADMIN;
    else if (strcmp(word, "metrics") == 0)
        client->rights |= TOKEN_METRICS;
    else
        return unknown;
    return NULL;
}

const char *tokens_read_line(struct token *token, char *line, const struct quota *standard)
{
    static const char blanks[] = " \t\r\n";
    char *rest = NULL;
    char *name = strtok_r(line, blanks, &rest);
    char *hash = strtok_r(NULL, blanks, &rest);
    *token = (struct token){.client.quota = *standard};
    if (!name || !read_name(token->client.name, name))
        return "the name must be 1 to 32 letters, digits, '.', '_' or '-'";
    if (!hash || !read_hash(token->hash, hash))
        return "sha256: and 64 hexadecimal digits must follow the name; 'primed token NAME' makes "
               "such a line";
    uint8_t of_nothing[TOKEN_HASH_SIZE];
    hash_token(of_nothing, "", 0);
    if (memcmp(token->hash, of_nothing, sizeof of_nothing) == 0)
        return "this is the hash of an empty token";
    for (char *word; (word = strtok_r(NULL, blanks, &rest)) && *word != '#';) {
        const char *wrong = read_word(&token->client, word);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* --- the file --------------------------------------------------------------------------------- */

static bool same_terms(const struct client *a, const struct client *b)
{
    return a->rights == b->rights && a->quota.requests == b->quota.requests &&
           a->quota.period_ns == b->quota.period_ns &&
           a->quota.queued.numbers == b->quota.queued.numbers &&
           a->quota.queued.cost_ns == b->quota.queued.cost_ns;
}

/* What the token contradicts among those that are there, or NULL. */
static const char *find_contradiction(const struct tokens *tokens, const struct token *token)
{
    for (uint64_t i = 0; i < tokens->count; i++) {
        const struct token *other = &tokens->tokens[i];
        if (memcmp(other->hash, token->hash, sizeof token->hash) == 0)
            return "this token is there already";
        if (strcmp(other->client.name, token->client.name) == 0 &&
            !same_terms(&other->client, &token->client))
            return "an earlier line of this name has other rights or quotas";
    }
    return NULL;
}

/* Read all lines. As tokens_read(). */
static int read_lines(struct tokens *tokens, FILE *file, const char *path,
                      const struct quota *standard, char mistake[TOKENS_MISTAKE_SIZE])
{
    char *line = NULL;
    size_t size = 0;
    int number = 0;
    int result = 0;
    tokens->count = 0;
    for (ssize_t length; result == 0 && (length = getline(&line, &size, file)) >= 0;) {
        const char *wrong = NULL;
        const char *first = line + strspn(line, " \t\r\n");
        number++;
        if (length >= LINE_MAX_SIZE)
            wrong = "the line is too long";
        else if (strlen(line) != (size_t)length)
            wrong = "there is a NUL in the line";
        if (!wrong && (*first == '#' || *first == '\0'))
            continue;
        struct token token = {.hash = {0}};
        if (!wrong)
            wrong = tokens_read_line(&token, line, standard);
        if (!wrong)
            wrong = find_contradiction(tokens, &token);
        if (!wrong && tokens->count == TOKENS_MAX)
            wrong = "there are more than 1000 tokens";
        if (wrong) {
            snprintf(mistake, TOKENS_MISTAKE_SIZE, "%s:%d: %s", path, number, wrong);
            result = -1;
        } else {
            tokens->tokens[tokens->count++] = token;
        }
    }
    if (result == 0 && (!feof(file) || tokens->count == 0)) {
        snprintf(mistake, TOKENS_MISTAKE_SIZE, "%s: %s", path,
                 !feof(file) ? strerror(errno)
                             : "there is no token in it; 'primed token NAME' makes one");
        result = -1;
    }
    free(line);
    return result;
}

int tokens_read(struct tokens *tokens, const char *path, const struct quota *standard,
                bool *exposed, char mistake[TOKENS_MISTAKE_SIZE])
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    const char *wrong = NULL;
    int result = -1;
    if (!file || fstat(fd, &status) < 0)
        wrong = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        wrong = "this is no file";
    else if (status.st_mode & S_IWOTH)
        wrong = "everybody may write to it, and let themselves in; chmod o-w helps";
    else if (status.st_size > FILE_MAX)
        wrong = "it is longer than 1 MiB";
    else {
        *exposed = status.st_mode & S_IROTH;
        result = read_lines(tokens, file, path, standard, mistake);
    }
    if (wrong)
        snprintf(mistake, TOKENS_MISTAKE_SIZE, "%s: %s", path, wrong);
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    return result;
}

/* --- a token ---------------------------------------------------------------------------------- */

const struct token *tokens_find(const struct tokens *tokens, const char *token, size_t length)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    hash_token(hash, token, length);
    uint64_t found = TOKENS_MAX; /* no branch of the loop depends on what is equal */
    for (uint64_t i = 0; i < tokens->count; i++) {
        uint64_t mask = -(uint64_t)memeql_sec(tokens->tokens[i].hash, hash, sizeof hash);
        found = (found & ~mask) | (i & mask);
    }
    if (found == TOKENS_MAX || length < TOKEN_MIN || length > TOKEN_MAX)
        return NULL;
    return &tokens->tokens[found];
}

int tokens_make(char token[TOKEN_MADE_SIZE], uint8_t hash[TOKEN_HASH_SIZE])
{
    uint8_t secret[32];
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        return -1;
    char *end = stpcpy(token, "primed_");
    for (size_t i = 0; i < sizeof secret; i++)
        end += snprintf(end, 3, "%02x", secret[i]);
    hash_token(hash, token, (size_t)(end - token));
    return 0;
}
