public import LonghaulCore
import LonghaulJSON

/// A submitted job with the types of its payload and result.
///
/// ```swift
/// let job = try await client.submit(Resize.self, .init(source: "cat.jpg", width: 320))
/// let output = try await job.result(timeout: .seconds(60))
/// ```
///
/// A handle holds no connection. Keep the ``id`` to make one again, with ``LonghaulClient/handle(_:_:)``.
public struct JobHandle<Kind: JobKind>: Sendable {
    /// The ID of the job.
    public let id: JobID
    /// Whether the job existed already: another submission had the same idempotency key.
    public let isReplay: Bool
    let client: LonghaulClient

    init(id: JobID, isReplay: Bool = false, client: LonghaulClient) {
        self.id = id
        self.isReplay = isReplay
        self.client = client
    }

    // MARK: Reading

    /// The job as the server has it now: its state, progress, error, attempts and times.
    public func job() async throws -> Job { try await client.job(id) }

    /// The state of the job now.
    public func status() async throws -> JobState { try await job().state }

    /// The payload of the job.
    ///
    /// - Throws: `DecodingError` if the payload has another form.
    public func payload() async throws -> Kind.Payload {
        try await job().spec.payload.decode(Kind.Payload.self)
    }

    /// Waits until the job has completed, and returns its result. See ``wait(timeout:)``.
    ///
    /// - Parameter timeout: the maximum time to wait; nil for no limit.
    /// - Throws: ``JobFailed`` if it failed, ``JobCancelled`` if it was cancelled, ``ResultTimeout`` after the timeout,
    ///   `DecodingError` if the result has another form.
    public func result(timeout: Duration? = nil) async throws -> Kind.Output {
        let job = try await wait(timeout: timeout)
        switch job.state {
        case .completed: return try (job.result ?? .null).decode(Kind.Output.self)
        case .cancelled: throw JobCancelled(job: job)
        default: throw JobFailed(job: job)
        }
    }

    /// Waits until the job has ended in any state. See ``LonghaulClient/wait(for:timeout:)``.
    ///
    /// - Throws: ``ResultTimeout`` after the timeout.
    public func wait(timeout: Duration? = nil) async throws -> Job {
        try await client.wait(for: id, timeout: timeout)
    }

    /// The history of the job and its live changes until it has ended.
    public func events() -> AsyncThrowingStream<JobChange, any Error> { client.events(id) }

    /// The lines of the log and its live lines until the job has ended.
    public func followLogs() -> AsyncThrowingStream<StoredLogLine, any Error> { client.followLogs(id) }

    /// Downloads a file of the completed job. The file appears at `path` atomically.
    public func download(artifact name: String, to path: String) async throws {
        try await client.download(id, artifact: name, to: path)
    }

    // MARK: Actions

    /// Cancels the job if it has not ended, and its descendants.
    ///
    /// - Parameter children: whether to cancel the descendants as well.
    @discardableResult
    public func cancel(children: Bool = true) async throws -> Job {
        try await client.cancel(id, children: children)
    }

    /// Makes the failed, cancelled or retrying job pending again.
    @discardableResult
    public func retry() async throws -> Job { try await client.retry(id) }

    /// Removes the ended job with its artifacts.
    public func delete() async throws { try await client.delete(id) }

    /// Sends a signal to the durable job.
    ///
    /// - Parameter key: an idempotency key. A repeated signal with the same key is sent once.
    /// - Returns: whether the signal is new.
    @discardableResult
    public func signal(_ name: String, _ value: some Encodable, key: String? = nil) async throws -> Bool {
        try await client.signal(id, name: name, value: try JSONText(encoding: value), key: key)
    }
}
