import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

/// Creates the answers of the API.
enum Answer {
    /// An answer with JSON.
    static func json(_ status: Int, _ value: some JSONWritable, headers: HTTPHeaders = [:]) -> HTTPResponse {
        json(status, headers: headers) { value.write(to: &$0) }
    }

    /// An answer with the JSON that `body` writes.
    static func json(
        _ status: Int, headers: HTTPHeaders = [:], _ body: (inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter(capacity: 1024)
        body(&writer)
        var headers = headers
        headers.add("Content-Type", "application/json")
        return HTTPResponse(status: status, headers: headers, body: .bytes(writer.bytes))
    }

    /// An answer without a body.
    static func empty(_ status: Int, headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: .none)
    }

    /// The maximum size of a page, in bytes, including the JSON around the items.
    static let maxPageBytes = (4 << 20) - 1024

    /// A page of a list, with as many items as fit into the maximum size, and at least one.
    ///
    /// - Parameters:
    ///   - next: the cursor after all items; nil if there are no more.
    ///   - cursor: returns the cursor after an item.
    ///   - more: writes additional fields of the answer.
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

    /// A page of a list of writable items.
    static func page<Item: JSONWritable>(
        _ items: some Collection<Item>, next: String?, cursor: (Item) -> String,
        more: (inout JSONWriter) -> Void = { _ in }
    ) -> HTTPResponse {
        page(items, next: next, cursor: cursor, more: more) { item, writer in writer.element(item) }
    }

    /// A problem.
    static func problem(
        _ error: LonghaulError, instance: String, status: Int? = nil, headers: HTTPHeaders = [:]
    ) -> HTTPResponse {
        var writer = JSONWriter()
        error.write(to: &writer, instance: instance, status: status)
        var headers = headers
        headers.add("Content-Type", "application/problem+json")
        if error.code == .unauthorized { headers.add("WWW-Authenticate", "Bearer") }
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

    /// The problem for a request that the HTTP server refuses before a route is found.
    static func problem(ofServer status: Int, _ detail: String, instance: String = "") -> HTTPResponse {
        let code: LonghaulError.Code =
            switch status {
            case 404: .notFound
            case 405: .methodNotAllowed
            case 413: .payloadTooLarge
            case 415: .unsupportedMediaType
            case 503: .systemBusy
            // The request uses a feature that HTTP/1.1 or this server does not support.
            case 501, 505: .invalidRequest
            case 500...: .internal
            default: .invalidRequest
            }
        // The server's own limits are exceeded only for a short time.
        let pause: Double? = status == 503 ? 1 : nil
        return problem(
            LonghaulError(code, detail, retryAfterSeconds: pause), instance: instance, status: status)
    }

    /// The strong entity tag of bytes.
    static func entityTag(_ bytes: [UInt8]) -> String {
        "\"" + SHA256.hexadecimal(Array(SHA256.digest(bytes).prefix(16))) + "\""
    }

    /// Whether an `If-None-Match` field matches the tag. Weak tags match as well, as RFC 9110 requires.
    static func matches(_ header: String?, tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { candidate in
            let text = candidate.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            let plain = String(text)
            return plain == "*" || plain == tag || plain == "W/" + tag
        }
    }
}
