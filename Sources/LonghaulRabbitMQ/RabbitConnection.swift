import CRabbitMQ
import Glibc
import LonghaulCore

/// One connection to a RabbitMQ server, over librabbitmq, with the channel that publishes and declares. Notifications and
/// the consumer have their own channels. Used by one thread; its calls block.
final class RabbitConnection {
    /// The timeout of connecting and of each answer.
    private static let timeout = timeval(tv_sec: 5, tv_usec: 0)
    /// The interval of AMQP heartbeats, in seconds.
    private static let heartbeatSeconds: Int32 = 30
    static let channel: amqp_channel_t = 1
    static let bellChannel: amqp_channel_t = 2

    let handle: amqp_connection_state_t
    private var isOpen = true
    /// The number of the last message published.
    private var published: UInt64 = 0

    /// Connects, signs in, and opens the channel with confirmations.
    ///
    /// - Throws: `unavailable`.
    init(_ address: RabbitAddress) throws(LonghaulError) {
        guard let handle = amqp_new_connection() else {
            throw LonghaulError(.unavailable, "RabbitMQ: out of memory")
        }
        self.handle = handle
        let socket = address.isSecure ? amqp_ssl_socket_new(handle) : amqp_tcp_socket_new(handle)
        var timeout = Self.timeout
        guard let socket else { throw fault("cannot be reached", "out of memory") }
        if address.isSecure { try secure(socket, address) }
        let code = amqp_socket_open_noblock(socket, address.host, Int32(address.port), &timeout)
        guard code == AMQP_STATUS_OK.rawValue else {
            throw fault("at \(address.host):\(address.port) cannot be reached", Self.text(code))
        }
        amqp_set_handshake_timeout(handle, &timeout)
        amqp_set_rpc_timeout(handle, &timeout)
        try check(
            longhaul_amqp_login(
                handle, address.virtualHost, Self.heartbeatSeconds, address.user, address.password),
            "signing in")
        amqp_channel_open(handle, Self.channel)
        try check("opening a channel")
        amqp_confirm_select(handle, Self.channel)
        try check("enabling confirmations")
    }

    /// Sets the trusted authorities and the client certificate of TLS. librabbitmq checks the host name by default.
    private func secure(_ socket: OpaquePointer, _ address: RabbitAddress) throws(LonghaulError) {
        let code = amqp_ssl_socket_set_cacert(socket, address.authorities)
        guard code == AMQP_STATUS_OK.rawValue else {
            throw fault("cannot use the trusted authorities", "\(address.authorities) cannot be read")
        }
        guard let certificate = address.certificate, let key = address.key else { return }
        guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
            throw fault(
                "cannot use the client certificate",
                "\(certificate) and \(key) cannot be read, or do not match")
        }
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        amqp_destroy_connection(handle)
    }

    private static func text(_ code: Int32) -> String {
        amqp_error_string2(code).map { String(cString: $0) } ?? "error \(code)"
    }

    func fault(_ what: String, _ why: String) -> LonghaulError {
        LonghaulError(.unavailable, "RabbitMQ \(what): \(why)", retryAfterSeconds: 1)
    }

    /// Throws if a call of the library failed.
    func good(_ code: Int32, _ what: String) throws(LonghaulError) {
        guard code == AMQP_STATUS_OK.rawValue else { throw fault("failed while \(what)", Self.text(code)) }
    }

    /// Throws if the last call of the channel failed.
    func check(_ what: String) throws(LonghaulError) {
        try check(amqp_get_rpc_reply(handle), what)
    }

    func check(_ reply: amqp_rpc_reply_t, _ what: String) throws(LonghaulError) {
        if let why = Self.why(reply) { throw fault("failed while \(what)", why) }
    }

    /// The error of a reply; nil if there is none.
    static func why(_ reply: amqp_rpc_reply_t) -> String? {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return nil
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            var reply = reply
            var text = amqp_bytes_t()
            let code = longhaul_amqp_exception(&reply, &text)
            return "\(code) \(string(text))"
        case AMQP_RESPONSE_LIBRARY_EXCEPTION: return Self.text(reply.library_error)
        default: return "no answer"
        }
    }

    static func string(_ bytes: amqp_bytes_t) -> String {
        guard let start = bytes.bytes else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: bytes.len), as: UTF8.self)
    }

    // MARK: Publishing

    /// Publishes a message to a queue. ``confirm()`` waits for the confirmation.
    func publish(_ body: [UInt8], to queue: String) throws(LonghaulError) {
        let code = body.withUnsafeBytes { bytes in
            longhaul_amqp_publish(handle, Self.channel, "", queue, 1, bytes.baseAddress, bytes.count)
        }
        try good(code, "publishing")
        published += 1
    }

    /// Notifies all listeners of an exchange.
    func notify(_ exchange: String) throws(LonghaulError) {
        let code = longhaul_amqp_publish(handle, Self.channel, exchange, "", 0, nil, 0)
        try good(code, "publishing")
        published += 1
    }

    private var confirmed: UInt64 = 0

    /// Waits until the broker has confirmed all published messages.
    ///
    /// - Throws: `unavailable`, also if the broker rejects a message or has no queue for it.
    func confirm() throws(LonghaulError) {
        // Confirmations arrive in any order. Each message needs one.
        var open = Set(confirmed + 1...max(confirmed + 1, published)).filter { $0 <= published }
        var rejection: String?
        while !open.isEmpty {
            amqp_maybe_release_buffers(handle)
            var frame = amqp_frame_t()
            var timeout = Self.timeout
            let code = amqp_simple_wait_frame_noblock(handle, &frame, &timeout)
            guard code == AMQP_STATUS_OK.rawValue else {
                throw fault("did not confirm all messages", Self.text(code))
            }
            var tag: UInt64 = 0
            var multiple: Int32 = 0
            switch longhaul_amqp_confirmation(&frame, &tag, &multiple) {
            case UInt32(AMQP_BASIC_NACK_METHOD):
                rejection = "it rejected a message"
                fallthrough
            case UInt32(AMQP_BASIC_ACK_METHOD):
                open = multiple != 0 ? open.filter { $0 > tag } : open.subtracting([tag])
            case UInt32(AMQP_BASIC_RETURN_METHOD):
                rejection = "a queue does not exist"
                var message = amqp_message_t()
                try check(amqp_read_message(handle, Self.channel, &message, 0), "reading a returned message")
                amqp_destroy_message(&message)
            case UInt32(AMQP_CHANNEL_CLOSE_METHOD), UInt32(AMQP_CONNECTION_CLOSE_METHOD):
                throw fault("closed the channel", "while messages were in flight")
            default: continue
            }
        }
        confirmed = published
        if let rejection { throw fault("did not accept all messages", rejection) }
    }
}
