/* client - requests by libcurl. See client.h. */
#include "tests/support/client.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"

static size_t receive(char *bytes, size_t size, size_t count, void *text)
{
    text_add(text, bytes, size * count);
    return size * count;
}

/* The text as a string that lives until the end. */
static const char *finish(struct primed *service, struct text *text)
{
    text_add(text, "", 1);
    cr_assert_not(text->failed);
    return primed_keep(service, text->data);
}

struct client_answer client_call(struct primed *service, const struct client_request *request)
{
    CURL *curl = service->curl;
    char url[2048];
    char type[128];
    snprintf(url, sizeof url, "http://%s%s", service->address, request->path);
    snprintf(type, sizeof type, "Content-Type:%s%s", request->type ? " " : "",
             request->type ? request->type : "");
    /* Expect is left to those who ask for it: curl would send it with every longer body. */
    struct curl_slist *headers = curl_slist_append(NULL, type);
    headers = curl_slist_append(headers, "Expect:");
    if (request->chunked)
        headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
    for (size_t i = 0; i < 4 && request->headers[i]; i++)
        headers = curl_slist_append(headers, request->headers[i]);

    struct text head = {.data = NULL};
    struct text body = {.data = NULL};
    size_t size = request->body && !request->size ? strlen(request->body) : request->size;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PRIMED_PATIENCE_S);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    }
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);

    struct client_answer answer = {.status = 0};
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_slist_free_all(headers);
    answer.size = body.length;
    answer.headers = finish(service, &head);
    answer.body = finish(service, &body);
    return answer;
}

struct client_answer client_get(struct primed *service, const char *path)
{
    return client_send(service, .method = "GET", .path = path);
}

const char *client_header(struct primed *service, const struct client_answer *answer,
                          const char *name)
{
    size_t length = strlen(name);
    for (const char *line = answer->headers; *line; line += strcspn(line, "\n") + 1) {
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " ");
        return primed_keep(service, strndup(value, strcspn(value, "\r\n")));
    }
    return NULL;
}

json_t *client_json(struct primed *service, const struct client_answer *answer)
{
    json_error_t error;
    json_t *document = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        primed_fail(service, "status %ld, no JSON (%s): %.200s", answer->status, error.text,
                    answer->body);
    json_array_append_new(service->documents, document);
    return document;
}

void client_expect_problem(struct primed *service, const struct client_answer *answer, long status,
                           const char *type)
{
    char full_type[64];
    snprintf(full_type, sizeof full_type, "/problems/%s", type);
    if (answer->status != status)
        primed_fail(service, "status %ld, not %ld: %.200s", answer->status, status, answer->body);
    cr_expect_str_eq(client_header(service, answer, "Content-Type"), "application/problem+json");
    const json_t *document = client_json(service, answer);
    cr_expect_str_eq(json_string_value(json_object_get(document, "type")), full_type);
    cr_expect_eq(json_integer_value(json_object_get(document, "status")), status);
}

double client_metric(struct primed *service, const char *sample)
{
    struct client_answer answer = client_get(service, "/metrics");
    size_t length = strlen(sample);
    for (const char *line = answer.body; *line; line += strcspn(line, "\n") + 1)
        if (strncmp(line, sample, length) == 0 && line[length] == ' ')
            return strtod(line + length, NULL);
    return -1;
}
