/// The limits of a job's artifacts and log lines.
public struct AttachmentLimits: Sendable, Hashable {
    /// The maximum number of artifacts of an attempt.
    public var artifacts = 1000
    /// The maximum size of all artifacts of an attempt together, in bytes.
    public var artifactBytes: Int64 = 64 << 30
    /// The maximum size of a job's log, in bytes: beyond it the oldest lines are removed.
    public var logBytes: Int64 = 16 << 20

    /// The defaults.
    public init() {}

    /// The maximum number of lines of a job's log. Beyond it the oldest lines are removed.
    public static let logLines = 10_000

    /// The number of appended lines after which the size of a log is checked again. A log exceeds its limit by at most
    /// this number of lines.
    public static let logStride: Int64 = 500

    /// Whether the size of a log must be checked when it grows to line `last`.
    public static func isLogDue(from first: Int64, to last: Int64) -> Bool {
        first / logStride != last / logStride
    }

    /// The maximum size of one more artifact, in bytes.
    ///
    /// - Parameter others: the attempt's other artifacts.
    /// - Throws: `payload_too_large` naming the limit.
    public func artifactRoom(beside others: AttachmentUsage) throws(LonghaulError) -> Int64 {
        guard others.count < artifacts else {
            throw LonghaulError(
                .payloadTooLarge,
                "the job already has \(others.count) artifacts; the maximum is \(artifacts) (max_job_artifacts)"
            )
        }
        return max(0, artifactBytes - others.bytes)
    }

    /// Throws `payload_too_large` unless an artifact of this size may be added.
    public func checkArtifact(bytes: Int64, beside others: AttachmentUsage) throws(LonghaulError) {
        guard try bytes <= artifactRoom(beside: others) else { throw artifactsTooLarge }
    }

    /// The error for an artifact that would exceed the limit of its job.
    public var artifactsTooLarge: LonghaulError {
        LonghaulError(
            .payloadTooLarge,
            "the artifacts of the job would exceed \(artifactBytes) bytes in total (max_job_artifact_bytes)"
        )
    }
}

/// The number and total size of a job's attachments of one type.
public struct AttachmentUsage: Sendable, Hashable {
    /// The number of attachments.
    public var count: Int
    /// Their total size, in bytes.
    public var bytes: Int64

    /// A usage.
    public init(count: Int = 0, bytes: Int64 = 0) {
        self.count = count
        self.bytes = bytes
    }
}
