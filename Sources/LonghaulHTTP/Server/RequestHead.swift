import CMicroHTTPD
import LonghaulPlatform

/// A request that the server answers without a handler.
struct RequestFault: Error {
    let status: Int
    let detail: String
    /// Whether the rest of the request may still be arriving.
    var hasBody = false
    /// The answer of the application; nil for that of the server.
    var answer: HTTPResponse?
    /// The counted reason; nil if the application counts it.
    var reason: HTTPRejection? = .malformed

    /// The answer of the application, or only the status if it cannot be sent.
    func response(_ configuration: HTTPServerConfiguration) -> PreparedResponse {
        var response = answer ?? configuration.errorResponse(status, detail)
        if case .bytes = response.body {} else { response.body = .none }
        return (try? PreparedResponse(response) { HTTPBodyWriter {} }) ?? PreparedResponse(status: status)
    }

    /// Decodes an encoded target.
    static func checkedTarget(
        _ text: UnsafePointer<CChar>?, _ configuration: HTTPServerConfiguration
    ) -> Result<DecodedTarget, RequestFault> {
        guard let text else {
            return .failure(RequestFault(status: 400, detail: "The request line has no target."))
        }
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

/// The checked header fields of a request.
struct RequestHead {
    let request: HTTPRequest
    /// The length of the body; nil if it is chunked.
    let length: UInt64?
    /// The maximum size of the body, in bytes.
    let limit: Int

    /// - Throws: the error to answer, with whether a body follows.
    init(
        connection: Connection, line: RawHead.Line, target: Result<DecodedTarget, RequestFault>,
        configuration: HTTPServerConfiguration, isSecure: Bool
    ) throws(RequestFault) {
        let size = longhaul_mhd_header_size(connection.handle)
        let (headers, isWellFormed) = Self.read(connection.handle, RawHead(line, size: size))
        let hasBody = headers["Transfer-Encoding"] != nil || (headers["Content-Length"] ?? "0") != "0"
        do throws(RequestFault) {
            guard size <= configuration.maxHeaderBytes else {
                let detail = "The header is longer than \(configuration.maxHeaderBytes) bytes."
                throw RequestFault(status: 431, detail: detail)
            }
            let target = try target.get()
            guard isWellFormed else {
                let detail =
                    "The request line or a header field is malformed: names must be tokens, values must not hold "
                    + "control characters, and every line must end with CR LF and stand alone."
                throw RequestFault(status: 400, detail: detail)
            }
            let isVersion1 = strcmp(line.version, "HTTP/1.0") == 0
            length = try Self.length(headers, isVersion1: isVersion1)
            let hosts = headers.values("Host").count
            guard hosts == 1 || hosts == 0 && isVersion1 else {
                throw RequestFault(status: 400, detail: "The request must have exactly one Host field.")
            }
            request = HTTPRequest(
                method: String(cString: line.method), path: target.path, segments: target.segments,
                query: target.query, headers: headers, remoteAddress: connection.address, isSecure: isSecure,
                localPeer: connection.localPeer, authority: target.authority)
            try Self.admit(request, connection.grade, configuration)
            limit = hasBody ? configuration.maxBodyBytes(request) : 0
            if let length, length > UInt64(clamping: limit) {
                throw RequestFault(status: 413, detail: "The body is longer than \(limit) bytes.")
            }
        } catch {
            var fault = error
            fault.hasBody = hasBody
            throw fault
        }
    }

    /// Calls `admit`.
    private static func admit(
        _ request: HTTPRequest, _ grade: HTTPConnectionClass, _ configuration: HTTPServerConfiguration
    ) throws(RequestFault) {
        if let admit = configuration.admit {
            guard let answer = admit(request, grade) else { return }
            throw RequestFault(status: answer.status, detail: "", answer: answer, reason: nil)
        }
        guard grade == .ordinary else {
            throw RequestFault(status: 503, detail: "There are too many connections.", reason: .connections)
        }
    }

    /// The length of the body: 0 for none, nil if it is chunked. Ambiguous fields are refused, because they allow request
    /// smuggling.
    private static func length(_ headers: HTTPHeaders, isVersion1: Bool) throws(RequestFault) -> UInt64? {
        let lengths = headers.values("Content-Length")
        let encodings = headers.values("Transfer-Encoding")
        guard encodings.isEmpty else {
            guard lengths.isEmpty else {
                let detail = "Content-Length and Transfer-Encoding exclude each other."
                throw RequestFault(status: 400, detail: detail)
            }
            guard !isVersion1 else {
                throw RequestFault(
                    status: 400, detail: "A request of HTTP/1.0 must not have Transfer-Encoding.")
            }
            guard encodings.count == 1, encodings[0].lowercased() == "chunked" else {
                throw RequestFault(status: 501, detail: "The only supported transfer encoding is chunked.")
            }
            return nil
        }
        guard let text = lengths.first else { return 0 }
        guard lengths.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = UInt64(text)
        else {
            throw RequestFault(status: 400, detail: "Content-Length must be a single number.")
        }
        return length
    }

    /// The header fields, and whether the head is well-formed.
    private static func read(_ handle: OpaquePointer, _ raw: RawHead) -> (HTTPHeaders, Bool) {
        var found = (headers: HTTPHeaders(), raw: raw)
        withUnsafeMutablePointer(to: &found) { found in
            _ = MHD_get_connection_values_n(
                handle, .HEADER_KIND,
                { cls, _, name, nameSize, value, valueSize in
                    guard
                        let found = cls?.assumingMemoryBound(to: (headers: HTTPHeaders, raw: RawHead).self)
                    else { return .NO }
                    found.pointee.raw.addField(name, nameSize, value, valueSize)
                    found.pointee.headers.add(text(name, nameSize), text(value, valueSize))
                    return .YES
                }, found)
        }
        return (found.headers, found.raw.isWhole || !RawHead.parsesInPlace)
    }
}

/// A text of the library without trailing white space. Invalid UTF-8 becomes U+FFFD.
private func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    var bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)[...]
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}
