/* tokens_test - the file of tokens: what is right, what is wrong and how that is said, and finding. */
#include "server/tokens.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/primed.h"

static char directory[64];
static char file[96];

static void setup(void)
{
    strcpy(directory, "/tmp/primed-test.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(file, sizeof file, "%s/tokens", directory);
}

static void teardown(void)
{
    primed_remove_directory(directory);
}

TestSuite(tokens, .init = setup, .fini = teardown, .timeout = 20);

/* SHA-256 of "the token of alice, 32 characters" and of the same with bob (by sha256sum). */
#define ALICE_TOKEN "the token of alice, 32 characters"
#define BOB_TOKEN "the token of bob, of 32 characters"
#define ALICE "sha256:" ALICE_HASH
#define BOB "sha256:" BOB_HASH
#define ALICE_HASH "ef4f0f6f101fc76bb5bc06a873ef6dd04e26b7df60d0558110193d0906fa71ab"
#define BOB_HASH "d0cb61154489490ed9fe4e280fa1e8252057a795bdab8f6efb4cf3f727601097"

static struct tokens tokens;
static char mistake[TOKENS_MISTAKE_SIZE];
static bool exposed;

static int read_bytes(const char *bytes, size_t size)
{
    FILE *out = fopen(file, "w");
    cr_assert_not_null(out);
    fwrite(bytes, 1, size, out);
    fclose(out);
    *mistake = '\0';
    return tokens_read(&tokens, file, &quota_unlimited, &exposed, mistake);
}

static int read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static const struct client *find(const char *token)
{
    const struct token *found = tokens_find(&tokens, token, strlen(token));
    return found ? &found->client : NULL;
}

/* --- what is right ---------------------------------------------------------------------------- */

Test(tokens, a_file)
{
    cr_assert_eq(read_text("# our clients\n"
                           "\n"
                           "  alice\t" ALICE "  requests=5/s numbers=1000 cost=1h # the first\r\n"
                           "bob-2._x " BOB " admin metrics\n"),
                 0, "%s", mistake);
    cr_expect_eq(tokens.count, 2);
    const struct client *alice = find(ALICE_TOKEN);
    cr_assert_not_null(alice);
    cr_expect_str_eq(alice->name, "alice");
    cr_expect_eq(alice->rights, 0);
    cr_expect_eq(alice->quota.requests, 5);
    cr_expect_eq(alice->quota.queued.numbers, 1000);
    cr_expect_eq(alice->quota.queued.cost_ns, 3600 * (uint64_t)NS_PER_S);
    const struct client *bob = find(BOB_TOKEN);
    cr_assert_not_null(bob);
    cr_expect_str_eq(bob->name, "bob-2._x");
    cr_expect_eq(bob->rights, TOKEN_ADMIN | TOKEN_METRICS);
    cr_expect_eq(bob->quota.requests, QUOTA_ANY);
    cr_expect_null(find("the token of carol, 32 characters"));
    cr_expect_null(find(""));
    cr_expect_null(tokens_find(&tokens, ALICE_TOKEN, strlen(ALICE_TOKEN) - 1));
}

Test(tokens, the_last_line_needs_no_end_and_hex_any_case)
{
    char text[] = "alice " ALICE;
    for (char *c = strchr(text, ':'); *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
    cr_assert_eq(read_text(text), 0, "%s", mistake);
    cr_expect_not_null(find(ALICE_TOKEN));
}

Test(tokens, what_a_line_does_not_say_is_as_the_options_have_it)
{
    struct quota standard = {.requests = 3, .period_ns = NS_PER_S, .queued = {10, 20}};
    struct token token;
    char line[] = "alice " ALICE " numbers=any";
    cr_assert_null(tokens_read_line(&token, line, &standard));
    cr_expect_eq(token.client.quota.requests, 3);
    cr_expect_eq(token.client.quota.queued.numbers, QUOTA_ANY);
    cr_expect_eq(token.client.quota.queued.cost_ns, 20);
}

/* Two tokens of one name, so that one can take the place of the other. */
Test(tokens, two_of_one_name)
{
    cr_assert_eq(read_text("alice " ALICE " admin\nalice " BOB " admin\n"), 0, "%s", mistake);
    cr_expect_str_eq(find(ALICE_TOKEN)->name, "alice");
    cr_expect_str_eq(find(BOB_TOKEN)->name, "alice");
}

Test(tokens, as_many_as_there_may_be)
{
    char *text = calloc(TOKENS_MAX + 1, 128);
    char *end = text;
    for (int i = 0; i < TOKENS_MAX; i++)
        end += sprintf(end, "name%d sha256:%064x\n", i, i + 1);
    cr_expect_eq(read_text(text), 0, "%s", mistake);
    cr_expect_eq(tokens.count, TOKENS_MAX);
    sprintf(end, "one.more sha256:%064x\n", TOKENS_MAX + 1);
    cr_expect_eq(read_text(text), -1);
    cr_expect_not_null(strstr(mistake, "tokens:1001: "), "%s", mistake);
    free(text);
}

/* --- what is wrong ---------------------------------------------------------------------------- */

Test(tokens, mistakes_are_named_with_their_line)
{
    static const struct {
        const char *text;
        const char *says;
    } wrong[] = {
        {"alice\n", ":1: sha256: and 64"},
        {"# x\n\nalice " ALICE_HASH "\n", ":3: sha256: and 64"},
        {"alice sha256:0123\n", ":1: sha256: and 64"},
        {"alice " ALICE "0\n", ":1: sha256: and 64"},
        {"alice sha256:g23456789012345678901234567890123456789012345678901234567890abcd\n",
         ":1: sha256: and 64"},
        {"alice SHA256:" ALICE_HASH "\n", ":1: sha256: and 64"},
        {"al/ice " ALICE "\n", ":1: the name"},
        {"alice. " ALICE "\nabcdefghijklmnopqrstuvwxyz1234567 " BOB "\n", ":2: the name"},
        {"\xc3\xa4 " ALICE "\n", ":1: the name"},
        {"alice " ALICE " root\n", ":1: a word"},
        {"alice " ALICE " rate=5\n", ":1: a word"},
        {"alice " ALICE " requests=fast\n", ":1: requests="},
        {"alice " ALICE " numbers=-1\n", ":1: numbers="},
        {"alice " ALICE " cost=\n", ":1: cost="},
        {"alice " ALICE "\nbob " ALICE "\n", ":2: this token is there already"},
        {"alice " ALICE "\nalice " BOB " admin\n", ":2: an earlier line of this name"},
        {"alice " ALICE " numbers=5\nalice " BOB " numbers=6\n",
         ":2: an earlier line of this name"},
        {"alice sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
         ":1: this is the hash of an empty token"},
        {"", ": there is no token in it"},
        {"# nothing\n\n", ": there is no token in it"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(read_text(wrong[i].text), -1, "%s", wrong[i].text);
        cr_expect_eq(strncmp(mistake, file, strlen(file)), 0, "%s", mistake);
        cr_expect_eq(strncmp(mistake + strlen(file), wrong[i].says, strlen(wrong[i].says)), 0,
                     "%s, not %s", mistake, wrong[i].says);
    }
}

/* Wherever somebody put a token instead of its hash: what is said of it does not have it. */
Test(tokens, a_token_in_the_wrong_place_is_not_repeated)
{
    static const char *const wrong[] = {
        ALICE_TOKEN "\n",
        "alice a-token-of-some-length-0123456789\n",
        "a-token-of-some-length-0123456789\n",
        "alice sha256:a-token-of-some-length-0123456789\n",
        "alice " ALICE " a-token-of-some-length-0123456789\n",
        "alice " ALICE " numbers=a-token-of-some-length-0123456789\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(read_text(wrong[i]), -1);
        cr_expect_null(strstr(mistake, "token-of"), "%s", mistake);
        cr_expect_null(strstr(mistake, "token of"), "%s", mistake);
    }
}

Test(tokens, lines_that_are_too_long)
{
    char text[4096] = "# ";
    memset(text + 2, 'x', 3000);
    strcpy(text + 3002, "\nalice " ALICE "\n");
    cr_expect_eq(read_text(text), -1);
    cr_expect_not_null(strstr(mistake, ":1: the line is too long"), "%s", mistake);
}

/* What stands behind a NUL would go unread: a quota, or that the line is too long. */
Test(tokens, lines_with_a_nul)
{
    static const char quota[] = "# x\nalice " ALICE "\0 numbers=10\n";
    cr_expect_eq(read_bytes(quota, sizeof quota - 1), -1);
    cr_expect_not_null(strstr(mistake, ":2: there is a NUL in the line"), "%s", mistake);
    char line[2000] = "# x\n";
    memset(line + 5, 'x', sizeof line - 5); /* what fits no buffer must not look like two lines */
    cr_expect_eq(read_bytes(line, sizeof line), -1);
    cr_expect_not_null(strstr(mistake, ":2: "), "%s", mistake);
}

Test(tokens, files_that_are_none)
{
    cr_expect_eq(tokens_read(&tokens, "/tmp/no/such/file", &quota_unlimited, &exposed, mistake),
                 -1);
    cr_expect_str_eq(mistake, "/tmp/no/such/file: No such file or directory");
    cr_expect_eq(tokens_read(&tokens, directory, &quota_unlimited, &exposed, mistake), -1);
    char fifo[128];
    snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    cr_expect_eq(tokens_read(&tokens, fifo, &quota_unlimited, &exposed, mistake), -1);
    cr_expect_not_null(strstr(mistake, "this is no file"), "%s", mistake);
    cr_assert_eq(read_text("alice " ALICE "\n"), 0);
    cr_assert_eq(truncate(file, (1 << 20) + 1), 0);
    cr_expect_eq(tokens_read(&tokens, file, &quota_unlimited, &exposed, mistake), -1);
    cr_expect_not_null(strstr(mistake, "it is longer than 1 MiB"), "%s", mistake);
}

Test(tokens, who_may_read_and_write_the_file)
{
    cr_assert_eq(read_text("alice " ALICE "\n"), 0);
    cr_assert_eq(chmod(file, 0640), 0);
    cr_expect_eq(tokens_read(&tokens, file, &quota_unlimited, &exposed, mistake), 0);
    cr_expect_not(exposed);
    cr_assert_eq(chmod(file, 0644), 0);
    cr_expect_eq(tokens_read(&tokens, file, &quota_unlimited, &exposed, mistake), 0);
    cr_expect(exposed);
    cr_assert_eq(chmod(file, 0602), 0);
    cr_expect_eq(tokens_read(&tokens, file, &quota_unlimited, &exposed, mistake), -1);
    cr_expect_not_null(strstr(mistake, "everybody may write"), "%s", mistake);
}

/* --- tokens ----------------------------------------------------------------------------------- */

Test(tokens, those_we_make)
{
    char first[TOKEN_MADE_SIZE];
    char second[TOKEN_MADE_SIZE];
    uint8_t hash[TOKEN_HASH_SIZE];
    cr_assert_eq(tokens_make(first, hash), 0);
    cr_assert_eq(tokens_make(second, hash), 0);
    cr_expect_eq(strlen(first), strlen("primed_") + 64);
    cr_expect_eq(strncmp(first, "primed_", 7), 0);
    cr_expect_eq(strspn(first + 7, "0123456789abcdef"), 64);
    cr_expect_str_neq(first, second);
    char line[128] = "alice sha256:";
    for (size_t i = 0; i < sizeof hash; i++)
        sprintf(line + 13 + 2 * i, "%02x", hash[i]);
    cr_assert_eq(read_text(line), 0, "%s", mistake);
    cr_expect_not_null(find(second));
    cr_expect_null(find(first));
}

/* Of one that people make up, the hash would tell; so none of that length is ever right. */
Test(tokens, short_ones_are_never_right)
{
    cr_assert_eq(read_text("weak sha256:"
                           "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\n"),
                 0); /* "password" */
    cr_expect_null(find("password"));
}
