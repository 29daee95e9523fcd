/* site - the table of files, and what they are served with. See site.h. */
#include "server/http/site.h"

#include <stdio.h>
#include <string.h>

#include "server/http/problem.h"

#define ASSET(name, path, type, file) extern const char asset_##name[], asset_end_##name[];
#include "server/http/assets_list.h"
#undef ASSET

struct asset {
    const char *path;
    const char *type;
    const char *bytes;
    const char *end;
};

static const struct asset assets[] = {
#define ASSET(name, path, type, file) {path, type, asset_##name, asset_end_##name},
#include "server/http/assets_list.h"
#undef ASSET
};
enum { ASSETS = sizeof assets / sizeof *assets };

enum { ETAG_SIZE = sizeof "\"0123456789abcdef\"" };

/* The asset the request is for, or NULL. */
static const struct asset *find(const struct request *request)
{
    const char *path = request->route->path;
    size_t prefix = strcspn(path, "{");
    const char *rest = request->argument ? request->argument : "";
    for (size_t i = 0; i < ASSETS; i++) {
        if (strncmp(assets[i].path, path, prefix) == 0 &&
            strcmp(assets[i].path + prefix, rest) == 0)
            return &assets[i];
    }
    return NULL;
}

/* FNV-1a of the file, in quotes. Made anew each time: it takes some microseconds, and is no state. */
static void make_etag(char etag[ETAG_SIZE], const struct asset *asset)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (const char *byte = asset->bytes; byte < asset->end; byte++)
        hash = (hash ^ (unsigned char)*byte) * 0x100000001b3;
    snprintf(etag, ETAG_SIZE, "\"%016llx\"", (unsigned long long)hash);
}

/*
 * Is the tag among those the client has (RFC 9110, 13.1.2)? Searching the list for it as a text
 * will do, since no tag can hold the quotes around another; weak ones count.
 */
static bool client_has(const struct request *request, const char *etag)
{
    const char *tags = request_header(request, "If-None-Match");
    return tags && (strcmp(tags, "*") == 0 || strstr(tags, etag));
}

void site_get(struct request *request)
{
    const struct asset *asset = find(request);
    if (!asset) {
        problem_reply(request, PROBLEM_NOT_FOUND, "there is nothing at this path");
        return;
    }
    char etag[ETAG_SIZE];
    make_etag(etag, asset);
    const struct reply_header *headers = reply_headers(
        {"ETag", etag}, {"Cache-Control", "no-cache"},
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"},
        {"Referrer-Policy", "no-referrer"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"});
    if (client_has(request, etag))
        reply_empty(request, MHD_HTTP_NOT_MODIFIED, headers);
    else
        reply_static(request, asset->type, asset->bytes, (size_t)(asset->end - asset->bytes),
                     headers);
}
