import LonghaulJSON

/// A kind of job with the types of its input and output.
///
/// ```swift
/// struct Resize: JobKind {
///     static let kind = "image.resize"
///     static let options = JobOptions(queue: "images", maxAttempts: 6)
///     struct Payload: Codable, Sendable { var source: String; var width: Int }
///     struct Output: Codable, Sendable { var bytes: Int }
/// }
/// ```
///
/// A client submits jobs of the kind, and a worker runs them. Handlers in other languages may run them as well: the payload
/// and the result are JSON.
public protocol JobKind: Sendable {
    /// The type of the job's payload.
    associatedtype Payload: Codable & Sendable
    /// The type of the job's result.
    associatedtype Output: Codable & Sendable
    /// The name of the kind.
    static var kind: String { get }
    /// The options of jobs of this kind. The options of a submission replace them one by one.
    static var options: JobOptions { get }
}

extension JobKind {
    /// No options: the server chooses the queue, and the other fields have the default values of the API.
    public static var options: JobOptions { JobOptions() }
}

extension NewJob {
    /// A submission of a job of this kind.
    ///
    /// - Parameter options: replaces the ``JobKind/options`` of the kind, one by one.
    /// - Throws: the error of the payload's `encode(to:)`.
    public init<Kind: JobKind>(
        _ kind: Kind.Type, _ payload: Kind.Payload, options: JobOptions = JobOptions()
    ) throws {
        self.init(JobSpec(kind: Kind.kind, payload: try JSONText(encoding: payload)))
        apply(Kind.options)
        apply(options)
    }
}
