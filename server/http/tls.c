/* tls - loading a certificate, sharing it among connections, replacing it. See tls.h. */
#include "server/http/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

const char tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:"
    "+GROUP-SECP256R1:+GROUP-SECP384R1";

struct tls_identity {
    _Atomic unsigned users; /* sessions, and the struct tls whose identity of today it is */
    gnutls_certificate_credentials_t credentials;
    time_t valid_from;
    time_t valid_until; /* of all certificates of the chain */
};

struct tls {
    const struct config *config;
    pthread_mutex_t lock; /* of the pointer */
    struct tls_identity *identity;
};

/* --- one identity ----------------------------------------------------------------------------- */

void tls_release(struct tls_identity *identity)
{
    if (!identity || atomic_fetch_sub(&identity->users, 1) > 1)
        return;
    gnutls_certificate_free_credentials(identity->credentials);
    free(identity);
}

/* Find out when the whole chain is valid. 0, or an error of GnuTLS. */
static int read_validity(struct tls_identity *identity)
{
    gnutls_x509_crt_t *chain;
    unsigned count;
    int error = gnutls_certificate_get_x509_crt(identity->credentials, 0, &chain, &count);
    if (error)
        return error;
    for (unsigned i = 0; i < count; i++) {
        time_t from = gnutls_x509_crt_get_activation_time(chain[i]);
        time_t until = gnutls_x509_crt_get_expiration_time(chain[i]);
        if (i == 0 || from > identity->valid_from)
            identity->valid_from = from;
        if (i == 0 || until < identity->valid_until)
            identity->valid_until = until;
        gnutls_x509_crt_deinit(chain[i]);
    }
    gnutls_free(chain);
    return 0;
}

/* What went wrong, and why. */
struct failure {
    const char *what;
    const char *reason;
};

/* An identity of one user, or NULL after filling in *failure. */
static struct tls_identity *load(const struct config *config, struct failure *failure)
{
    bool has_cert = access(config->tls_cert, R_OK) == 0;
    if (!has_cert || access(config->tls_key, R_OK) != 0) {
        *failure = (struct failure){
            has_cert ? "cannot read the key" : "cannot read the certificate", strerror(errno)};
        return NULL;
    }
    *failure = (struct failure){"cannot use them", "out of memory"};
    struct tls_identity *identity = calloc(1, sizeof *identity);
    if (!identity || gnutls_certificate_allocate_credentials(&identity->credentials) < 0) {
        free(identity);
        return NULL;
    }
    atomic_init(&identity->users, 1);
    int error = gnutls_certificate_set_x509_key_file(identity->credentials, config->tls_cert,
                                                     config->tls_key, GNUTLS_X509_FMT_PEM);
    if (error >= 0)
        error = read_validity(identity);
    if (error >= 0)
        return identity;
    failure->reason = gnutls_strerror(error);
    tls_release(identity);
    return NULL;
}

/* NULL if the identity is valid today, or why it is not. */
static const char *why_invalid(const struct tls_identity *identity)
{
    time_t now = time(NULL);
    if (now < identity->valid_from)
        return "the certificate is not valid yet";
    return now > identity->valid_until ? "the certificate has expired" : NULL;
}

static void log_loaded(const struct config *config, const struct tls_identity *identity)
{
    char until[32];
    struct tm utc;
    strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&identity->valid_until, &utc));
    log_info("certificate loaded", log_str("certificate", config->tls_cert),
             log_str("expires", until));
}

/* --- checking --------------------------------------------------------------------------------- */

/* The exit status of the process that looks. */
static int check(const struct config *config)
{
    struct failure failure;
    struct tls_identity *identity = load(config, &failure);
    if (!identity) {
        fprintf(stderr, "primed: --tls-cert %s, --tls-key %s: %s: %s\n", config->tls_cert,
                config->tls_key, failure.what, failure.reason);
        return EXIT_FAILURE;
    }
    const char *invalid = why_invalid(identity);
    tls_release(identity);
    if (invalid)
        fprintf(stderr, "primed: --tls-cert %s: %s\n", config->tls_cert, invalid);
    return invalid ? EXIT_FAILURE : EXIT_SUCCESS;
}

bool tls_check(const struct config *config)
{
    if (!*config->tls_cert)
        return true;
    pid_t pid = fork();
    if (pid == 0)
        _exit(check(config));
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (pid < 0)
        perror("primed: fork");
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* --- the identity of today -------------------------------------------------------------------- */

static void log_unusable(const char *event, const struct config *config,
                         const struct failure *failure)
{
    log_error(event, log_str("certificate", config->tls_cert), log_str("key", config->tls_key),
              log_str("what", failure->what), log_str("error", failure->reason));
}

struct tls *tls_new(const struct config *config)
{
    struct failure failure;
    struct tls_identity *identity = load(config, &failure);
    struct tls *tls = identity ? calloc(1, sizeof *tls) : NULL;
    if (!identity)
        log_unusable("cannot serve HTTPS", config, &failure);
    if (!tls) {
        tls_release(identity);
        return NULL;
    }
    const char *invalid = why_invalid(identity);
    if (invalid)
        log_warning(invalid, log_str("certificate", config->tls_cert));
    log_loaded(config, identity);
    tls->config = config;
    tls->identity = identity;
    pthread_mutex_init(&tls->lock, NULL);
    return tls;
}

void tls_reload(struct tls *tls)
{
    struct failure failure;
    struct tls_identity *identity = load(tls->config, &failure);
    const char *invalid = identity ? why_invalid(identity) : NULL;
    if (invalid) {
        failure = (struct failure){"cannot use them", invalid};
        tls_release(identity);
    }
    if (!identity || invalid) {
        log_unusable("keeping the old certificate", tls->config, &failure);
        return;
    }
    pthread_mutex_lock(&tls->lock);
    struct tls_identity *old = tls->identity;
    tls->identity = identity;
    pthread_mutex_unlock(&tls->lock);
    tls_release(old);
    log_loaded(tls->config, identity);
}

struct tls_identity *tls_join(struct tls *tls, void *session)
{
    pthread_mutex_lock(&tls->lock);
    struct tls_identity *identity = tls->identity;
    atomic_fetch_add(&identity->users, 1);
    pthread_mutex_unlock(&tls->lock);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, identity->credentials);
    return identity;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    tls_release(tls->identity);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}
