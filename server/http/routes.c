/* routes - the table of contents of the interface. See routes.h. */
#include "server/http/routes.h"

#include <stdlib.h>
#include <string.h>

#include "server/http/batches.h"
#include "server/http/events.h"
#include "server/http/metrics.h"
#include "server/http/numbers.h"
#include "server/http/problem.h"
#include "server/http/results.h"
#include "server/http/service.h"
#include "server/http/site.h"
#include "server/http/status.h"
#include "server/http/upload.h"

static const struct route routes[] = {
    {"POST", "/v1/batches", upload_begin, upload_body, upload_handle},
    {"GET", "/v1/batches", NULL, NULL, batches_list},
    {"GET", "/v1/batches/{}", NULL, NULL, batches_get},
    {"DELETE", "/v1/batches/{}", NULL, NULL, batches_delete},
    {"POST", "/v1/batches/{}/cancel", NULL, NULL, batches_cancel},
    {"GET", "/v1/batches/{}/results", NULL, NULL, results_get},
    {"GET", "/v1/batches/{}/events", NULL, NULL, events_get},
    {"GET", "/v1/numbers/{}", NULL, NULL, numbers_get},
    {"GET", "/v1/status", NULL, NULL, status_get},
    {"GET", "/healthz", NULL, NULL, service_health},
    {"GET", "/readyz", NULL, NULL, service_readiness},
    {"GET", "/metrics", NULL, NULL, metrics_get},
    {"GET", "/openapi.yaml", NULL, NULL, site_get},
    {"GET", "/", NULL, NULL, site_get},
    {"GET", "/docs", NULL, NULL, site_get},
    {"GET", "/favicon.ico", NULL, NULL, site_get},
    {"GET", "/page/{}", NULL, NULL, site_get},
};
enum { ROUTES = sizeof routes / sizeof *routes };

/*
 * Does the path match the pattern? Where the pattern has {}, which stands for one or more
 * characters other than '/', *start and *length say what for.
 */
static bool matches(const char *pattern, const char *path, const char **start, size_t *length)
{
    const char *hole = strstr(pattern, "{}");
    *start = NULL;
    if (!hole)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    *start = path + before;
    *length = strcspn(*start, "/");
    return *length > 0 && strcmp(*start + *length, hole + 2) == 0;
}

static void add_method(char *list, const char *method)
{
    if (*list)
        strcat(list, ", ");
    strcat(list, method);
}

/* The path is right, but the method is not among its own: 204 to OPTIONS, 405 to the others. */
static void refuse_method(struct request *request, const char *allowed)
{
    const struct reply_header *headers = reply_headers({"Allow", allowed});
    if (strcmp(request->method, "OPTIONS") == 0) {
        reply_empty(request, MHD_HTTP_NO_CONTENT, headers);
        return;
    }
    char detail[160] = "";
    strncat(detail, request->method, 32);
    strcat(detail, " is not one of ");
    strcat(detail, allowed);
    problem_reply_errors(request, PROBLEM_METHOD_NOT_ALLOWED, detail, NULL, 0, headers);
}

/* Find the route of a decoded path. As routes_find(). */
static bool find(struct request *request, const char *path)
{
    char allowed[64] = "";
    request->head = strcmp(request->method, "HEAD") == 0;
    const char *method = request->head ? "GET" : request->method;
    for (size_t i = 0; i < ROUTES; i++) {
        const char *start;
        size_t length = 0;
        if (!matches(routes[i].path, path, &start, &length))
            continue;
        add_method(allowed, routes[i].method);
        if (strcmp(routes[i].method, "GET") == 0)
            add_method(allowed, "HEAD");
        if (strcmp(routes[i].method, method) != 0)
            continue;
        if (start && !(request->argument = strndup(start, length)))
            return false;
        request->route = &routes[i];
        return true;
    }
    if (!*allowed) {
        problem_reply(request, PROBLEM_NOT_FOUND, "there is nothing at this path");
        return false;
    }
    add_method(allowed, "OPTIONS");
    refuse_method(request, allowed);
    return false;
}

bool routes_find(struct request *request)
{
    char *path = strdup(request->uri);
    if (!path)
        return false;
    /* A NUL in the path would end it early and make it look like another. */
    bool found = false;
    if (MHD_http_unescape(path) == strlen(path))
        found = find(request, path);
    else
        problem_reply(request, PROBLEM_NOT_FOUND, "there is nothing at this path");
    free(path);
    return found;
}
