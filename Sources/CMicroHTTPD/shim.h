#ifndef LONGHAUL_CMICROHTTPD_SHIM_H
#define LONGHAUL_CMICROHTTPD_SHIM_H

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Wrappers of variadic functions and macros, which Swift does not import. */

/** The settings of a daemon. */
struct longhaul_mhd_options {
    int listen_socket;
    size_t memory_limit;
    unsigned int connection_limit;
    unsigned int timeout_seconds;
    /** Whether connections use TLS. Each one gets its credentials from longhaul_tls_use when it starts. */
    int uses_tls;
    /** Called with every message that the library logs. */
    MHD_LogCallback log;
    MHD_AcceptPolicyCallback accept;
    MHD_AccessHandlerCallback handle;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    void *(*target)(void *cls, const char *uri, struct MHD_Connection *connection);
    size_t (*unescape)(void *cls, struct MHD_Connection *connection, char *text);
    void *cls;
};

/**
 * TLS 1.2 and 1.3 only, with forward secrecy and authenticated encryption only: no CBC, no RSA key exchange.
 */
#define LONGHAUL_TLS_PRIORITIES \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL" \
    ":+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD"

/** The daemon itself has no certificate: a handshake of a connection without own credentials fails. */
static inline int longhaul_tls_no_certificate(
    gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain, unsigned int *chain_length,
    gnutls_privkey_t *key) {
    (void)session, (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    (void)chain, (void)chain_length, (void)key;
    return -1;
}

/** Starts a daemon without threads; the caller runs it with MHD_run. */
static inline struct MHD_Daemon *longhaul_mhd_start(const struct longhaul_mhd_options *o) {
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)longhaul_tls_no_certificate},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)LONGHAUL_TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (o->uses_tls) flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, o->accept, o->cls, o->handle, o->cls,
        MHD_OPTION_EXTERNAL_LOGGER, o->log, o->cls,
#if MHD_VERSION >= 0x01000000
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#endif
        MHD_OPTION_LISTEN_SOCKET, o->listen_socket,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->memory_limit,
        MHD_OPTION_CONNECTION_LIMIT, o->connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_seconds,
        MHD_OPTION_NOTIFY_COMPLETED, o->completed, o->cls,
        MHD_OPTION_NOTIFY_CONNECTION, o->connection, o->cls,
        MHD_OPTION_URI_LOG_CALLBACK, o->target, o->cls,
        MHD_OPTION_UNESCAPE_CALLBACK, o->unescape, o->cls,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_ARRAY, o->uses_tls ? tls : none,
        MHD_OPTION_END);
}

/**
 * Blocks SIGPIPE in the calling thread: sendfile has no flag against the signal of a disconnected client. It is in C because
 * the module in which Swift finds sigset_t depends on the order in which modules are loaded.
 */
static inline int longhaul_mhd_block_sigpipe(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    return pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

/** The descriptor that becomes readable when a daemon has work, or -1. */
static inline int longhaul_mhd_epoll(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

/** The socket of a connection, or -1. */
static inline int longhaul_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/** The pointer that the application attached to a connection at its start, or null. */
static inline void *longhaul_mhd_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/** The address of a connection's client, or null. */
static inline const struct sockaddr *longhaul_mhd_client(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

/** The length of the request line and the header fields, or 0 while they are incomplete. */
static inline size_t longhaul_mhd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/** The first argument of a log message of the library: the status of its answer. */
static inline unsigned int longhaul_mhd_logged_status(va_list values) {
    va_list copy;
    va_copy(copy, values);
    unsigned int status = va_arg(copy, unsigned int);
    va_end(copy);
    return status;
}

/**
 * The type of stream sockets. It is a function because several C modules include <sys/socket.h>, and Swift shows its constants
 * only in files that import the module in which it found them.
 */
static inline int longhaul_stream_type(void) { return SOCK_STREAM; }

/** A new stream socket, which never blocks and which programs do not inherit; -1 if there is none left. */
static inline int longhaul_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/** Milliseconds since a socket last received bytes, if all of them have been read; otherwise -1. */
static inline int64_t longhaul_socket_read_age(int socket) {
    int unread = 0;
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (ioctl(socket, SIOCINQ, &unread) != 0 || unread != 0) return -1;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
    return info.tcpi_last_data_recv;
}

/** The user, group and process at the other end of a connected Unix socket. Returns 0, or -1. It is in C because Swift does
 * not see struct ucred, which needs _GNU_SOURCE. */
static inline int longhaul_socket_peer(int socket, uint32_t *user, uint32_t *group, int32_t *process) {
    struct {
        int32_t pid;
        uint32_t uid;
        uint32_t gid;
    } peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || length != sizeof peer) return -1;
    *user = peer.uid;
    *group = peer.gid;
    *process = peer.pid;
    return 0;
}

static inline gnutls_session_t longhaul_mhd_session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? (gnutls_session_t)info->tls_session : NULL;
}

/** Sends bytes without MHD and without blocking, through TLS if it is on. Returns the number of sent bytes, or -1. */
static inline ssize_t longhaul_mhd_send(
    struct MHD_Connection *connection, const void *bytes, size_t count) {
    gnutls_session_t session = longhaul_mhd_session(connection);
    if (session) return gnutls_record_send(session, bytes, count);
    return send(longhaul_mhd_socket(connection), bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/** Closes the sending side. Bytes from the client can still be read. */
static inline void longhaul_mhd_finish_sending(struct MHD_Connection *connection) {
    gnutls_session_t session = longhaul_mhd_session(connection);
    if (session) (void)gnutls_bye(session, GNUTLS_SHUT_WR);
    (void)shutdown(longhaul_mhd_socket(connection), SHUT_WR);
}

/** Frees memory of GnuTLS. */
static inline void longhaul_gnutls_free(void *memory) { gnutls_free(memory); }

/**
 * Verifies the certificate of a client during the handshake, and sends the client an alert with the reason if it is missing
 * or invalid. Returns 0 to continue.
 */
static inline int longhaul_tls_verify_client(gnutls_session_t session) {
    unsigned int count = 0, status = 0;
    gnutls_alert_description_t alert = GNUTLS_A_BAD_CERTIFICATE;
    gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    if (gnutls_certificate_get_peers(session, &count) == NULL || count == 0)
        alert = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3 ? GNUTLS_A_CERTIFICATE_REQUIRED
                                                                      : GNUTLS_A_HANDSHAKE_FAILURE;
    else if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0) {
        if (status == 0) return 0;
        if (status & GNUTLS_CERT_SIGNER_NOT_FOUND) alert = GNUTLS_A_UNKNOWN_CA;
        else if (status & GNUTLS_CERT_EXPIRED) alert = GNUTLS_A_CERTIFICATE_EXPIRED;
    }
    (void)gnutls_alert_send(session, GNUTLS_AL_FATAL, alert);
    return -1;
}

/**
 * Gives a connection its credentials, before the handshake. They must outlive the connection. With `verifies_client` the
 * handshake fails if the client has no certificate of the trusted authorities. Returns 0, or an error code of GnuTLS.
 */
static inline int longhaul_tls_use(
    struct MHD_Connection *connection, gnutls_certificate_credentials_t credentials, int verifies_client) {
    gnutls_session_t session = longhaul_mhd_session(connection);
    int code = session ? gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) : GNUTLS_E_INVALID_SESSION;
    if (code < 0 || !verifies_client) return code;
    /* Not GNUTLS_CERT_REQUIRE, with which GnuTLS ends the handshake before the client learns the reason. */
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    gnutls_session_set_verify_function(session, longhaul_tls_verify_client);
    return 0;
}

/** Whether the client of a connection has a certificate. The handshake has verified it. */
static inline int longhaul_tls_has_client_certificate(struct MHD_Connection *connection) {
    gnutls_session_t session = longhaul_mhd_session(connection);
    unsigned int count = 0;
    return session && gnutls_certificate_get_peers(session, &count) != NULL && count > 0;
}

#endif
