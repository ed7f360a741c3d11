import Foundation
public import LonghaulCore
import LonghaulJSON

/// What a handler knows of its attempt, and does with it.
///
/// A handler whose time is up, whose job was cancelled or whose lease was lost is cancelled as a task: long
/// work checks `Task.isCancelled`, or calls what throws when cancelled.
public final class JobContext: Sendable {
    /// The job, as it stood at the start of the attempt. Its `id` and ``attempt`` make outside effects safe:
    /// give them along wherever a repetition must be recognised.
    public let job: Job
    let running: RunningJob
    private let gateway: any WorkerGateway
    private let logLines: LogBuffer
    private let time: any TimeSource

    init(running: RunningJob, gateway: any WorkerGateway, logLines: LogBuffer, time: any TimeSource) {
        job = running.lease.job
        self.running = running
        self.gateway = gateway
        self.logLines = logLines
        self.time = time
    }

    /// The number of the attempt, from 1.
    public var attempt: Int { job.attempt }

    /// Reports how far the attempt has come. The job shows it within about half a second, and at the latest when
    /// the attempt completes.
    ///
    /// - Parameter percent: 0 to 100; what lies outside is cut.
    public func progress(_ percent: Double, _ message: String? = nil) {
        guard !percent.isNaN else { return }
        running.tell(Progress(percent: min(100, max(0, percent)), message: message).bounded)
    }

    /// Adds a line to the job's log. Lines over 16 KiB are cut.
    public func log(_ message: String, level: LogLine.Level = .info) {
        logLines.add(LogLine(at: time.now(), level: level, message: LogBuffer.cut(message)))
    }

    /// Keeps a file of this machine as an artifact of the job.
    ///
    /// - Throws: ``LonghaulError``.
    @discardableResult
    public func artifact(_ name: String, path: String, contentType: String? = nil) async throws -> Artifact {
        try await gateway.putArtifact(
            running.lease.token, name: name, contentType: contentType ?? MediaType.ofFile(name), path: path)
    }

    /// Keeps bytes as an artifact of the job.
    ///
    /// - Throws: ``LonghaulError``.
    @discardableResult
    public func artifact(
        _ name: String, bytes: [UInt8], contentType: String? = nil
    ) async throws -> Artifact {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/artifact"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try await artifact(name, path: path, contentType: contentType)
    }

    /// A checkpoint: runs `work` once and keeps what it gave; a later attempt gets that, and skips the work.
    ///
    /// - Parameter name: 1–200 bytes, unique within the job.
    public func step<Value: Codable & Sendable>(
        _ name: String, _ work: () async throws -> Value
    ) async throws -> Value {
        let token = running.lease.token
        if let kept = try await gateway.step(token, name: name) { return try kept.decode(Value.self) }
        let output = try JSONText(encoding: try await work())
        return try await gateway.putStep(token, name: name, output: output).decode(Value.self)
    }
}
