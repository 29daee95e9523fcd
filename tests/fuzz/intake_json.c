/*
 * intake_json - JSON bodies: one outcome for every way of cutting them, and the same numbers,
 * members and refusals as jansson, which reads the whole document at once.
 *
 * jansson cannot read integers beyond 64 bits, so those are put in quotes for it; that is as good
 * among the numbers, and elsewhere such an integer is refused, whatever is behind it. Left out are
 * documents beyond the limits of either: intake's sizes, jansson's depth and its reals; and those
 * with a NUL byte, which for jansson ends the text, are refused.
 */
#include <jansson.h>
#include <string.h>

#include "tests/fuzz/support/body.h"
#include "tests/fuzz/support/fuzz.h"

/* --- what jansson makes of it ----------------------------------------------------------------- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* How long the run of digits at p is. */
static size_t digits_at(const uint8_t *p, const uint8_t *end)
{
    size_t count = 0;
    while (p + count < end && is_digit(p[count]))
        count++;
    return count;
}

/* Put the integers that jansson could not read in quotes; *quoted: there are some. */
static struct text quote_big_integers(const uint8_t *p, const uint8_t *end, bool *quoted)
{
    enum { READABLE = 18 };
    struct text text = {.data = NULL};
    const uint8_t *begin = p;
    bool in_string = false;
    while (p < end) {
        size_t sign = *p == '-';
        size_t digits = in_string ? 0 : digits_at(p + sign, end);
        const uint8_t *behind = p + sign + digits;
        /* A real number goes on behind its digits, or these are its fraction or exponent. */
        bool real = (p > begin && memchr(".eE+", p[-1], 4)) ||
                    (behind < end && (*behind == '.' || *behind == 'e' || *behind == 'E'));
        if (digits > READABLE && p[sign] != '0' && !real) {
            text_printf(&text, "\"%.*s\"", (int)(sign + digits), (const char *)p);
            p = behind;
            *quoted = true;
        } else if (digits > 0) {
            text_add(&text, (const char *)p, sign + digits);
            p = behind;
        } else {
            size_t escape = in_string && *p == '\\' && p + 1 < end;
            in_string ^= *p == '"';
            text_add(&text, (const char *)p, 1 + escape);
            p += 1 + escape;
        }
    }
    return text;
}

/* The digits of a string that is an integer, without its sign and leading zeros; NULL if it is not.
 */
static const char *integer_in(const char *string, size_t length, bool *negative)
{
    *negative = *string == '-';
    string += *negative;
    length -= *negative;
    if (length == 0 || strspn(string, "0123456789") != length)
        return NULL;
    string += strspn(string, "0");
    *negative = *negative && *string;
    return string;
}

/* Add an element as intake would hand it on; false if it is no integer that intake takes. */
static bool add_element(struct text *numbers, const json_t *element)
{
    bool negative;
    if (json_is_integer(element)) {
        text_printf(numbers, "%lld\n", (long long)json_integer_value(element));
        return true;
    }
    if (!json_is_string(element))
        return false;
    const char *digits =
        integer_in(json_string_value(element), json_string_length(element), &negative);
    if (!digits || strlen(digits) > body_limits.max_digits)
        return false;
    text_printf(numbers, "%s%s\n", negative ? "-" : "", *digits ? digits : "0");
    return true;
}

static bool is_between(const json_t *value, int64_t low, int64_t high)
{
    return !value || (json_is_integer(value) && json_integer_value(value) >= low &&
                      json_integer_value(value) <= high);
}

/* Is a document, but for its numbers, a batch? */
static bool has_good_members(const json_t *document)
{
    static const char *const names[] = {"numbers", "priority", "ttl", "metadata"};
    size_t known = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        known += json_object_get(document, names[i]) != NULL;
    const json_t *metadata = json_object_get(document, "metadata");
    return json_object_size(document) == known &&
           is_between(json_object_get(document, "priority"), 0, 9) &&
           is_between(json_object_get(document, "ttl"), 1, INTAKE_TTL_MAX) &&
           (!metadata || json_is_object(metadata));
}

/* --- comparing -------------------------------------------------------------------------------- */

/* The numbers that intake handed on, without the ends of chunks. */
static struct text without_chunks(const struct text *numbers)
{
    struct text text = {.data = NULL};
    for (size_t i = 0; i < numbers->length; i++)
        if (numbers->data[i] != '\n' || (i > 0 && numbers->data[i - 1] != '\n'))
            text_add(&text, numbers->data + i, 1);
    return text;
}

static void expect_members(const struct body_outcome *outcome, const json_t *document)
{
    const json_t *priority = json_object_get(document, "priority");
    const json_t *ttl = json_object_get(document, "ttl");
    const json_t *metadata = json_object_get(document, "metadata");
    int64_t wanted = priority ? json_integer_value(priority) : INTAKE_PRIORITY_DEFAULT;
    fuzz_expect(outcome->priority == wanted, "priority %d", outcome->priority);
    fuzz_expect(outcome->ttl == json_integer_value(ttl), "ttl %lld", (long long)outcome->ttl);
    fuzz_expect(!outcome->metadata == !metadata, "metadata %s", outcome->metadata);
    if (!metadata)
        return;
    json_t *kept = json_loads(outcome->metadata, JSON_ALLOW_NUL, NULL);
    fuzz_expect(json_equal(kept, metadata), "metadata %s", outcome->metadata);
    json_decref(kept);
}

/* Hold the outcome to a document that jansson could read. */
static void expect_as_document(const struct body_outcome *outcome, const json_t *document)
{
    const json_t *array = json_is_array(document) ? document : json_object_get(document, "numbers");
    struct text numbers = {.data = NULL};
    bool good = json_is_array(array) && (json_is_array(document) || has_good_members(document));
    size_t i;
    const json_t *element;
    if (json_is_array(array))
        json_array_foreach(array, i, element) good &= add_element(&numbers, element);
    fuzz_expect((outcome->status == INTAKE_OK) == good, "status %d: %s", outcome->status,
                outcome->errors.data);
    fuzz_expect(good || outcome->status == INTAKE_INVALID, "status %d: %s", outcome->status,
                outcome->errors.data);
    if (good) {
        struct text taken = without_chunks(&outcome->numbers);
        fuzz_expect(taken.length == numbers.length &&
                        (taken.length == 0 || memcmp(taken.data, numbers.data, taken.length) == 0),
                    "numbers: %.*s", (int)numbers.length, numbers.data);
        fuzz_expect(outcome->received == json_array_size(array), "%llu received",
                    (unsigned long long)outcome->received);
        text_destroy(&taken);
        expect_members(outcome, document);
    }
    text_destroy(&numbers);
}

/* Is the complaint an integer beyond 64 bits that is none of the numbers? */
static bool refuses_big_integer(const struct body_outcome *outcome)
{
    return outcome->status == INTAKE_INVALID && strstr(outcome->errors.data, "too big");
}

static void compare(const struct body_outcome *outcome, const uint8_t *bytes, size_t size)
{
    bool quoted = false;
    struct text text = quote_big_integers(bytes, bytes + size, &quoted);
    json_error_t error;
    json_t *document =
        json_loadb(text.data ? text.data : "", text.length,
                   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    enum json_error_code code = document ? json_error_unknown : json_error_code(&error);
    if (quoted && refuses_big_integer(outcome))
        ;
    else if (document)
        expect_as_document(outcome, document);
    else if (code != json_error_numeric_overflow && code != json_error_stack_overflow)
        fuzz_expect(outcome->status == INTAKE_MALFORMED, "status %d: jansson says %s",
                    outcome->status, error.text);
    json_decref(document);
    text_destroy(&text);
}

/* Each error but those of the whole names a number, or a member. */
static void expect_pointers(const struct body_outcome *outcome)
{
    for (const char *line = outcome->errors.data; line && *line; line = strchr(line, '\n') + 1) {
        bool points = *line == '#' && (line[1] == '/' || line[1] == ' ');
        fuzz_expect(outcome->status == INTAKE_MALFORMED ? *line == ' ' : points, "%s", line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct body_outcome outcome = body_run(INTAKE_JSON, bytes, size);
    expect_pointers(&outcome);
    if (size > 0 && memchr(bytes, '\0', size))
        fuzz_expect(outcome.status != INTAKE_OK && outcome.status != INTAKE_INVALID, "a NUL");
    else if (outcome.status != INTAKE_TOO_LARGE)
        compare(&outcome, bytes, size);
    body_free(&outcome);
    return 0;
}
