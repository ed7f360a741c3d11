#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

// Functions for macros of OpenSSL, which Swift does not import.

/// Sends the host name to the server (SNI), which chooses its certificate by it.
static inline long longhaul_tls_name_server(SSL *session, const char *host) {
    return SSL_set_tlsext_host_name(session, host);
}

/// Refuses the versions of TLS before 1.2.
static inline long longhaul_tls_refuse_old(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int longhaul_tls_send(BIO *bio, const char *bytes, int count) {
    int descriptor = -1;
    BIO_get_fd(bio, &descriptor);
    BIO_clear_retry_flags(bio);
    int sent = (int)send(descriptor, bytes, (size_t)count, MSG_NOSIGNAL);
    if (sent <= 0 && BIO_sock_should_retry(sent)) BIO_set_retry_write(bio);
    return sent;
}

/// OpenSSL's socket BIO with MSG_NOSIGNAL: a broken connection is an error, not a signal.
static inline BIO_METHOD *longhaul_tls_quiet_sockets(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOCKET, "quiet socket");
    if (!method) return NULL;
    const BIO_METHOD *standard = BIO_s_socket();
    BIO_meth_set_write(method, longhaul_tls_send);
    BIO_meth_set_read(method, BIO_meth_get_read(standard));
    BIO_meth_set_puts(method, BIO_meth_get_puts(standard));
    BIO_meth_set_ctrl(method, BIO_meth_get_ctrl(standard));
    BIO_meth_set_create(method, BIO_meth_get_create(standard));
    BIO_meth_set_destroy(method, BIO_meth_get_destroy(standard));
    return method;
}

/// Attaches a socket to a session. The caller keeps the socket. Returns 1 on success.
static inline int longhaul_tls_use(SSL *session, const BIO_METHOD *method, int descriptor) {
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio) return 0;
    BIO_set_fd(bio, descriptor, BIO_NOCLOSE);
    SSL_set_bio(session, bio, bio);
    return 1;
}
