/*
 * primes FILE - have primed test the integers in a file, one a line, and print the primes.
 *
 * Needs libcurl and jansson. PRIMED_URL says where the service is, PRIMED_TOKEN holds its token, if it asks for one.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 60, PATH_SIZE = 256 };

static CURL *curl;
static struct curl_slist *token_header;

/* An answer as it comes: whole in `text`, or line by line to `take`. */
struct answer {
    char *text;
    size_t length;
    void (*take)(const char *line); /* NULL: keep all */
};

static void die(const char *message)
{
    fprintf(stderr, "primes: %s\n", message);
    exit(1);
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer->text = realloc(answer->text, answer->length + size * count + 1);
    if (!answer->text)
        die("no memory");
    memcpy(answer->text + answer->length, bytes, size * count);
    answer->text[answer->length += size * count] = '\0';
    for (char *end; answer->take && status == 200 && (end = strchr(answer->text, '\n'));) {
        *end = '\0';
        answer->take(answer->text);
        answer->length -= (size_t)(end + 1 - answer->text);
        memmove(answer->text, end + 1, answer->length + 1);
    }
    return size * count;
}

/* Say what an answer with an error says, in one line, and end. */
static void explain(const struct answer *answer, long status)
{
    json_t *problem = json_loads(answer->text ? answer->text : "", 0, NULL),
           *errors = json_object_get(problem, "errors");
    const char *title = json_string_value(json_object_get(problem, "title"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    fprintf(stderr, "primes: %s", title ? title : "the service refuses");
    if (json_array_size(errors) == 0)
        fprintf(stderr, ": %s (status %ld)", detail ? detail : "it does not say why", status);
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const char *pointer = NULL, *what = "";
        json_unpack(json_array_get(errors, i), "{s?s, s?s}", "pointer", &pointer, "detail", &what);
        fprintf(stderr, "%s %s%s%s", i ? ";" : ":", pointer ? pointer : "", pointer ? " " : "",
                what);
    }
    fprintf(stderr, "\n");
    exit(1);
}

/* Make a call, and make it again while nobody answers or the service is busy. body NULL: a GET. */
static void call(const char *path, const char *body, long length, struct curl_slist *headers,
                 struct answer *answer)
{
    const char *base = getenv("PRIMED_URL");
    char url[2048], error[CURL_ERROR_SIZE] = "";
    double pause = 0.1;
    time_t deadline = time(NULL) + PATIENCE_S;
    snprintf(url, sizeof url, "%s%s", base ? base : "http://127.0.0.1:8080", path);
    for (;; pause = pause < 2.5 ? 2 * pause : 5) {
        long status = 0;
        curl_off_t after = 0;
        curl_easy_reset(curl);
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L); /* nothing is silent for so long */
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 90L);
        if (body) {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, length);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        }
        answer->length = 0;
        CURLcode code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
        if (code == CURLE_OK && status / 100 == 2)
            return;
        if (answer->take && status == 200)
            die("the answer broke off");
        /* 409 with Retry-After: the first request with this key is still being worked on. */
        int passes = code != CURLE_OK || status == 429 || status == 502 || status == 503 ||
                     status == 504 || (status == 409 && after > 0);
        double wait = pause * (0.5 + 0.5 * drand48());
        wait = wait < (double)after ? (double)after : wait;
        if (code == CURLE_OK && (!passes || time(NULL) + (time_t)wait > deadline))
            explain(answer, status);
        if (time(NULL) + (time_t)wait > deadline)
            die(*error ? error : curl_easy_strerror(code));
        nanosleep(&(struct timespec){(time_t)wait, (long)(1e9 * (wait - (double)(time_t)wait))},
                  NULL);
    }
}

/* A server-sent event. */
static void show_progress(const char *line)
{
    json_t *batch = strncmp(line, "data: ", 6) == 0 ? json_loads(line + 6, 0, NULL) : NULL;
    double progress = json_number_value(json_object_get(batch, "progress"));
    json_int_t total =
        json_integer_value(json_object_get(json_object_get(batch, "counts"), "total"));
    if (batch)
        fprintf(stderr, "\r%3d%% of %lld numbers", (int)(100 * progress), (long long)total);
    json_decref(batch);
}

static size_t primes;
static char *largest;

/* A prime. Integers come as strings of digits, so they may be of any size: the longer is the larger. */
static void print_prime(const char *line)
{
    json_t *item = json_loads(line, 0, NULL);
    const char *n = json_string_value(json_object_get(item, "n"));
    if (!n)
        die("that is no result");
    puts(n);
    primes++;
    if (!largest || strlen(n) > strlen(largest) ||
        (strlen(n) == strlen(largest) && strcmp(n, largest) > 0)) {
        free(largest);
        largest = strdup(n);
    }
    json_decref(item);
}

/* The whole file; its length to *length. */
static char *read_file(const char *path, long *length)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0 || (*length = ftell(file)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(file);
    char *text = malloc((size_t)*length + 1);
    if (!text || fread(text, 1, (size_t)*length, file) != (size_t)*length)
        die("the file cannot be read");
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        die("usage: primes FILE");
    srand48((long)time(NULL) ^ getpid());
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    char header[4200], path[PATH_SIZE];
    const char *token = getenv("PRIMED_TOKEN");
    if (token && *token) {
        snprintf(header, sizeof header, "Authorization: Bearer %s", token);
        token_header = curl_slist_append(NULL, header);
    }

    /* The key makes sure that it is one batch, however often it is sent. */
    unsigned char random[16] = {0};
    FILE *source = fopen("/dev/urandom", "rb");
    if (!source || fread(random, sizeof random, 1, source) != 1)
        die("no random numbers");
    fclose(source);
    size_t used = (size_t)snprintf(header, sizeof header, "Idempotency-Key: ");
    for (size_t i = 0; i < sizeof random; i++)
        used += (size_t)snprintf(header + used, sizeof header - used, "%02x", random[i]);
    struct curl_slist *headers =
        curl_slist_append(curl_slist_append(NULL, "Content-Type: text/plain"), header);
    if (token_header)
        headers = curl_slist_append(headers, token_header->data);
    long length;
    char *numbers = read_file(argv[1], &length);
    struct answer created = {0}, events = {.take = show_progress}, results = {.take = print_prime};
    call("/v1/batches", numbers, length, headers, &created);
    json_t *batch = json_loads(created.text, 0, NULL);
    const char *self = json_string_value(json_object_get(json_object_get(batch, "links"), "self"));
    if (!self)
        die("that is no batch");

    snprintf(path, sizeof path, "%s/events", self);
    call(path, NULL, 0, token_header, &events);
    fprintf(stderr, "\n");
    snprintf(path, sizeof path, "%s/results?format=ndjson&only=prime", self);
    call(path, NULL, 0, token_header, &results);
    fprintf(stderr, "%zu primes, the largest %s\n", primes, largest ? largest : "none");

    free(largest);
    free(numbers);
    free(created.text);
    free(events.text);
    free(results.text);
    json_decref(batch);
    curl_slist_free_all(headers);
    curl_slist_free_all(token_header);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return 0;
}
