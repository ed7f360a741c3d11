import CMicroHTTPD
import LonghaulPlatform

/// A connection of a client. Only the thread of its event loop uses it.
final class Connection {
    /// The handle of libmicrohttpd, which is valid until the connection is closed.
    let handle: OpaquePointer
    let socket: Int32
    /// The client's IP address; nil on a Unix socket.
    let address: String?
    /// The process at the other end of a Unix socket; nil for other connections.
    let localPeer: HTTPLocalPeer?
    /// The identity of the server in this connection; nil without TLS. GnuTLS uses it until libmicrohttpd reports the end of
    /// the connection.
    var identity: TLSIdentity?
    /// Whether the connection exceeded a limit when it was accepted.
    let grade: HTTPConnectionClass
    /// The place in the order in which the loop's connections became idle. A clock is too coarse: many become idle in one
    /// millisecond.
    var idleOrder: UInt64 = 0
    /// Whether the connection was closed to make room. It is no longer counted.
    var isEvicted = false
    /// The index in the connections of the loop.
    var index = 0
    /// The current request.
    var exchange: Exchange?
    /// The deadline, in milliseconds of the loop's clock; nil while the server does not wait for the client.
    var deadline: UInt64?
    /// Whether the loop's epoll descriptor watches the socket for its end.
    var isWatched = false
    var isArmed = false

    init(handle: OpaquePointer, grade: HTTPConnectionClass) {
        self.handle = handle
        socket = longhaul_mhd_socket(handle)
        let client = longhaul_mhd_client(handle)
        address = SocketAddress.text(of: client)
        let isLocal = client.map { Int32($0.pointee.sa_family) == AF_UNIX } ?? false
        localPeer = isLocal ? HTTPLocalPeer(socket: socket) : nil
        self.grade = grade
    }

    /// Whether the connection has no request with a complete head.
    var isIdle: Bool { !isEvicted && exchange?.hasBegun != true }

    /// Shuts down both directions. Then libmicrohttpd closes the connection.
    func cut() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Whether unread bytes have arrived.
    var hasUnreadBytes: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// Whether the client has ended its sending side, and all bytes are read.
    var hasEnded: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
    }

    /// Sends a small response, or one without its body, directly to the socket and ends the sending side. libmicrohttpd
    /// accepts no response while a body is arriving, and sends too much in response to HEAD for a body of unknown length.
    /// Bytes that do not fit into the socket's buffer are lost.
    func sendAndFinish(_ response: PreparedResponse, isHead: Bool) {
        let body: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
        var text = "HTTP/1.1 \(response.status) "
        text += String(cString: MHD_get_reason_phrase_for(UInt32(response.status))) + "\r\n"
        for field in response.headers.fields where !Exchange.isOwnField(field.name) {
            text += "\(field.name): \(field.value)\r\n"
        }
        if case .bytes = response.body { text += "Content-Length: \(body.count)\r\n" }
        text += "Connection: close\r\nDate: \(Self.date())\r\n\r\n"
        let bytes = Array(text.utf8) + (isHead ? [] : body)
        _ = longhaul_mhd_send(handle, bytes, bytes.count)
        longhaul_mhd_finish_sending(handle)
    }

    private static func date() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
            + "\(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
