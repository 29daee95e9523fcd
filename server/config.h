/*
 * config - what the service can be told, by flags and by the environment.
 *
 * One table, config_table.c, names every option, its variable, its default and its texts. A flag
 * beats its variable, which beats the default.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/log.h"
#include "server/networks.h"
#include "server/quota.h"

/* Are the system calls of workers filtered? */
enum config_sandbox {
    CONFIG_SANDBOX_AUTO, /* where the kernel can */
    CONFIG_SANDBOX_REQUIRED,
    CONFIG_SANDBOX_OFF,
};

enum config_store { CONFIG_SQLITE, CONFIG_MEMORY };

/* Which requests get a line in the log. */
enum log_requests {
    LOG_REQUESTS_NONE,
    LOG_REQUESTS_REFUSED, /* status 400 and above, and those broken off */
    LOG_REQUESTS_ALL,
};

struct config {
    char listen_host[256]; /* a name or an address; "" means every address */
    char listen_port[16];  /* a number or a service name; "0" picks a free one */
    char token_file[4000]; /* "": there are no tokens */
    bool insecure;         /* without tokens, other machines may reach the service all the same */
    struct quota quota;    /* of a client of whom nothing else is said */
    unsigned workers;      /* processes, 1 .. CONFIG_MAX_WORKERS */
    enum config_store store;
    enum config_sandbox sandbox;
    char user[128];                       /* whom to become: NAME or NAME:GROUP; "": nobody else */
    char data_dir[4000];                  /* where the durable store keeps its files */
    uint64_t max_store;                   /* bytes the store may use; 0: what suits the store */
    uint64_t max_body;                    /* bytes of one request body */
    uint64_t max_digits;                  /* decimal digits of one number */
    unsigned max_connections;             /* at once */
    unsigned max_connections_per_address; /* likewise, of one address; 0: as many as there are */
    struct networks trusted_proxies;      /* what they say of whom they speak for is believed */
    char cors_origins[2000];   /* pages that may ask, apart from the service's own; with commas */
    int64_t ttl_s;             /* ended batches are kept that long, unless they say otherwise */
    int64_t number_timeout_ns; /* one number may take that long; 0: any time */
    int64_t idle_timeout_s;    /* a connection on which nothing moves is closed after that */
    int64_t drain_timeout_ns;  /* a graceful stop may take that long */
    char tls_cert[4000];       /* the certificate chain, a PEM file; "": HTTP in the clear */
    char tls_key[4000];        /* its private key; "" exactly where tls_cert is */
    enum log_format log_format;
    enum log_requests log_requests;
    char *const *words; /* what follows the command; argv's, ends with NULL */
};

enum { CONFIG_MAX_WORKERS = 1024 };

enum config_result {
    CONFIG_RUN,    /* the configuration is complete: serve */
    CONFIG_CHECK,  /* it is complete, and only that was asked (--check) */
    CONFIG_HEALTH, /* it is complete: ask the service that runs with it (the command health) */
    CONFIG_TOKEN,  /* make a token (the command token), of config.words */
    CONFIG_SHOWN,  /* --help, --version or --generate was asked, and is done */
    CONFIG_WRONG,  /* it is not; said on standard error */
};

/* Read flags and environment into *config. */
enum config_result config_read(struct config *config, int argc, char **argv);

#endif
