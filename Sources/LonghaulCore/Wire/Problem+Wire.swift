public import LonghaulJSON

extension LonghaulError.Code {
    /// The HTTP status of the code.
    public var status: Int {
        switch self {
        case .invalidRequest: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .leaseLost, .nondeterministic: 409
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .misdirectedRequest: 421
        case .idempotencyKeyReused: 422
        case .rateLimited: 429
        case .internal: 500
        case .systemBusy, .unavailable: 503
        }
    }

    /// The title of the code.
    public var title: String {
        switch self {
        case .invalidRequest: "The request is invalid"
        case .unauthorized: "The request needs a valid API key"
        case .forbidden: "The operation is not allowed"
        case .notFound: "The object does not exist"
        case .methodNotAllowed: "The path does not support the method"
        case .conflict: "The state does not allow the operation"
        case .leaseLost: "The lease has ended"
        case .nondeterministic: "The code differs from the journal"
        case .payloadTooLarge: "The request is too large"
        case .unsupportedMediaType: "The media type is not supported"
        case .idempotencyKeyReused: "The idempotency key was used for another request"
        case .internal: "Internal error"
        case .systemBusy: "The system is busy"
        case .misdirectedRequest: "The request is for another host"
        case .rateLimited: "Too many requests"
        case .unavailable: "The service is not available"
        }
    }
}

extension LonghaulError {
    /// Writes the error as a problem of RFC 9457.
    ///
    /// - Parameters:
    ///   - instance: the path of the request.
    ///   - status: the status, if it is more specific than the status of the code (408, 414, 431).
    public func write(to writer: inout JSONWriter, instance: String, status: Int? = nil) {
        writer.object { writer in
            writer.field("type", "/problems/\(code.rawValue)")
            writer.field("title", code.title)
            writer.field("status", status ?? code.status)
            writer.field("detail", detail)
            writer.field("instance", instance)
            writer.field("code", code.rawValue)
            guard !faults.isEmpty else { return }
            writer.array("errors") { writer in
                for fault in faults {
                    writer.object { writer in
                        writer.field("pointer", fault.pointer.description)
                        writer.field("message", fault.message)
                    }
                }
            }
        }
    }

    /// Reads a problem, leniently. Nil if the bytes are not a problem, or its code is unknown.
    public init?(problem bytes: [UInt8], retryAfterSeconds: Double?) {
        guard let document = try? JSONDocument(lenientlyParsing: bytes) else { return nil }
        var reader = JSONObjectReader(document.root, at: .root, faults: JSONFaults())
        guard let code = reader.choice("code", of: Code.self) else { return nil }
        let faults = reader.objects("errors") { entry -> JSONFault in
            let pointer = entry.string("pointer").flatMap { JSONPointer(parsing: $0) }
            return JSONFault(pointer: pointer ?? .root, message: entry.string("message") ?? "")
        }
        self.init(
            code, reader.string("detail") ?? code.title, faults: faults ?? [],
            retryAfterSeconds: retryAfterSeconds)
    }
}
