/* http - libcurl's multi interface under a loop of tries. See http.h. */
#include "client/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/token.h"
#include "common/clock.h"

enum {
    TICK_MS = 100,
    FIRST_PAUSE_MS = 100,
    LAST_PAUSE_MS = 5000,
    SILENCE_S = 40, /* a stream without a byte for so long is dead: live ones send comments */
};

struct http {
    struct http_options options;
    CURLM *multi;
    CURL *easy;
    char token_header[TOKEN_MAX + 32]; /* "": no token */
    char trace_header[160];            /* "": not part of a trace */
    char error[CURL_ERROR_SIZE];
    char trouble[HTTP_REASON_SIZE];
};

#define LEAST_NS (NS_PER_S / 2) /* what a try may take, however little time is left */

/* One try of a call. */
struct attempt {
    struct http *http;
    const struct http_call *call;
    struct http_answer *answer;
    bool sunk;   /* the sink has got something */
    bool enough; /* and wants no more */
    bool source_failed;
    bool waits_input; /* paused until the source has more */
};

/* --- opening ---------------------------------------------------------------------------------- */

/*
 * Tools that trace commands say by TRACEPARENT to which trace one belongs (the convention of
 * OpenTelemetry's). Whether it is right is for the service to see; here only whether it is a word.
 */
static void read_trace(struct http *http)
{
    static const char name[] = "traceparent: ";
    const char *value = getenv("TRACEPARENT");
    size_t length = 0;
    while (value && value[length] > ' ' && value[length] < 0x7f)
        length++;
    if (length > 0 && value[length] == '\0' && length < sizeof http->trace_header - sizeof name)
        snprintf(http->trace_header, sizeof http->trace_header, "%s%s", name, value);
}

struct http *http_open(const struct http_options *options)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        goto failed;
    http->options = *options;
    char token[TOKEN_MAX];
    if (token_read(options->token_file, token) < 0)
        goto token_failed;
    if (*token)
        snprintf(http->token_header, sizeof http->token_header, "Authorization: Bearer %s", token);
    read_trace(http);
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (http->multi && http->easy)
        return http;
failed:
    fprintf(stderr, "prime: no memory for libcurl\n");
token_failed:
    http_close(http);
    return NULL;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
    curl_global_cleanup();
    free(http);
}

void http_free_answer(struct http_answer *answer)
{
    text_destroy(&answer->body);
}

const char *http_url(const struct http *http)
{
    return http->options.url;
}

bool http_has_token(const struct http *http)
{
    return *http->token_header != '\0';
}

const char *http_trouble(const struct http *http)
{
    return *http->trouble ? http->trouble : NULL;
}

int64_t http_backoff_ns(unsigned failures, uint64_t random)
{
    int64_t whole = LAST_PAUSE_MS;
    if (failures < 7)
        whole = (int64_t)FIRST_PAUSE_MS << (failures ? failures - 1 : 0);
    whole = (whole < LAST_PAUSE_MS ? whole : LAST_PAUSE_MS) * NS_PER_MS;
    return whole / 2 + (int64_t)(random % (uint64_t)(whole / 2 + 1));
}

/*
 * Is an answer of success of one of the contract's media types? Else somebody else answers there,
 * and what he says is not to be taken for no batches, or no primes.
 */
static bool is_of_contract(CURL *easy, long status)
{
    static const char *const types[] = {"application/json", "application/x-ndjson", "text/csv",
                                        "text/event-stream"};
    char *type = NULL;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strncmp(type, types[i], strlen(types[i])) == 0)
            return true;
    return status == 204;
}

/* --- what libcurl calls ----------------------------------------------------------------------- */

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct attempt *attempt = context;
    long status = 0;
    curl_easy_getinfo(attempt->http->easy, CURLINFO_RESPONSE_CODE, &status);
    size *= count;
    if (!attempt->call->sink || status / 100 != 2)
        return text_add(&attempt->answer->body, bytes, size) ? size : 0;
    if (!is_of_contract(attempt->http->easy, status))
        return 0;
    attempt->sunk = true;
    attempt->enough = !attempt->call->sink(attempt->call->context, bytes, size);
    return attempt->enough ? 0 : size;
}

static size_t send_more(char *out, size_t size, size_t count, void *context)
{
    struct attempt *attempt = context;
    const struct http_source *source = attempt->call->source;
    long length = source->read(source->context, out, size * count);
    if (length == HTTP_SOURCE_LATER) {
        attempt->waits_input = true;
        return CURL_READFUNC_PAUSE;
    }
    if (length == HTTP_SOURCE_FAILED) {
        attempt->source_failed = true;
        return CURL_READFUNC_ABORT;
    }
    return (size_t)length;
}

/* --- one try ---------------------------------------------------------------------------------- */

static struct curl_slist *headers_of(const struct http *http, const struct http_call *call,
                                     const char *key)
{
    char type[128];
    snprintf(type, sizeof type, "Content-Type:%s%s", call->type ? " " : "",
             call->type ? call->type : "");
    struct curl_slist *headers = curl_slist_append(NULL, type);
    if (*key)
        headers = curl_slist_append(headers, key);
    if (*http->token_header)
        headers = curl_slist_append(headers, http->token_header);
    if (*http->trace_header)
        headers = curl_slist_append(headers, http->trace_header);
    if (call->source)
        headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
    return headers;
}

static void set_up(struct attempt *attempt, const char *url, struct curl_slist *headers,
                   int64_t left_ns)
{
    struct http *http = attempt->http;
    const struct http_call *call = attempt->call;
    CURL *easy = http->easy;
    long left_ms = (long)(left_ns / NS_PER_MS) + 1;

    curl_easy_reset(easy);
    *http->error = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "prime/" PRIMED_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, attempt);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, left_ms);
    if (call->quick)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (call->lively) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
    }
    if (http->options.cacert)
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->options.cacert);
    if (call->source) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_more);
        curl_easy_setopt(easy, CURLOPT_READDATA, attempt);
    } else if (strcmp(call->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    }
}

static void tick(const struct http *http)
{
    if (http->options.tick)
        http->options.tick(http->options.context);
}

/* A signal that ends the program, or 0; stops for Ctrl-Z. */
static int take_signals(struct http *http)
{
    for (int signal; (signal = terminal_take_signal(http->options.terminal)) != 0;) {
        if (terminal_is_end(signal))
            return signal;
        if (signal == SIGTSTP)
            terminal_suspend(http->options.terminal);
    }
    return 0;
}

/* Drive the transfer to its end; CURLE_ABORTED_BY_CALLBACK when a signal has ended it. */
static CURLcode drive(struct attempt *attempt)
{
    struct http *http = attempt->http;
    for (;;) {
        int running = 0;
        if (curl_multi_perform(http->multi, &running) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        int left;
        const CURLMsg *message = curl_multi_info_read(http->multi, &left);
        if (message && message->msg == CURLMSG_DONE)
            return message->data.result;

        struct curl_waitfd others[2];
        unsigned count = 0;
        if (http->options.terminal->signals >= 0)
            others[count++] = (struct curl_waitfd){.fd = http->options.terminal->signals,
                                                   .events = CURL_WAIT_POLLIN};
        if (attempt->waits_input)
            others[count++] = (struct curl_waitfd){.fd = attempt->call->source->descriptor,
                                                   .events = CURL_WAIT_POLLIN};
        curl_multi_poll(http->multi, others, count, TICK_MS, NULL);
        attempt->answer->signal = take_signals(http);
        if (attempt->answer->signal)
            return CURLE_ABORTED_BY_CALLBACK;
        if (attempt->waits_input) {
            attempt->waits_input = false;
            curl_easy_pause(http->easy, CURLPAUSE_CONT);
        }
        tick(http);
    }
}

/* Is that answer worth waiting for a better one? */
static bool is_passing(long status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* A request with this key is under way still: its answer will be ours. */
static bool is_in_progress(const struct http_call *call, const struct http_answer *answer)
{
    return call->keyed && answer->status == 409;
}

/* What may help against a URL or a certificate that is wrong; "" if nothing comes to mind. */
static const char *advice_for(CURLcode code, const char *error)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return "; --cacert names the certificates to trust, its own among them";
    if (code == CURLE_SSL_CONNECT_ERROR && strstr(error, "wrong version number"))
        return "; does it speak http:// there, without TLS?";
    if (code == CURLE_UNSUPPORTED_PROTOCOL && strstr(error, "HTTP/0.9"))
        return "; does it speak https:// there?";
    return "";
}

static enum http_result judge(const struct attempt *attempt, CURLcode code)
{
    struct http_answer *answer = attempt->answer;
    enum http_result result = attempt->sunk ? HTTP_BROKEN : HTTP_UNREACHABLE;
    if (answer->signal)
        return HTTP_INTERRUPTED;
    if (attempt->source_failed)
        return HTTP_SOURCE_BROKEN;
    if (answer->status / 100 == 2 && !is_of_contract(attempt->http->easy, answer->status)) {
        snprintf(answer->reason, sizeof answer->reason, "answers, but not like primed");
        return HTTP_MISLED;
    }
    if (code == CURLE_OK || (attempt->enough && answer->status / 100 == 2)) {
        if (is_passing(answer->status) || is_in_progress(attempt->call, answer)) {
            snprintf(answer->reason, sizeof answer->reason, "it answers with status %ld",
                     answer->status);
            return HTTP_UNREACHABLE;
        }
        return answer->status / 100 == 2 ? HTTP_OK : HTTP_REFUSED;
    }
    const char *error = *attempt->http->error ? attempt->http->error : curl_easy_strerror(code);
    const char *advice = advice_for(code, error);
    switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION:
        result = HTTP_MISLED;
        break;
    case CURLE_SSL_CONNECT_ERROR: /* else the service may have gone in the middle of it */
        result = *advice ? HTTP_MISLED : result;
        break;
    default:
        break;
    }
    snprintf(answer->reason, sizeof answer->reason, "%s%s", error, advice);
    return result;
}

static void try_once(struct http *http, const struct http_call *call, const char *key,
                     int64_t left_ns, struct http_answer *answer)
{
    char *url = NULL;
    struct attempt attempt = {.http = http, .call = call, .answer = answer};
    struct curl_slist *headers = headers_of(http, call, key);
    size_t base = strlen(http->options.url);
    while (base > 0 && http->options.url[base - 1] == '/')
        base--;
    if (asprintf(&url, "%.*s%s", (int)base, http->options.url, call->path) < 0)
        url = NULL;
    answer->status = 0;
    answer->body.length = 0;
    *answer->reason = '\0';

    set_up(&attempt, url ? url : "", headers, left_ns);
    curl_multi_add_handle(http->multi, http->easy);
    CURLcode code = drive(&attempt);
    curl_multi_remove_handle(http->multi, http->easy);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &retry_after);
    answer->retry_after_s = retry_after;
    text_add(&answer->body, "", 1);
    answer->body.length -= answer->body.length > 0;
    answer->result = judge(&attempt, code);
    curl_slist_free_all(headers);
    free(url);
}

/* --- many tries ------------------------------------------------------------------------------- */

static uint64_t random_bits(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        bits = (uint64_t)clock_monotonic_ns();
    return bits;
}

int http_pause(struct http *http, int64_t ns)
{
    int64_t end = clock_monotonic_ns() + ns;
    for (int64_t left; (left = end - clock_monotonic_ns()) > 0;) {
        struct curl_waitfd signals = {.fd = http->options.terminal->signals,
                                      .events = CURL_WAIT_POLLIN};
        int64_t wait_ms = left / NS_PER_MS + 1;
        curl_multi_poll(http->multi, &signals, signals.fd >= 0,
                        (int)(wait_ms < TICK_MS ? wait_ms : TICK_MS), NULL);
        int signal = take_signals(http);
        if (signal)
            return signal;
        tick(http);
    }
    return 0;
}

/* Wait before the next try; false if there is to be none, and the answer stays as it is. */
static bool wait_for_next(struct http *http, const struct http_call *call, int64_t deadline_ns,
                          struct http_answer *answer)
{
    int64_t pause = http_backoff_ns(answer->tries, random_bits());
    if (pause < answer->retry_after_s * NS_PER_S)
        pause = answer->retry_after_s * NS_PER_S;
    if (clock_monotonic_ns() + pause >= deadline_ns)
        return false;
    snprintf(http->trouble, sizeof http->trouble, "%s", answer->reason);
    answer->signal = http_pause(http, pause);
    if (answer->signal) {
        answer->result = HTTP_INTERRUPTED;
        return false;
    }
    if (call->source && !call->source->rewind(call->source->context)) {
        answer->result = HTTP_SOURCE_BROKEN;
        return false;
    }
    return true;
}

void http_perform(struct http *http, const struct http_call *call, struct http_answer *answer)
{
    char key[64] = "";
    *answer = (struct http_answer){.result = HTTP_UNREACHABLE};
    if (call->keyed)
        snprintf(key, sizeof key, "Idempotency-Key: \"%016llx%016llx\"",
                 (unsigned long long)random_bits(), (unsigned long long)random_bits());
    int64_t timeout_ns = http->options.timeout_s * NS_PER_S;
    int64_t deadline = clock_monotonic_ns() + timeout_ns;
    do {
        int64_t left = deadline - clock_monotonic_ns();
        answer->tries++;
        try_once(http, call, key, left > LEAST_NS ? left : LEAST_NS, answer);
        if (answer->tries == 1 && !call->quick) /* it may have taken long before it failed */
            deadline = clock_monotonic_ns() + timeout_ns;
    } while (answer->result == HTTP_UNREACHABLE && wait_for_next(http, call, deadline, answer));
    *http->trouble = '\0';
}
