/* Batches: handed in from files and pipes in every format, waited for, printed, listed, ended. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli.h"
#include "tests/support/prime.h"
#include "tests/support/work.h"

TestSuite(batches, .timeout = 120);

#define expect_in(text, part) \
    cr_expect_not_null(strstr(text, part), "'%s' is not in: %s", part, text)

/* The id that was printed, which must be all of it. */
static const char *id_of(struct primed *service, const struct command *command)
{
    cr_assert_eq(command->status, 0, "%d: %s", command->status, command->err);
    cr_assert_eq(strlen(command->out), 37, "%s", command->out);
    return primed_keep(service, strndup(command->out, 36));
}

static void expect_counts(struct primed *service, const char *id, int64_t prime, int64_t composite)
{
    work_expect(service, work_await(service, id), "completed",
                (struct work_counts){.prime = prime, .composite = composite});
}

Test(batches, text_on_a_pipe_prints_the_id)
{
    struct primed service = primed_start("--workers=2");
    struct command command;
    prime_run(&command, service.address, "2\n3\n# no number\n\n4\n2^31-1\n", "submit", "-");
    cr_expect_str_empty(command.err);
    expect_counts(&service, id_of(&service, &command), 3, 1);
    primed_stop(&service);
}

Test(batches, every_format)
{
    struct primed service = primed_start("--workers=2");
    static const struct {
        const char *input;
        const char *arguments[6];
    } cases[] = {
        {"2\n\"3\"\n{\"n\":\"4\"}\n", {"submit", "-", "--from=ndjson"}},
        {"[2, 3, \"4\"]", {"submit", "-"}},
        {"{\"numbers\": [2, 3, 4], \"priority\": 9}", {"submit", "-"}},
        {"name,serial\na,2\nb,3\nc,4\n", {"submit", "-", "--column", "serial"}},
        {"2\n3\n4\n", {"submit", "-", "--priority=9", "--ttl=60", "--metadata={\"run\":1}"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command;
        prime_run_with(&command, service.address, cases[i].input, cases[i].arguments, NULL);
        expect_counts(&service, id_of(&service, &command), 2, 1);
    }
    struct client_answer answer = client_get(&service, "/v1/batches?limit=1");
    expect_in(answer.body, "\"priority\":9,\"metadata\":{\"run\":1}");
    primed_stop(&service);
}

Test(batches, mistakes_are_named_by_their_line)
{
    struct primed service = primed_start("--store=memory", "--workers=1", "--max-digits=20");
    struct command command;
    prime_run(&command, service.address, "2\n\n3\nx\n", "submit", "-");
    cr_expect_eq(command.status, EXIT_USAGE);
    expect_in(command.err, "line 4 of standard input: 'x' is not an integer");

    /* What only the service knows comes back with the place of the element, here line 5. */
    prime_run(&command, service.address, "2\n\n# none\n3\n2^89-1\n", "submit", "-");
    cr_expect_eq(command.status, EXIT_REFUSED);
    expect_in(command.err, "Not a batch of integers");
    expect_in(command.err, "\n  line 5 of standard input: ");
    prime_run(&command, service.address, "[2, 1.5]", "submit", "-");
    cr_expect_eq(command.status, EXIT_REFUSED);
    expect_in(command.err, "  number 2 of standard input: 1.5 is not an integer");
    prime_run(&command, service.address, "[2]", "submit", "-", "--priority=1");
    cr_expect_eq(command.status, EXIT_USAGE);
    expect_in(command.err, "write \"priority\" into it");
    struct client_answer answer = client_get(&service, "/v1/batches");
    const json_t *kept = json_object_get(client_json(&service, &answer), "batches");
    cr_expect_eq(json_array_size(kept), 0);
    primed_stop(&service);
}

Test(batches, a_million_numbers_from_a_file_and_back)
{
    enum { COUNT = 1000000, PRIMES = 78498 };
    struct primed service = primed_start("--workers=2");
    char path[] = "/tmp/prime-test.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    for (int i = 0; i < COUNT; i++)
        fprintf(file, "%d\n", i);
    fclose(file);
    struct command command;
    prime_run(&command, service.address, "", "submit", path, "--wait");
    unlink(path);
    const char *id = id_of(&service, &command);
    expect_counts(&service, id, PRIMES, COUNT - PRIMES);
    work_expect_sieved(&service, id, 0, COUNT);

    struct prime prime =
        prime_start(service.address, (const char *[]){"get", id, "--only", "prime", NULL}, NULL);
    cr_expect_eq(prime_end(&prime), 0);
    FILE *out = fdopen(dup(prime.out), "r");
    rewind(out);
    char line[256];
    size_t lines = 0;
    while (fgets(line, sizeof line, out))
        lines++;
    fclose(out);
    cr_expect_eq(lines, PRIMES);
    expect_in(line, "\"n\":\"999983\",\"prime\":true");
    prime_read(&prime, &command);
    primed_stop(&service);
}

Test(batches, get_in_every_format)
{
    struct primed service = primed_start("--workers=1");
    struct command command;
    prime_run(&command, service.address, "2\n4\n7\n", "submit", "-", "--wait");
    const char *id = id_of(&service, &command);
    prime_run(&command, service.address, "", "get", id);
    expect_in(command.out, "{\"index\":2,\"n\":\"7\",\"prime\":true");
    prime_run(&command, service.address, "", "get", id, "--format=csv", "--after=0");
    cr_expect_eq(strncmp(command.out, "index,n,prime,certainty,elapsed\n1,4,false,", 41), 0, "%s",
                 command.out);
    prime_run(&command, service.address, "", "get", id, "--format=table", "--limit=1");
    cr_expect_eq(strncmp(command.out, "               2  prime ", 24), 0, "%s", command.out);
    cr_expect_null(strchr(command.out, '\033'));
    prime_run(&command, service.address, "", "get", id, "--format=json", "--only=composite");
    json_t *array = json_loads(command.out, 0, NULL);
    cr_expect_eq(json_array_size(array), 1);
    json_decref(array);
    primed_stop(&service);
}

Test(batches, wait_says_how_it_ended)
{
    struct primed service = primed_start("--workers=1");
    struct command command;
    prime_run(&command, service.address, "4\n6\n", "submit", "-");
    const char *id = id_of(&service, &command);
    prime_run(&command, service.address, "", "wait", id);
    cr_expect_eq(command.status, EXIT_NONE_PRIME);
    expect_in(command.out, "\"status\":\"completed\",\"total\":2,\"prime\":0,\"composite\":2");
    prime_run(&command, service.address, "", "rm", id);
    cr_expect_eq(command.status, 0);
    prime_run(&command, service.address, "", "wait", id);
    cr_expect_eq(command.status, EXIT_REFUSED);
    expect_in(command.err, "Gone");
    prime_run(&command, service.address, "", "wait", "01a20e69-525d-71e0-8f01-9fcdf907f0fb");
    cr_expect_eq(command.status, EXIT_REFUSED);
    expect_in(command.err, "Not found");
    primed_stop(&service);
}

Test(batches, cancel_keeps_what_is_done)
{
    struct primed service = primed_start("--workers=1");
    struct command command;
    struct text slow = {.data = NULL};
    for (int i = 0; i < 300; i++)
        text_add_string(&slow, "2^4423-1\n");
    text_add(&slow, "", 1);
    prime_run(&command, service.address, slow.data, "submit", "-");
    text_destroy(&slow);
    const char *id = id_of(&service, &command);
    prime_run(&command, service.address, "", "cancel", id);
    cr_expect_eq(command.status, 0);
    expect_in(command.out, id);
    prime_run(&command, service.address, "", "wait", id);
    cr_expect_eq(command.status, EXIT_UNANSWERED);
    expect_in(command.out, "\"status\":\"canceled\"");
    prime_run(&command, service.address, "", "cancel", id, "not-an-id");
    cr_expect_eq(command.status, EXIT_USAGE); /* and the other was canceled again, without harm */
    expect_in(command.out, id);
    primed_stop(&service);
}

Test(batches, ls_pages_through_all)
{
    enum { COUNT = 1100 }; /* more than the service puts on a page */
    struct primed service = primed_start("--store=memory", "--workers=1");
    for (int i = 0; i < COUNT; i++)
        work_post_lines(&service, "", "7\n", 202);
    struct prime prime = prime_start(service.address, (const char *[]){"ls", NULL}, NULL);
    cr_expect_eq(prime_end(&prime), 0);
    off_t size = lseek(prime.out, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    cr_assert_eq(pread(prime.out, text, (size_t)size, 0), size);
    text[size] = '\0';
    int lines = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        lines += strncmp(line, "{\"id\":\"", 7) == 0;
    free(text);
    cr_expect_eq(lines, COUNT);
    struct command command;
    prime_read(&prime, &command);

    prime_run(&command, service.address, "", "ls", "--format=table", "--limit=3",
              "--status=completed");
    lines = 0;
    for (const char *line = command.out; *line; line += strcspn(line, "\n") + 1)
        lines++;
    cr_expect_eq(lines, 4, "%s", command.out);
    primed_stop(&service);
}

Test(batches, top_for_programs)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct command command;
    prime_run(&command, service.address, "", "top");
    cr_expect_eq(command.status, 0);
    json_t *document = json_loads(command.out, 0, NULL);
    cr_expect_eq(json_integer_value(json_object_get(document, "workers")), 1, "%s", command.out);
    json_decref(document);
    prime_run(&command, "127.0.0.1:1", "", "top");
    cr_expect_eq(command.status, EXIT_UNREACHABLE);
    primed_stop(&service);
}
