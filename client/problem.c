/* problem - reading problem documents (RFC 9457). See problem.h. */
#include "client/problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli.h"

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Where a JSON pointer points, in the user's words: "#/numbers/17" is a place in a file. */
static void write_place(const char *pointer, problem_place *place, void *context,
                        char out[PROBLEM_PLACE_SIZE])
{
    bool is_member = strncmp(pointer, "#/", 2) == 0;
    const char *member = is_member ? pointer + 2 : pointer;
    const char *digits = strncmp(member, "numbers/", 8) == 0 ? member + 8 : member;
    char *end;
    uint64_t index = strtoull(digits, &end, 10);
    if (place && is_member && end > digits && *end == '\0')
        place(context, index, out);
    else
        snprintf(out, PROBLEM_PLACE_SIZE, "%s", member);
}

static void say_errors(const json_t *errors, problem_place *place, void *context)
{
    size_t i;
    const json_t *error;
    json_array_foreach(errors, i, error)
    {
        const char *pointer = member(error, "pointer");
        const char *parameter = member(error, "parameter");
        const char *header = member(error, "header");
        char where[PROBLEM_PLACE_SIZE] = "";
        if (pointer)
            write_place(pointer, place, context, where);
        else if (parameter || header)
            snprintf(where, sizeof where, "%s", parameter ? parameter : header);
        fprintf(stderr, "  %s: %s\n", where,
                member(error, "detail") ? member(error, "detail") : "");
    }
}

static void say_problem(const struct http *http, const struct http_answer *answer, const char *what,
                        problem_place *place, void *context)
{
    json_t *problem =
        json_loadb(answer->body.data ? answer->body.data : "", answer->body.length, 0, NULL);
    const char *title = member(problem, "title");
    const char *detail = member(problem, "detail");
    if (title && detail)
        fprintf(stderr, "prime: %s: %s: %s\n", what, title, detail);
    else
        fprintf(stderr, "prime: %s: the service answers with status %ld\n", what, answer->status);
    say_errors(json_object_get(problem, "errors"), place, context);
    if (answer->retry_after_s > 0)
        fprintf(stderr,
                "It asks to try again in %lld s, longer than --timeout allows to wait here.\n",
                (long long)answer->retry_after_s);
    if (answer->status == 401 && !http_has_token(http))
        fprintf(stderr, "A token is shown to it where PRIMED_TOKEN holds one, or the file that "
                        "--token-file names.\n");
    json_decref(problem);
}

int problem_report(const struct http *http, const struct http_answer *answer, const char *what,
                   problem_place *place, void *context)
{
    switch (answer->result) {
    case HTTP_OK:
    case HTTP_INTERRUPTED:
        return 0;
    case HTTP_SOURCE_BROKEN: /* said where it broke, unless the service is the cause */
        if (*answer->reason)
            fprintf(stderr, "prime: %s: %s; what was read cannot be read again\n", what,
                    answer->reason);
        return *answer->reason ? EXIT_UNREACHABLE : EXIT_USAGE;
    case HTTP_MISLED:
        fprintf(stderr, "prime: %s: %s\n", http_url(http), answer->reason);
        return EXIT_USAGE;
    case HTTP_REFUSED:
        say_problem(http, answer, what, place, context);
        return EXIT_REFUSED;
    case HTTP_BROKEN:
    case HTTP_UNREACHABLE:
        break;
    }
    if (answer->status != 0 && answer->result == HTTP_UNREACHABLE) {
        say_problem(http, answer, what, place, context);
        return EXIT_REFUSED;
    }
    fprintf(stderr, "prime: no answer from %s: %s%s\n", http_url(http), answer->reason,
            answer->tries > 1 ? ", again and again" : "");
    fprintf(stderr, "Is it running? 'primed' starts it, --url says where it is, and 'prime "
                    "--offline' does without.\n");
    return EXIT_UNREACHABLE;
}
