/* assets - files that are part of the program: the contract and the page. See assets.S. */
#ifndef SERVER_HTTP_ASSETS_H
#define SERVER_HTTP_ASSETS_H

extern const char asset_openapi[];
extern const char asset_openapi_end[];
extern const char asset_page[];
extern const char asset_page_end[];

#endif
