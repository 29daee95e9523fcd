/* quota - reading quotas, and counting requests. See quota.h. */
#include "server/quota.h"

#include <string.h>

#include "common/clock.h"
#include "server/config_value.h"

enum { REQUESTS_MAX = 1000000 }; /* so that there is a nanosecond for each, whatever the unit */

const struct quota quota_unlimited = {
    .requests = QUOTA_ANY,
    .period_ns = NS_PER_S,
    .queued = {.numbers = QUOTA_ANY, .cost_ns = QUOTA_ANY},
};

static const char *read_requests(struct quota *quota, const char *text)
{
    static const char expected[] = "N/s, N/m, N/h or N/d with N from 1 to 1000000, or any";
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"", NS_PER_S},
                 {"/s", NS_PER_S},
                 {"/m", 60 * NS_PER_S},
                 {"/h", 3600 * NS_PER_S},
                 {"/d", 86400 * NS_PER_S}};
    char digits[24];
    size_t length = strspn(text, "0123456789");
    if (length >= sizeof digits)
        return expected;
    memcpy(digits, text, length);
    digits[length] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + length, units[i].unit) != 0)
            continue;
        quota->period_ns = units[i].ns;
        return config_value_number(digits, 1, REQUESTS_MAX, &quota->requests) ? NULL : expected;
    }
    return expected;
}

static const char *read_numbers(struct quota *quota, const char *text)
{
    return config_value_number(text, 0, QUOTA_ANY - 1, &quota->queued.numbers) ? NULL
                                                                               : "a number, or any";
}

static const char *read_cost(struct quota *quota, const char *text)
{
    int64_t ns;
    if (!config_value_time(text, 0, &ns))
        return "a time, or any";
    quota->queued.cost_ns = (uint64_t)ns;
    return NULL;
}

const char *quota_read(struct quota *quota, const char *name, const char *text)
{
    bool any = strcmp(text, "any") == 0;
    if (strcmp(name, "requests") == 0) {
        if (!any)
            return read_requests(quota, text);
        quota->requests = QUOTA_ANY;
    } else if (strcmp(name, "numbers") == 0) {
        if (!any)
            return read_numbers(quota, text);
        quota->queued.numbers = QUOTA_ANY;
    } else if (strcmp(name, "cost") == 0) {
        if (!any)
            return read_cost(quota, text);
        quota->queued.cost_ns = QUOTA_ANY;
    } else {
        return "the name of a quota";
    }
    return NULL;
}

int64_t quota_admit(const struct quota *quota, struct pace *pace, int64_t now_ns)
{
    if (quota->requests == QUOTA_ANY)
        return 0;
    pace->interval_ns = quota->period_ns / (int64_t)quota->requests;
    pace->burst_ns = quota->period_ns - pace->interval_ns;
    int64_t wait_ns = pace_wait_ns(pace, now_ns);
    if (wait_ns > 0)
        return wait_ns;
    pace_note(pace, now_ns);
    return 0;
}
