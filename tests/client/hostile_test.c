/* A service, or a file, that means harm: what is printed of it commands no terminal. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <jansson.h>
#include <string.h>

#include "client/batch.h"
#include "client/expression.h"
#include "client/output.h"
#include "client/problem.h"

TestSuite(hostile, .timeout = 20);

Test(hostile, problems_are_tamed)
{
    char body[] = "{\"title\":\"a\\u001b[2Jb\",\"detail\":\"c\\r\\nd\\u009be\",\"errors\":["
                  "{\"pointer\":\"#/x\\u0007\",\"detail\":\"f\\u007f\"}]}";
    struct http_answer answer = {.result = HTTP_REFUSED, .status = 422};
    answer.body = (struct text){.data = body, .length = strlen(body)};
    cr_redirect_stderr();
    cr_expect_eq(problem_report(NULL, &answer, "batch 0123", NULL, NULL), EXIT_REFUSED);
    fflush(stderr);
    cr_expect_stderr_eq_str("prime: batch 0123: a?[2Jb: c??d??e\n  x?: f?\n");
}

Test(hostile, a_batch_is_named_by_an_id)
{
    static const char *const documents[] = {
        "{\"id\":\"../../x\",\"status\":\"running\",\"counts\":{}}",
        "{\"id\":\"a\\u001b[m\",\"status\":\"running\",\"counts\":{}}",
        "{\"id\":\"0123\",\"status\":\"r\\u001b[m\",\"counts\":{}}",
        "{\"id\":\"0123\",\"status\":\"running\",\"counts\":[]}",
    };
    struct batch batch;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        cr_expect_not(batch_parse(documents[i], strlen(documents[i]), &batch), "%s", documents[i]);
    static const char good[] = "{\"id\":\"0123\",\"status\":\"running\",\"counts\":{\"total\":7}}";
    cr_assert(batch_parse(good, strlen(good), &batch));
    cr_expect_eq(batch.total, 7);
}

Test(hostile, a_verdict_is_of_an_integer)
{
    static const char *const lines[] = {
        "{\"n\":\"\\u001b[m\",\"prime\":true}",
        "{\"n\":\"7\\\",\\\"x\\\":\\\"\",\"prime\":true}",
        "{\"n\":\"\",\"prime\":true}",
        "{\"n\":7,\"prime\":true}",
    };
    struct outcome outcome;
    json_t *document;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_expect_not(output_parse(lines[i], strlen(lines[i]), &outcome, &document), "%s",
                      lines[i]);
        json_decref(document);
    }
    static const char odd[] = "{\"n\":\"-7\",\"prime\":null,\"error\":\"\\u001b[m\"}";
    cr_assert(output_parse(odd, strlen(odd), &outcome, &document));
    cr_expect_str_eq(outcome.error, "failed");
    json_decref(document);
}

Test(hostile, a_mistake_is_quoted_without_its_control_characters)
{
    char error[EXPRESSION_ERROR_SIZE];
    static const char text[] = "7 \033[2J";
    cr_expect_null(expression_evaluate(text, strlen(text), error));
    cr_expect_null(strchr(error, '\033'), "%s", error);
    cr_expect_not_null(strstr(error, "?[2J"), "%s", error);
}
