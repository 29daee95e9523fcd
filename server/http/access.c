/* access - the header, the rules, the refusals. See access.h. */
#include "server/http/access.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "server/http/problem.h"

#define CHALLENGE "Bearer realm=\"primed\""

/* How often a client has asked lately. */
struct meter {
    char name[BATCH_OWNER_SIZE];
    struct pace pace;
};

struct access {
    const struct keyring *keyring; /* NULL: there are no tokens */
    struct client nobody;          /* every request's, where there are none */
    pthread_mutex_t lock;          /* of all below */
    struct tokens tokens;          /* the keyring's, of that version */
    uint32_t version;
    struct meter meters[TOKENS_MAX];
};

struct access *access_new(const struct http_options *options)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return NULL;
    access->keyring = options->keyring;
    access->nobody.rights = TOKEN_ADMIN | TOKEN_METRICS;
    access->nobody.quota = options->config->quota;
    pthread_mutex_init(&access->lock, NULL);
    return access;
}

void access_free(struct access *access)
{
    if (!access)
        return;
    pthread_mutex_destroy(&access->lock);
    free(access);
}

/* --- the header ------------------------------------------------------------------------------- */

/* What the Authorization lines of a request say. */
struct credentials {
    unsigned lines;
    const char *token; /* of the last line, NULL if it has none */
    size_t length;
};

/* An MHD_KeyValueIteratorN. */
static enum MHD_Result read_line(void *context, enum MHD_ValueKind kind, const char *name,
                                 size_t name_size, const char *value, size_t value_size)
{
    static const char header[] = "Authorization";
    static const char scheme[] = "Bearer ";
    (void)kind;
    struct credentials *credentials = context;
    if (name_size != strlen(header) || strncasecmp(name, header, name_size) != 0)
        return MHD_YES;
    credentials->lines++;
    if (!value || value_size < strlen(scheme) || strncasecmp(value, scheme, strlen(scheme)) != 0)
        return MHD_YES;
    credentials->token = value + strlen(scheme);
    credentials->length = value_size - strlen(scheme);
    while (credentials->length > 0 && *credentials->token == ' ') {
        credentials->token++;
        credentials->length--;
    }
    return MHD_YES;
}

/* --- the refusals ----------------------------------------------------------------------------- */

static void refuse_token(struct request *request, const struct credentials *credentials)
{
    if (!credentials->token) {
        problem_reply_errors(request, PROBLEM_UNAUTHORIZED,
                             "a token is needed, in the header Authorization: Bearer TOKEN", NULL,
                             0, reply_headers({"WWW-Authenticate", CHALLENGE}));
        return;
    }
    problem_reply_errors(
        request, PROBLEM_UNAUTHORIZED,
        credentials->lines > 1 ? "there is more than one header Authorization"
                               : "the token is not, or no longer, one of the service's",
        NULL, 0, reply_headers({"WWW-Authenticate", CHALLENGE ", error=\"invalid_token\""}));
}

static void refuse_right(struct request *request)
{
    problem_reply_errors(
        request, PROBLEM_FORBIDDEN, "the token has neither of the rights metrics and admin", NULL,
        0, reply_headers({"WWW-Authenticate", CHALLENGE ", error=\"insufficient_scope\""}));
}

static void refuse_pace(struct request *request, int64_t wait_ns)
{
    char seconds[24];
    const struct quota *quota = &request->client.quota;
    char detail[128];
    snprintf(seconds, sizeof seconds, "%lld", (long long)((wait_ns + NS_PER_S - 1) / NS_PER_S));
    snprintf(detail, sizeof detail, "the quota of %llu requests in %lld s is used up",
             (unsigned long long)quota->requests, (long long)(quota->period_ns / NS_PER_S));
    problem_reply_errors(request, PROBLEM_QUOTA, detail, NULL, 0,
                         reply_headers({"Retry-After", seconds}));
}

/* What may be queued, in words. */
static void describe_work(char *text, size_t size, const struct store_work *quota)
{
    int length = snprintf(text, size, "may have queued");
    const char *word = "";
    if (quota->numbers != QUOTA_ANY) {
        length += snprintf(text + length, size - (size_t)length, " %llu numbers",
                           (unsigned long long)quota->numbers);
        word = " and";
    }
    if (quota->cost_ns != QUOTA_ANY)
        snprintf(text + length, size - (size_t)length, "%s %.3f s of estimated work", word,
                 (double)quota->cost_ns / 1e9);
}

void access_refuse_work(struct request *request, enum store_result result)
{
    char allowed[128];
    describe_work(allowed, sizeof allowed, &request->client.quota.queued);
    const char *who = *request->client.name ? "the client of this token" : "a client";
    if (result == STORE_BEYOND_QUOTA)
        problem_reply(request, PROBLEM_BODY_TOO_LARGE, "%s %s, and this alone is more", who,
                      allowed);
    else
        problem_reply(request, PROBLEM_QUOTA, "%s %s; try again when some of it has ended", who,
                      allowed);
}

/* --- the rules -------------------------------------------------------------------------------- */

/* Set the client of a request from its token; false if it has none that is right. Under the lock. */
static bool identify(struct access *access, struct request *request,
                     const struct credentials *credentials)
{
    if (!credentials->token || credentials->lines > 1)
        return false;
    keyring_update(access->keyring, &access->tokens, &access->version);
    const struct token *token =
        tokens_find(&access->tokens, credentials->token, credentials->length);
    if (token)
        request->client = token->client;
    return token != NULL;
}

/*
 * Count a request of the client: 0, or the time until it may ask. The meter of one who has not
 * asked for long is as good as a new one, so another may have it. Under the lock.
 */
static int64_t count_request(struct access *access, const struct client *client)
{
    struct meter *meter = access->meters;
    struct meter *idle = meter;
    while (meter < access->meters + TOKENS_MAX && strcmp(meter->name, client->name) != 0) {
        if (meter->pace.used_until_ns < idle->pace.used_until_ns)
            idle = meter;
        meter++;
    }
    if (meter == access->meters + TOKENS_MAX) {
        meter = idle;
        *meter = (struct meter){.pace.used_until_ns = 0};
        strcpy(meter->name, client->name);
    }
    return quota_admit(&client->quota, &meter->pace, clock_monotonic_ns());
}

bool access_check(struct request *request)
{
    struct access *access = request->http->access;
    struct credentials credentials = {.lines = 0};
    enum route_rule rule = request->route->rule;
    if (rule == ROUTE_PUBLIC)
        return true;
    request->client = access->nobody;
    if (!access->keyring && access->nobody.quota.requests == QUOTA_ANY)
        return true;

    bool known = true;
    int64_t wait_ns = 0;
    if (access->keyring)
        MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, read_line, &credentials);
    pthread_mutex_lock(&access->lock);
    if (access->keyring)
        known = identify(access, request, &credentials);
    if (known && request->client.quota.requests != QUOTA_ANY)
        wait_ns = count_request(access, &request->client);
    pthread_mutex_unlock(&access->lock);
    if (!known)
        refuse_token(request, &credentials);
    else if (wait_ns > 0)
        refuse_pace(request, wait_ns);
    else if (rule == ROUTE_METRICS && !(request->client.rights & (TOKEN_METRICS | TOKEN_ADMIN)))
        refuse_right(request);
    return !request->replied;
}

bool access_sees(const struct request *request, const char *owner)
{
    const struct client *client = &request->client;
    return (client->rights & TOKEN_ADMIN) || (*owner && strcmp(client->name, owner) == 0);
}

const char *access_lists(const struct request *request)
{
    return request->client.rights & TOKEN_ADMIN ? NULL : request->client.name;
}
