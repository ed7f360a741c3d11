public import LonghaulCore
import LonghaulJSON

extension Handler {
    /// Creates a typed handler in Swift. A payload that cannot be decoded fails the job without a retry, as
    /// `invalid_payload`.
    ///
    /// ```swift
    /// let handler = Handler.swift(Resize.self) { payload, context in
    ///     context.progress(10, "reading \(payload.source)")
    ///     return Resize.Output(bytes: try await resize(payload).count)
    /// }
    /// ```
    public static func swift<Kind: JobKind>(
        _ kind: Kind.Type, queue: String? = nil, concurrency: Int? = nil, timeoutSeconds: Double? = nil,
        _ work: @escaping @Sendable (Kind.Payload, JobContext) async throws -> Kind.Output
    ) -> Handler {
        Handler(
            kind: Kind.kind, queue: queue, concurrency: concurrency, timeoutSeconds: timeoutSeconds
        ) { context in
            let payload = try decode(Kind.Payload.self, of: context.job)
            let output = try await work(payload, context)
            return Output(result: try JSONText(encoding: output))
        }
    }

    /// Decodes the payload of a job.
    ///
    /// - Throws: ``JobFailure`` of type `invalid_payload`, without a retry.
    package static func decode<Payload: Decodable>(
        _ type: Payload.Type, of job: Job
    ) throws -> Payload {
        do {
            return try job.spec.payload.decode(type)
        } catch let error as DecodingError {
            throw JobFailure(type: "invalid_payload", message: error.located, retryable: false)
        }
    }
}

extension DecodingError {
    /// The problem and its JSON Pointer in the payload.
    fileprivate var located: String {
        let context =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context),
                .keyNotFound(_, let context), .dataCorrupted(let context):
                context
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(self)")
            }
        let path = context.codingPath.reduce(into: JSONPointer.root) { path, key in
            path = key.intValue.map { path.appending($0) } ?? path.appending(key.stringValue)
        }
        return path == .root
            ? "the payload: \(context.debugDescription)" : "\(path): \(context.debugDescription)"
    }
}
