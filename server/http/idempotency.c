/* idempotency - the header, the hashes, the refusals. See idempotency.h. */
#include "server/http/idempotency.h"

#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/http/problem.h"

#define HEADER "Idempotency-Key"

struct idempotency {
    struct store_hash key;
    struct sha256_ctx body;
    struct store_hash fingerprint; /* once it has ended */
    bool is_repeat;
    struct store_made made; /* of a repeat: what the first request has made */
};

/* --- the header ------------------------------------------------------------------------------- */

/* What the lines of the header say. */
struct header {
    unsigned lines;
    const char *value; /* of the last one */
    size_t size;
};

/* An MHD_KeyValueIteratorN. */
static enum MHD_Result read_line(void *context, enum MHD_ValueKind kind, const char *name,
                                 size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    struct header *header = context;
    if (name_size != strlen(HEADER) || strncasecmp(name, HEADER, name_size) != 0)
        return MHD_YES;
    header->lines++;
    header->value = value;
    header->size = value_size;
    return MHD_YES;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * Read a key of that client's, bare or as a string of RFC 8941, into its hash; false if it is
 * neither. A bare one has no blanks, quotes and commas, so that two lines joined by a proxy are not
 * taken for one key.
 */
static bool read_key(const char *client, const char *p, const char *end, struct store_hash *hash)
{
    while (p < end && is_blank(*p))
        p++;
    while (p < end && is_blank(end[-1]))
        end--;
    bool quoted = p < end && *p == '"';
    size_t size = 0;
    struct sha256_ctx context;
    sha256_init(&context);
    if (*client) {
        /* No key has a line end in it, so none is like a client's name and key of another. */
        sha256_update(&context, strlen(client), (const uint8_t *)client);
        sha256_update(&context, 1, (const uint8_t *)"\n");
    }
    for (p += quoted; p < end && !(quoted && *p == '"'); p++) {
        if (quoted && *p == '\\' && (++p == end || !(*p == '"' || *p == '\\')))
            return false;
        bool fits = quoted ? *p >= ' ' : *p > ' ' && *p != '"' && *p != ',';
        if (!fits || *p > '~' || ++size > IDEMPOTENCY_KEY_MAX)
            return false;
        sha256_update(&context, 1, (const uint8_t *)p);
    }
    sha256_digest(&context, sizeof hash->bytes, hash->bytes);
    return size > 0 && p + quoted == end;
}

/* Reply with a problem whose one error is about the header. */
static void reply_problem(struct request *request, enum problem problem, const char *sentence,
                          const char *detail, const struct reply_header *headers)
{
    struct problem_error error = {"header", HEADER, detail};
    problem_reply_errors(request, problem, sentence, &error, 1, headers);
}

bool idempotency_read(struct request *request, struct idempotency **out)
{
    struct header header = {.lines = 0};
    *out = NULL;
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, read_line, &header);
    if (header.lines == 0)
        return true;
    struct idempotency *idempotency = calloc(1, sizeof *idempotency);
    if (!idempotency) {
        problem_reply(request, PROBLEM_FULL, "the machine is out of memory");
        return false;
    }
    if (header.lines > 1 || !read_key(request->client.name, header.value,
                                      header.value + header.size, &idempotency->key)) {
        free(idempotency);
        reply_problem(request, PROBLEM_BAD_HEADER, "the header " HEADER " is malformed",
                      "must be one key of 1 to 255 printable ASCII characters, in double quotes "
                      "where it has blanks, quotes or commas",
                      NULL);
        return false;
    }
    sha256_init(&idempotency->body);
    *out = idempotency;
    return true;
}

void idempotency_free(struct idempotency *idempotency)
{
    free(idempotency);
}

/* --- the request ------------------------------------------------------------------------------ */

enum store_result idempotency_begin(struct idempotency *idempotency, struct store *store,
                                    const struct store_owner *owner, struct store_draft **draft)
{
    enum store_result result =
        store_begin_owned(store, owner, &idempotency->key, draft, &idempotency->made);
    idempotency->is_repeat = result == STORE_KNOWN;
    return result;
}

void idempotency_feed(struct idempotency *idempotency, const char *bytes, size_t size)
{
    sha256_update(&idempotency->body, size, (const uint8_t *)bytes);
}

const struct store_hash *idempotency_end(struct idempotency *idempotency, enum intake_format format)
{
    /* On disk for as long as batches are, so never to be changed. A blank body has no lines. */
    static const uint8_t letters[] = {
        [INTAKE_JSON] = 'j',
        [INTAKE_LINES] = 'l',
        [INTAKE_OCTETS] = 'o',
        [INTAKE_SNIFF] = 'l',
    };
    struct store_hash *fingerprint = &idempotency->fingerprint;
    sha256_update(&idempotency->body, 1, &letters[format]);
    sha256_digest(&idempotency->body, sizeof fingerprint->bytes, fingerprint->bytes);
    return fingerprint;
}

/* --- repeats ---------------------------------------------------------------------------------- */

bool idempotency_is_repeat(const struct idempotency *idempotency)
{
    return idempotency && idempotency->is_repeat;
}

bool idempotency_is_same(const struct idempotency *idempotency)
{
    return memcmp(&idempotency->fingerprint, &idempotency->made.fingerprint,
                  sizeof idempotency->fingerprint) == 0;
}

bool idempotency_recall(struct request *request, const struct idempotency *idempotency,
                        struct batch *batch)
{
    enum store_result result =
        store_get(request->http->options.store, &idempotency->made.id, batch);
    if (result == STORE_FAILED)
        problem_reply(request, PROBLEM_STORE_FAILED, "the batch cannot be read; see the log");
    else if (result != STORE_OK)
        reply_problem(request, PROBLEM_KEY_BUSY,
                      "the batch of this key went while its request was being repeated",
                      "the key is free now; send the request again",
                      reply_headers({"Retry-After", "1"}));
    return result == STORE_OK;
}

void idempotency_reply_busy(struct request *request)
{
    reply_problem(request, PROBLEM_KEY_BUSY, "another request with this key is under way",
                  "in use by a request that is not answered yet",
                  reply_headers({"Retry-After", "1"}));
}

void idempotency_reply_reused(struct request *request)
{
    reply_problem(request, PROBLEM_KEY_REUSED,
                  "the batch of this key was made by a request with another body",
                  "used for another request", NULL);
}
