import CMicroHTTPD
import Glibc

/// Why the server answers a request by itself.
struct RequestFault: Error {
    let status: Int
    let detail: String
    /// The rest of the request may still be on its way.
    var hasBody = false

    /// The product's answer, or the status alone where that cannot be sent.
    func response(_ configuration: HTTPServerConfiguration) -> PreparedResponse {
        var response = configuration.errorResponse(status, detail)
        if case .bytes = response.body {} else { response.body = .none }
        return (try? PreparedResponse(response) { HTTPBodyWriter {} }) ?? PreparedResponse(status: status)
    }

    /// Decodes a target as it was sent.
    static func checkedTarget(
        _ text: UnsafePointer<CChar>?, _ configuration: HTTPServerConfiguration
    ) -> Result<DecodedTarget, RequestFault> {
        guard let text else { return .failure(RequestFault(status: 400, detail: "There is no target.")) }
        let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text)).assumingMemoryBound(
            to: UInt8.self)
        guard bytes.count <= configuration.maxTargetBytes else {
            let detail = "The request target is longer than \(configuration.maxTargetBytes) bytes."
            return .failure(RequestFault(status: 414, detail: detail))
        }
        do throws(DecodedTarget.Fault) {
            return .success(try DecodedTarget(bytes))
        } catch {
            return .failure(RequestFault(status: 400, detail: error.detail))
        }
    }
}

/// A request's header fields, read and checked.
struct RequestHead {
    let request: HTTPRequest
    /// The length of the body; nil when it is chunked.
    let length: UInt64?
    /// The most bytes of the body.
    let limit: Int

    /// - Throws: The fault to answer, which says whether a body follows.
    init(
        connection: Connection, method: String, version: String,
        target: Result<DecodedTarget, RequestFault>, configuration: HTTPServerConfiguration, isSecure: Bool
    ) throws(RequestFault) {
        let headers = Self.headers(connection.handle)
        let hasBody = headers["Transfer-Encoding"] != nil || (headers["Content-Length"] ?? "0") != "0"
        do throws(RequestFault) {
            if connection.isExcess {
                throw RequestFault(status: 503, detail: "There are too many connections.")
            }
            guard longhaul_mhd_header_size(connection.handle) <= configuration.maxHeaderBytes else {
                let detail = "The header is longer than \(configuration.maxHeaderBytes) bytes."
                throw RequestFault(status: 431, detail: detail)
            }
            length = try Self.length(headers)
            let target = try target.get()
            if version == "HTTP/1.1", headers.values("Host").count != 1 {
                throw RequestFault(status: 400, detail: "There must be one Host field.")
            }
            request = HTTPRequest(
                method: method, path: target.path, segments: target.segments, query: target.query,
                headers: headers, remoteAddress: connection.address, isSecure: isSecure)
            limit = hasBody ? configuration.maxBodyBytes(request) : 0
            if let length, length > UInt64(clamping: limit) {
                throw RequestFault(status: 413, detail: "The body is longer than \(limit) bytes.")
            }
        } catch {
            throw RequestFault(status: error.status, detail: error.detail, hasBody: hasBody)
        }
    }

    /// The length of the body, 0 for none, nil when it is chunked. Whatever two readers could understand
    /// differently is refused: requests could be smuggled past a proxy.
    private static func length(_ headers: HTTPHeaders) throws(RequestFault) -> UInt64? {
        let lengths = headers.values("Content-Length")
        let encodings = headers.values("Transfer-Encoding")
        guard encodings.isEmpty else {
            guard lengths.isEmpty else {
                let detail = "Content-Length and Transfer-Encoding exclude each other."
                throw RequestFault(status: 400, detail: detail)
            }
            guard encodings.count == 1, encodings[0].lowercased() == "chunked" else {
                throw RequestFault(status: 501, detail: "The only transfer encoding known is chunked.")
            }
            return nil
        }
        guard let text = lengths.first else { return 0 }
        guard lengths.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = UInt64(text)
        else {
            throw RequestFault(status: 400, detail: "Content-Length is not one number.")
        }
        return length
    }

    private static func headers(_ handle: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders()
        withUnsafeMutablePointer(to: &headers) { headers in
            _ = MHD_get_connection_values_n(
                handle, .HEADER_KIND,
                { cls, _, name, nameSize, value, valueSize in
                    guard let headers = cls?.assumingMemoryBound(to: HTTPHeaders.self) else { return .NO }
                    headers.pointee.add(text(name, nameSize), text(value, valueSize))
                    return .YES
                }, headers)
        }
        return headers
    }
}

/// A text of the library without white space behind it, which it leaves; bytes that are not UTF-8 become
/// replacement characters.
private func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    var bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)[...]
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}
