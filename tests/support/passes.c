/* passes - see passes.h. */
#include "tests/support/passes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/primed.h"

struct passes passes_make(void)
{
    struct passes passes = {.directory = "/tmp/primed-test.XXXXXX"};
    cr_assert_not_null(mkdtemp(passes.directory));
    snprintf(passes.path, sizeof passes.path, "%s/tokens", passes.directory);
    snprintf(passes.flag, sizeof passes.flag, "--token-file=%s", passes.path);
    return passes;
}

/* Write the file anew, by another that takes its place, without the lines of that name (NULL: all). */
static void write_file(const struct passes *passes, const char *without)
{
    char path[128];
    snprintf(path, sizeof path, "%s.new", passes->path);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("# clients of a test\n", file);
    for (size_t i = 0; i < passes->count; i++)
        if (!without || strcmp(passes->names[i], without) != 0)
            fputs(passes->lines[i], file);
    fclose(file);
    cr_assert_eq(rename(path, passes->path), 0);
}

const char *passes_add(struct passes *passes, const char *name, const char *words)
{
    struct command made;
    char all[256];
    const char *arguments[16] = {"token", name};
    size_t count = 2;
    snprintf(all, sizeof all, "%s", words ? words : "");
    for (char *rest, *word = strtok_r(all, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        arguments[count++] = word;
    command_run(&made, arguments, NULL);
    cr_assert_eq(made.status, 0, "%s", made.err);
    cr_assert_lt(passes->count, PASSES_MAX);
    size_t i = passes->count++;
    snprintf(passes->names[i], sizeof passes->names[i], "%s", name);
    snprintf(passes->lines[i], sizeof passes->lines[i], "%.250s", made.out);
    snprintf(passes->headers[i], sizeof passes->headers[i], "Authorization: Bearer %.*s",
             (int)strcspn(made.err, "\n"), made.err);
    write_file(passes, NULL);
    return passes->headers[i];
}

const char *passes_token(const char *header)
{
    return strrchr(header, ' ') + 1;
}

void passes_withdraw(const struct passes *passes, const char *name)
{
    write_file(passes, name);
}

void passes_restore(const struct passes *passes)
{
    write_file(passes, NULL);
}

void passes_destroy(const struct passes *passes)
{
    primed_remove_directory(passes->directory);
}
