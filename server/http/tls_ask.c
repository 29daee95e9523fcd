/* tls_ask - a TLS client of one request. See tls_ask.h. */
#include "server/http/tls_ask.h"

#include <errno.h>
#include <gnutls/gnutls.h>

/* Handshake, send and receive. As tls_ask(). */
static bool converse(gnutls_session_t session, const char *question, size_t length, char *answer,
                     size_t size)
{
    int error;
    do
        error = gnutls_handshake(session);
    while (error < 0 && error != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(error));
    if (error < 0 || gnutls_record_send(session, question, length) != (ssize_t)length)
        return false;
    for (size_t got = 0; got < size;) {
        ssize_t more = gnutls_record_recv(session, answer + got, size - got);
        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    gnutls_bye(session, GNUTLS_SHUT_WR);
    return true;
}

bool tls_ask(int socket, const char *question, size_t length, char *answer, size_t size)
{
    gnutls_certificate_credentials_t nobody;
    gnutls_session_t session;
    bool answered = false;
    errno = 0;
    if (gnutls_certificate_allocate_credentials(&nobody) < 0)
        return false;
    if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) < 0)
        goto free_credentials;
    if (gnutls_set_default_priority(session) == 0 &&
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody) == 0) {
        gnutls_transport_set_int(session, socket);
        answered = converse(session, question, length, answer, size);
    }
    int error = errno; /* of the socket, above all a time limit */
    gnutls_deinit(session);
    errno = error;
free_credentials:
    gnutls_certificate_free_credentials(nobody);
    return answered;
}
