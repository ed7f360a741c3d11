#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

// Calls that OpenSSL has as macros, which Swift does not see.

/// Tells the server, before it shows a certificate, which host is meant.
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

/// How sessions use sockets: as OpenSSL does, but that a connection which broke is an error and no signal.
static inline BIO_METHOD *longhaul_tls_quiet_sockets(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOCKET, "quiet socket");
    if (!method) return NULL;
    const BIO_METHOD *usual = BIO_s_socket();
    BIO_meth_set_write(method, longhaul_tls_send);
    BIO_meth_set_read(method, BIO_meth_get_read(usual));
    BIO_meth_set_puts(method, BIO_meth_get_puts(usual));
    BIO_meth_set_ctrl(method, BIO_meth_get_ctrl(usual));
    BIO_meth_set_create(method, BIO_meth_get_create(usual));
    BIO_meth_set_destroy(method, BIO_meth_get_destroy(usual));
    return method;
}

/// Has a session use a socket, which stays the caller's. 1 if it can.
static inline int longhaul_tls_use(SSL *session, const BIO_METHOD *method, int descriptor) {
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio) return 0;
    BIO_set_fd(bio, descriptor, BIO_NOCLOSE);
    SSL_set_bio(session, bio, bio);
    return 1;
}
