/* What showing a token is worth: how it may be written, what it lets one ask, and how often. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/client.h"
#include "tests/support/forked.h"
#include "tests/support/passes.h"
#include "tests/support/primed.h"

TestSuite(tokens_shown, .timeout = 120);

static struct client_answer get(struct primed *service, const char *path, const char *pass)
{
    return client_send(service, .method = "GET", .path = path, .headers = {pass});
}

static long status_of(struct primed *service, const char *path, const char *pass)
{
    return get(service, path, pass).status;
}

Test(tokens_shown, blanks_before_the_token_do_not_count)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory");
    char spaced[160];
    snprintf(spaced, sizeof spaced, "authorization: bearer   %s", passes_token(alice));
    cr_expect_eq(status_of(&service, "/v1/batches", spaced), 200);
    cr_expect_eq(status_of(&service, "/v1/batches", "Authorization: Bearer    "), 401);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(tokens_shown, figures_take_a_right)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    const char *scraper = passes_add(&passes, "scraper", "metrics");
    struct primed service = primed_start(passes.flag, "--store=memory");
    struct client_answer answer = get(&service, "/metrics", alice);
    client_expect_problem(&service, &answer, 403, "forbidden");
    cr_expect_str_eq(client_header(&service, &answer, "WWW-Authenticate"),
                     "Bearer realm=\"primed\", error=\"insufficient_scope\"");
    cr_expect_eq(status_of(&service, "/metrics", scraper), 200);
    primed_stop(&service);
    passes_destroy(&passes);
}

/* Its standard output is a full disk, and its standard error the file. */
static int make_a_token_that_cannot_be_kept(void *path)
{
    int full = open("/dev/full", O_WRONLY);
    int said = open(path, O_WRONLY);
    if (dup2(full, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0)
        return 126;
    return command_exec((const char *const[]){"token", "alice", NULL});
}

/* Nobody shall think they have a token whose line is lost. */
Test(tokens_shown, a_token_that_cannot_be_kept_is_not_told)
{
    char path[] = "/tmp/primed-test.XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_expect_eq(forked_wait(forked_start(make_a_token_that_cannot_be_kept, path)), 1);
    char said[256];
    ssize_t length = read(fd, said, sizeof said - 1);
    cr_assert_gt(length, 0);
    said[length] = '\0';
    cr_expect_str_eq(said, "primed: token: No space left on device\n");
    close(fd);
    unlink(path);
}

/* Who has used up its requests takes none of another's, and gets none back by them. */
Test(tokens_shown, each_has_a_quota_of_requests_of_its_own)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "requests=2/h");
    const char *bob = passes_add(&passes, "bob", "requests=3/h");
    struct primed service = primed_start(passes.flag, "--store=memory");
    for (int i = 0; i < 2; i++)
        cr_expect_eq(status_of(&service, "/v1/batches", alice), 200);
    for (int i = 0; i < 3; i++) {
        struct client_answer answer = get(&service, "/v1/batches", alice);
        client_expect_problem(&service, &answer, 429, "quota-exceeded");
        cr_expect_eq(status_of(&service, "/v1/batches", bob), 200);
    }
    struct client_answer answer = get(&service, "/v1/batches", bob);
    client_expect_problem(&service, &answer, 429, "quota-exceeded");
    primed_stop(&service);
    passes_destroy(&passes);
}
