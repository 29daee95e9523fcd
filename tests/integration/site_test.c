/* The pages for people as files: whole, typed, safe, and asked for anew only if they have changed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(site, .timeout = 120);

static void expect_header(struct primed *service, const struct client_answer *answer,
                          const char *name, const char *value)
{
    const char *came = client_header(service, answer, name);
    cr_expect(came && strcmp(came, value) == 0, "%s: %s", name, came ? came : "(none)");
}

static void expect_safe(struct primed *service, const struct client_answer *answer)
{
    expect_header(service, answer, "Content-Security-Policy",
                  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                  "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
                  "form-action 'self'");
    expect_header(service, answer, "X-Content-Type-Options", "nosniff");
    expect_header(service, answer, "Referrer-Policy", "no-referrer");
    expect_header(service, answer, "Cache-Control", "no-cache");
}

static const char *const types[][2] = {
    {"/", "text/html; charset=utf-8"},
    {"/docs", "text/html; charset=utf-8"},
    {"/page/style.css", "text/css; charset=utf-8"},
    {"/page/index.js", "text/javascript; charset=utf-8"},
    {"/page/icon.svg", "image/svg+xml"},
    {"/favicon.ico", "image/svg+xml"},
    {"/page/js-yaml.LICENSE", "text/plain; charset=utf-8"},
    {"/openapi.yaml", "application/yaml"},
};
enum { TYPES = sizeof types / sizeof *types };

Test(site, files_have_their_types_and_what_makes_them_safe)
{
    struct primed service = primed_start("--store=memory");
    for (size_t i = 0; i < TYPES; i++) {
        struct client_answer answer = client_get(&service, types[i][0]);
        cr_expect_eq(answer.status, 200, "%s", types[i][0]);
        cr_expect_gt(answer.size, 0);
        expect_header(&service, &answer, "Content-Type", types[i][1]);
        expect_safe(&service, &answer);
    }
    primed_stop(&service);
}

Test(site, a_client_that_has_a_file_is_not_sent_it_again)
{
    struct primed service = primed_start("--store=memory");
    for (size_t i = 0; i < TYPES; i++) {
        struct client_answer first = client_get(&service, types[i][0]);
        const char *tag = client_header(&service, &first, "ETag");
        cr_assert(tag && strlen(tag) == 18 && tag[0] == '"' && tag[17] == '"');

        const char *const forms[] = {"If-None-Match: %s", "If-None-Match: W/%s",
                                     "If-None-Match: \"other\", %s", "If-None-Match: *"};
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
            char header[100];
            snprintf(header, sizeof header, forms[f], tag);
            struct client_answer again =
                client_send(&service, .method = "GET", .path = types[i][0], .headers = {header});
            cr_expect_eq(again.status, 304, "%s, %s", types[i][0], header);
            cr_expect_eq(again.size, 0);
            expect_header(&service, &again, "ETag", tag);
            expect_safe(&service, &again);
        }
        struct client_answer other =
            client_send(&service, .method = "GET", .path = types[i][0],
                        .headers = {"If-None-Match: \"0123456789abcdef\""});
        cr_expect_eq(other.status, 200);
        cr_expect_eq(other.size, first.size);
    }
    primed_stop(&service);
}

Test(site, what_is_not_there_is_not_found)
{
    struct primed service = primed_start("--store=memory");
    static const char *const paths[] = {"/page/",
                                        "/page/none.js",
                                        "/page/../openapi.yaml",
                                        "/page/style.css/",
                                        "/docs/",
                                        "/page/vendor/js-yaml.min.js",
                                        "/page/%2e%2e%2fopenapi.yaml",
                                        "/index.html"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        /* By hand: curl would take the dots out. */
        int connection = wire_connect(&service);
        wire_print(connection, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i]);
        struct client_answer answer = wire_read(&service, connection);
        cr_expect_eq(answer.status, 404, "%s: %ld", paths[i], answer.status);
        close(connection);
    }
    struct client_answer posted =
        client_send(&service, .method = "POST", .path = "/docs", .body = "1");
    client_expect_problem(&service, &posted, 405, "method-not-allowed");
    primed_stop(&service);
}

/* Ask for whatever a file refers to as "/page/NAME" or './NAME', which must all be there. */
static void expect_references(struct primed *service, const char *path, int depth)
{
    static const char *const marks[] = {"\"/page/", "'./"};
    struct client_answer file = client_get(service, path);
    cr_expect_eq(file.status, 200, "%s", path);
    for (size_t m = 0; m < 2; m++) {
        for (const char *at = file.body; (at = strstr(at, marks[m])) != NULL;) {
            at += strlen(marks[m]);
            char name[100];
            snprintf(name, sizeof name, "/page/%.*s", (int)strcspn(at, "\"'"), at);
            if (depth < 6)
                expect_references(service, name, depth + 1);
        }
    }
}

Test(site, everything_the_pages_refer_to_is_there)
{
    struct primed service = primed_start("--store=memory");
    expect_references(&service, "/", 0);
    expect_references(&service, "/docs", 0);
    primed_stop(&service);
}

Test(site, pages_have_no_inline_script_or_style_which_their_policy_forbids)
{
    struct primed service = primed_start("--store=memory");
    for (size_t i = 0; i < 2; i++) {
        struct client_answer page = client_get(&service, types[i][0]);
        cr_expect_null(strstr(page.body, "<script>"));
        cr_expect_null(strstr(page.body, "<style"));
        cr_expect_null(strstr(page.body, " style="));
        cr_expect_null(strstr(page.body, " onclick="));
        cr_expect_null(strstr(page.body, "http"), "a page that refers to another host");
    }
    primed_stop(&service);
}
