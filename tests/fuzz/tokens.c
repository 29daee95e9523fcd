/*
 * tokens - files of tokens: taken whole, or refused with the line of the first mistake and a sentence
 * that has nothing of the file in it. What is taken says the same when it is written out plainly and
 * read again.
 */
#include "server/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/fuzz/support/fuzz.h"

enum { LINE_MAX_SIZE = 1024, PLAIN_MAX_SIZE = 256 };

/* What is read; each has a thousand of them. */
static struct tokens tokens;
static struct tokens again;

/* Read bytes as a file; as tokens_read(). */
static int read_bytes(struct tokens *out, const void *bytes, size_t size, char *path,
                      char mistake[TOKENS_MISTAKE_SIZE])
{
    int fd = memfd_create("tokens", MFD_CLOEXEC);
    bool exposed = true;
    fuzz_expect(fd >= 0 && fchmod(fd, 0600) == 0, "no file");
    fuzz_expect(write(fd, bytes, size) == (ssize_t)size, "not written");
    sprintf(path, "/proc/self/fd/%d", fd);
    int result = tokens_read(out, path, &quota_unlimited, &exposed, mistake);
    close(fd);
    fuzz_expect(result == 0 || result == -1, "%d", result);
    fuzz_expect(result == -1 || !exposed, "not everybody may read it");
    return result;
}

/* --- what the lines are worth, one by one ------------------------------------------------------ */

static bool is_same(const struct token *a, const struct token *b)
{
    const struct quota *p = &a->client.quota, *q = &b->client.quota;
    return strcmp(a->client.name, b->client.name) == 0 && a->client.rights == b->client.rights &&
           p->requests == q->requests && p->queued.numbers == q->queued.numbers &&
           p->queued.cost_ns == q->queued.cost_ns &&
           (p->requests == QUOTA_ANY || p->period_ns == q->period_ns) &&
           memcmp(a->hash, b->hash, TOKEN_HASH_SIZE) == 0;
}

/*
 * Hold the token that a line was read as against the line. True if the line has one; false for
 * those that are empty, or a comment.
 */
static bool check_line(const char *text, size_t size, const struct token *token)
{
    char *line = fuzz_string(text, size);
    const char *first = line + strspn(line, " \t\r\n");
    bool has_token = *first && *first != '#';
    if (has_token) {
        struct token alone;
        const char *wrong = tokens_read_line(&alone, line, &quota_unlimited);
        fuzz_expect(!wrong && is_same(&alone, token), "a line alone: %s",
                    wrong ? wrong : "differs");
    }
    free(line);
    return has_token;
}

/* Every line of a file that was taken is one of its tokens, in order, or none. */
static void check_lines(const char *bytes, size_t size)
{
    uint64_t count = 0;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t length = newline ? (size_t)(newline - (bytes + at)) : size - at;
        fuzz_expect(length + 1 <= LINE_MAX_SIZE, "a line of %zu bytes", length);
        fuzz_expect(!memchr(bytes + at, '\0', length), "a line with a NUL");
        count += check_line(bytes + at, length, &tokens.tokens[count]);
        at += length + 1;
    }
    fuzz_expect(count == tokens.count && count > 0, "%llu tokens, %llu lines",
                (unsigned long long)tokens.count, (unsigned long long)count);
}

/* The sentence is the same for every file that has this mistake: path, line, and words of ours. */
static void check_mistake(const char *path, const char *mistake, const char *bytes, size_t size)
{
    size_t length = strlen(path);
    fuzz_expect(strncmp(mistake, path, length) == 0, "%s", mistake);
    char *end = strchr(mistake + length, ' ');
    fuzz_expect(end && end[-1] == ':', "%s", mistake);
    if (end - (mistake + length) == 1)
        return; /* it is of the file as a whole */
    unsigned long number = strtoul(mistake + length + 1, &end, 10);
    fuzz_expect(*end == ':' && number >= 1, "%s", mistake);

    /* That line as noise that has the same mistake, behind a file without its other lines. */
    const char *line = bytes;
    for (unsigned long i = 1; i < number; i++) {
        line = memchr(line, '\n', size - (size_t)(line - bytes));
        fuzz_expect(line, "there is no line %lu", number);
        line++;
    }
    size_t rest = size - (size_t)(line - bytes);
    const char *newline = memchr(line, '\n', rest);
    char *copy = fuzz_string(line, newline ? (size_t)(newline - line) : rest);
    struct token token;
    const char *wrong = tokens_read_line(&token, copy, &quota_unlimited);
    size_t copy_size = strlen(copy);
    fuzz_expect(!wrong || wrong < copy || wrong > copy + copy_size, "a piece of the line: %s",
                wrong);
    fuzz_expect(!wrong || strcmp(end + 2, wrong) == 0 || strstr(end, "too long") ||
                    strstr(end, "NUL"),
                "%s, alone: %s", mistake, wrong);
    free(copy);
}

/* --- written out ------------------------------------------------------------------------------- */

static const char *unit_of(const struct quota *quota)
{
    int64_t seconds = quota->period_ns / NS_PER_S;
    return seconds == 1 ? "/s" : seconds == 60 ? "/m" : seconds == 3600 ? "/h" : "/d";
}

static int write_number(char *out, const char *name, uint64_t value, const char *unit)
{
    return value == QUOTA_ANY ? sprintf(out, " %s=any", name)
                              : sprintf(out, " %s=%llu%s", name, (unsigned long long)value, unit);
}

static char *write_plainly(const struct token *token, char *out)
{
    out += sprintf(out, "%s sha256:", token->client.name);
    for (int i = 0; i < TOKEN_HASH_SIZE; i++)
        out += sprintf(out, "%02x", token->hash[i]);
    const struct quota *quota = &token->client.quota;
    out += write_number(out, "requests", quota->requests, unit_of(quota));
    out += write_number(out, "numbers", quota->queued.numbers, "");
    uint64_t cost_ns = quota->queued.cost_ns;
    out += write_number(out, "cost", cost_ns == QUOTA_ANY ? QUOTA_ANY : cost_ns / NS_PER_MS, "ms");
    out += sprintf(out, "%s%s\n", token->client.rights & TOKEN_ADMIN ? " admin" : "",
                   token->client.rights & TOKEN_METRICS ? " metrics" : "");
    return out;
}

static void check_written_out(void)
{
    char path[64], mistake[TOKENS_MISTAKE_SIZE];
    char *text = malloc(PLAIN_MAX_SIZE * tokens.count);
    char *end = text;
    for (uint64_t i = 0; i < tokens.count; i++)
        end = write_plainly(&tokens.tokens[i], end);
    fuzz_expect(read_bytes(&again, text, (size_t)(end - text), path, mistake) == 0, "%s", mistake);
    fuzz_expect(again.count == tokens.count, "not as many again");
    for (uint64_t i = 0; i < tokens.count; i++)
        fuzz_expect(is_same(&tokens.tokens[i], &again.tokens[i]), "another: %s",
                    tokens.tokens[i].client.name);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char secret[] = "the token of alice, 32 characters";
    char path[64], mistake[TOKENS_MISTAKE_SIZE] = "";
    if (read_bytes(&tokens, bytes, size, path, mistake) < 0) {
        check_mistake(path, mistake, (const char *)bytes, size);
        return 0;
    }
    check_lines((const char *)bytes, size);
    check_written_out();
    const struct token *found = tokens_find(&tokens, secret, strlen(secret));
    fuzz_expect(!found || found->hash[0] == 0xef, "a token it is not");
    fuzz_expect(!tokens_find(&tokens, "", 0), "an empty token");
    return 0;
}
