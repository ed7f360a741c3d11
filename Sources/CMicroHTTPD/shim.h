#ifndef LONGHAUL_CMICROHTTPD_SHIM_H
#define LONGHAUL_CMICROHTTPD_SHIM_H

#include <errno.h>
#include <gnutls/gnutls.h>
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
    /** PEM texts that stay valid as long as the daemon; both null for plain HTTP. */
    const char *key;
    const char *certificate;
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

/** Starts a daemon without threads; the caller runs it with MHD_run. */
static inline struct MHD_Daemon *longhaul_mhd_start(const struct longhaul_mhd_options *o) {
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->certificate},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)LONGHAUL_TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (o->key) flags |= MHD_USE_TLS;
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
        MHD_OPTION_ARRAY, o->key ? tls : none,
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

/** Milliseconds since a socket last received bytes, if all of them have been read; otherwise -1. */
static inline int64_t longhaul_socket_read_age(int socket) {
    int unread = 0;
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (ioctl(socket, SIOCINQ, &unread) != 0 || unread != 0) return -1;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
    return info.tcpi_last_data_recv;
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

/** Returns 0 if a PEM certificate and key are readable and belong together; otherwise GnuTLS's error code. */
static inline int longhaul_tls_check(
    const char *certificate, size_t certificate_length, const char *key, size_t key_length) {
    gnutls_datum_t certificate_datum = {(unsigned char *)certificate, (unsigned int)certificate_length};
    gnutls_datum_t key_datum = {(unsigned char *)key, (unsigned int)key_length};
    gnutls_certificate_credentials_t credentials;
    int code = gnutls_certificate_allocate_credentials(&credentials);
    if (code < 0) return code;
    code = gnutls_certificate_set_x509_key_mem(
        credentials, &certificate_datum, &key_datum, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    return code < 0 ? code : 0;
}

#endif
