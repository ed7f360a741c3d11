import CMicroHTTPD
import Glibc

/// One client's connection. Only its event loop's thread touches it.
final class Connection {
    /// libmicrohttpd's handle, valid until it reports the connection closed.
    let handle: OpaquePointer
    let socket: Int32
    /// The client's IP address.
    let address: String?
    /// Whether it exceeded a limit when it was accepted.
    let grade: HTTPConnectionClass
    /// Since when it has had no request, in the loop's milliseconds.
    var idleSince: UInt64 = 0
    /// It was closed to make room, and is no longer counted.
    var isEvicted = false
    /// Its place among the connections of its loop.
    var index = 0
    /// The request that is being served.
    var exchange: Exchange?
    /// When it is cut off, in the loop's milliseconds; nil while it is waited for by nobody.
    var deadline: UInt64?
    /// Whether the loop's watch descriptor knows the socket, and would report its end.
    var isWatched = false
    var isArmed = false

    init(handle: OpaquePointer, counter: ConnectionCounter) {
        self.handle = handle
        socket = longhaul_mhd_socket(handle)
        address = Self.text(of: longhaul_mhd_client(handle))
        grade = counter.add(address ?? "")
    }

    /// Whether no request is being served: none has come, or its head is not complete.
    var isIdle: Bool { !isEvicted && exchange?.hasBegun != true }

    /// Ends both directions; libmicrohttpd notices and closes the connection.
    func cut() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Whether the client has sent something that has not been read.
    var hasUnreadBytes: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// Whether the client has finished, and everything it sent has been read.
    var hasEnded: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
    }

    /// Sends a small response, or one without its body, past libmicrohttpd and ends that direction: it takes
    /// none while a body is still arriving, and sends too much in answer to HEAD for a body of unknown
    /// length. What does not fit into the socket's buffer is lost.
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

    static func text(of address: UnsafePointer<sockaddr>?) -> String? {
        guard let address else { return nil }
        let family = Int32(address.pointee.sa_family)
        let raw = UnsafeRawPointer(address)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let offset: Int? =
            switch family {
            case AF_INET: MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)
            case AF_INET6: MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
            default: nil
            }
        guard let offset,
            let found = inet_ntop(family, raw + offset, &text, socklen_t(text.count))
        else { return nil }
        return String(cString: found)
    }
}
