/*
 * site - serving the files that are part of the program: the contract and the pages for people.
 * Private to server/http.
 *
 * A file comes with a strong ETag, its hash, and is to be asked for anew each time
 * (`Cache-Control: no-cache`): a browser that has it is answered 304, and one that meets a newer
 * program never mixes two versions. Its Content-Security-Policy lets a page load nothing but from
 * this service, run no script and use no style but its files, and be framed by nobody.
 */
#ifndef SERVER_HTTP_SITE_H
#define SERVER_HTTP_SITE_H

#include "server/http/request.h"

/* Reply with the file of the request's path; 404 if there is none. */
void site_get(struct request *request);

#endif
