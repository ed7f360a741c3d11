import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

/// Makes the answers of the API.
enum Answer {
    /// JSON with the given status.
    static func json(_ status: Int, _ value: some JSONWritable, headers: HTTPHeaders = [:]) -> HTTPResponse {
        json(status, headers: headers) { value.write(to: &$0) }
    }

    /// JSON that `body` writes.
    static func json(
        _ status: Int, headers: HTTPHeaders = [:], _ body: (inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter(capacity: 1024)
        body(&writer)
        var headers = headers
        headers.add("Content-Type", "application/json")
        return HTTPResponse(status: status, headers: headers, body: .bytes(writer.bytes))
    }

    /// Nothing but a status.
    static func empty(_ status: Int, headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: .none)
    }

    /// The maximum size of a page, in bytes, including the JSON around the items.
    static let maxPageBytes = (4 << 20) - 1024

    /// A page of a list: as many of the items as fit, and one at least.
    ///
    /// - Parameters:
    ///   - next: the cursor behind all of them; nil if there are no more.
    ///   - cursor: the cursor behind an item.
    ///   - more: writes further fields of the answer.
    ///   - write: writes an item.
    static func page<Item>(
        _ items: some Collection<Item>, next: String?, cursor: (Item) -> String,
        more: (inout JSONWriter) -> Void = { _ in }, write: (Item, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        json(200) { writer in
            writer.object { writer in
                var next = next
                writer.array("items") { writer in
                    var last: Item?
                    for item in items {
                        let mark = writer.mark
                        write(item, &writer)
                        if let last, writer.bytes.count > maxPageBytes {
                            writer.rewind(to: mark)
                            next = cursor(last)
                            break
                        }
                        last = item
                    }
                }
                writer.field("next_cursor", next)
                more(&writer)
            }
        }
    }

    /// A page of a list whose items write themselves.
    static func page<Item: JSONWritable>(
        _ items: some Collection<Item>, next: String?, cursor: (Item) -> String,
        more: (inout JSONWriter) -> Void = { _ in }
    ) -> HTTPResponse {
        page(items, next: next, cursor: cursor, more: more) { item, writer in writer.element(item) }
    }

    /// A refusal.
    static func problem(
        _ error: LonghaulError, instance: String, status: Int? = nil, headers: HTTPHeaders = [:]
    ) -> HTTPResponse {
        var writer = JSONWriter()
        error.write(to: &writer, instance: instance, status: status)
        var headers = headers
        headers.add("Content-Type", "application/problem+json")
        if let seconds = error.retryAfterSeconds ?? defaultPause(error.code) {
            headers.add("Retry-After", "\(Int(max(1, seconds.rounded(.up))))")
        }
        return HTTPResponse(status: status ?? error.code.status, headers: headers, body: .bytes(writer.bytes))
    }

    private static func defaultPause(_ code: LonghaulError.Code) -> Double? {
        switch code {
        case .systemBusy: 30
        case .rateLimited: 1
        case .unavailable: 5
        default: nil
        }
    }

    /// What the HTTP server itself refuses, before a route is found.
    static func problem(ofServer status: Int, _ detail: String, instance: String = "") -> HTTPResponse {
        let code: LonghaulError.Code =
            switch status {
            case 404: .notFound
            case 405: .methodNotAllowed
            case 413: .payloadTooLarge
            case 415: .unsupportedMediaType
            case 503: .systemBusy
            // The request asks for what HTTP/1.1 does not have, or this server does not.
            case 501, 505: .invalidRequest
            case 500...: .internal
            default: .invalidRequest
            }
        // What fills the server's own limits ends soon.
        let pause: Double? = status == 503 ? 1 : nil
        return problem(
            LonghaulError(code, detail, retryAfterSeconds: pause), instance: instance, status: status)
    }

    /// The strong entity tag of bytes.
    static func entityTag(_ bytes: [UInt8]) -> String {
        "\"" + SHA256.hexadecimal(Array(SHA256.digest(bytes).prefix(16))) + "\""
    }

    /// Whether an `If-None-Match` names the tag. Weak tags match too: it is the comparison that RFC 9110
    /// asks for.
    static func matches(_ header: String?, tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { candidate in
            let text = candidate.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            let plain = String(text)
            return plain == "*" || plain == tag || plain == "W/" + tag
        }
    }
}
