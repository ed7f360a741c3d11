import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport

/// A receiver of webhooks on a free port of 127.0.0.1.
final class WebhookReceiver: Sendable {
    /// A webhook that arrived.
    struct Webhook: Sendable {
        let path: String
        let headers: HTTPHeaders
        let body: [UInt8]

        var id: String { headers["webhook-id"] ?? "" }
        var content: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
        var jobID: String { (try? content.string("data.id")) ?? "" }

        /// Whether a secret, as bytes, has signed it.
        func isSigned(by key: [UInt8]) -> Bool {
            let text = "\(id).\(headers["webhook-timestamp"] ?? "")."
            let code = HMACSHA256.code(of: Array(text.utf8) + body, key: key)
            let signature = "v1," + Base64.encode(code)
            return headers["webhook-signature"]?.split(separator: " ").contains { $0 == signature } ?? false
        }
    }

    let webhooks = Recorder<Webhook>()
    let address: String
    private let server: HTTPServer

    /// - Parameter answer: the answer to a webhook; its number counts from 1.
    init(_ answer: @escaping @Sendable (Webhook, Int) async -> HTTPResponse = { _, _ in .text(200, "") })
        throws
    {
        server = HTTPServer(configuration: HTTPServerConfiguration()) { [webhooks] request in
            let body = (try? await request.body.collect(upTo: 1 << 20)) ?? []
            let webhook = Webhook(path: request.path, headers: request.headers, body: body)
            return await answer(webhook, webhooks.add(webhook))
        }
        address = try server.start().url
    }

    /// Stops the receiver. A test calls it in a `defer`, so that the receiver exists until the end of the test.
    func close() {
        Task { await server.shutdown(grace: .zero) }
    }
}

/// Base64 (RFC 4648) without the product's code.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | Int($1) } << ((3 - group.count) * 8)
            for place in 0..<4 {
                text.append(place <= group.count ? digits[value >> (18 - place * 6) & 63] : "=")
            }
        }
        return text
    }
}
