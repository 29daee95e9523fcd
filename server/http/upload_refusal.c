/* upload_refusal - the words for it. See upload_refusal.h. */
#include "server/http/upload_refusal.h"

#include <stdio.h>

#include "server/http/problem.h"

void upload_refuse_too_large(struct request *request)
{
    problem_reply(request, PROBLEM_BODY_TOO_LARGE, "the limit is %llu bytes",
                  (unsigned long long)request->http->options.config->max_body);
}

static uint64_t store_limit(struct store *store)
{
    struct store_stats stats;
    store_stats(store, &stats);
    return stats.bytes_max;
}

void upload_refuse_unavailable(struct request *request, enum store_result result)
{
    if (http_is_draining(request->http))
        problem_reply(request, PROBLEM_DRAINING, "the service is stopping and takes no more work");
    else if (result == STORE_TOO_LARGE)
        problem_reply(request, PROBLEM_BODY_TOO_LARGE, "the store holds %llu bytes in all",
                      (unsigned long long)store_limit(request->http->options.store));
    else if (result == STORE_FULL)
        problem_reply(request, PROBLEM_FULL,
                      "the store is full; try again when batches have ended");
    else if (result == STORE_NO_SPACE)
        problem_reply(request, PROBLEM_NO_SPACE, "the disk of the store is full");
    else if (result == STORE_FAILED)
        problem_reply(request, PROBLEM_STORE_FAILED, "the store cannot be read; see the log");
    else
        problem_reply(request, PROBLEM_FULL, "the machine is out of memory");
}

static void reply_malformed(struct request *request, const struct intake *intake)
{
    static const enum problem problems[] = {
        [INTAKE_JSON] = PROBLEM_MALFORMED_JSON,
        [INTAKE_LINES] = PROBLEM_MALFORMED_LINES,
        [INTAKE_OCTETS] = PROBLEM_MALFORMED_OCTETS,
        [INTAKE_SNIFF] = PROBLEM_MALFORMED_JSON,
    };
    size_t kept;
    uint64_t total;
    const struct intake_error *errors = intake_errors(intake, &kept, &total);
    problem_reply(request, problems[intake_format_found(intake)], "%s",
                  kept ? errors[0].detail : "the body is malformed");
}

static void reply_invalid(struct request *request, const struct intake *intake)
{
    size_t kept;
    uint64_t total;
    const struct intake_error *errors = intake_errors(intake, &kept, &total);
    struct problem_error list[INTAKE_MAX_ERRORS];
    for (size_t i = 0; i < kept; i++)
        list[i] = (struct problem_error){"pointer", errors[i].pointer, errors[i].detail};
    char detail[64];
    snprintf(detail, sizeof detail,
             total == 1 ? "%llu mistake in the body" : "%llu mistakes in the body",
             (unsigned long long)total);
    problem_reply_errors(request, PROBLEM_INVALID_BATCH, detail, list, kept, NULL);
}

void upload_refuse_body(struct request *request, const struct intake *intake,
                        enum intake_status status)
{
    size_t kept;
    uint64_t total;
    const struct intake_error *errors = intake_errors(intake, &kept, &total);
    switch (status) {
    case INTAKE_MALFORMED:
        reply_malformed(request, intake);
        break;
    case INTAKE_INVALID:
        reply_invalid(request, intake);
        break;
    case INTAKE_TOO_LARGE:
        problem_reply(request, PROBLEM_BODY_TOO_LARGE, "%s",
                      kept ? errors[0].detail : "the body holds more than a batch may");
        break;
    case INTAKE_REFUSED:
        upload_refuse_unavailable(request, (enum store_result)intake_sink_result(intake));
        break;
    default:
        upload_refuse_unavailable(request, STORE_NO_MEMORY);
        break;
    }
}
