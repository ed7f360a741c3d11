import Foundation
package import LonghaulCore
public import LonghaulJSON

/// A kind of job with the types of its input and output.
///
/// ```swift
/// struct Resize: JobKind {
///     static let kind = "image.resize"
///     struct Payload: Codable, Sendable { var source: String; var width: Int }
///     struct Output: Codable, Sendable { var bytes: Int }
/// }
/// ```
public protocol JobKind: Sendable {
    /// The type of the job's payload.
    associatedtype Payload: Codable & Sendable
    /// The type of the job's result.
    associatedtype Output: Codable & Sendable
    /// The name of the kind.
    static var kind: String { get }
}

extension Handler {
    /// Creates a typed handler in Swift. A payload that cannot be decoded fails the job without a retry, as
    /// `invalid_payload`.
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

extension JSONText {
    /// Encodes a value as JSON.
    ///
    /// - Throws: the error of the value's `encode(to:)`.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        self.init(validated: [UInt8](try encoder.encode(value)))
    }

    /// Decodes a value of the type.
    ///
    /// - Throws: `DecodingError` if the text has another form.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
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
