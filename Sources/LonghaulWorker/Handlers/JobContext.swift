import Foundation
public import LonghaulCore
import LonghaulJSON

/// The attempt that a handler runs: its job, progress, log, artifacts and checkpoints.
///
/// The worker cancels the handler's task when the attempt times out, when the job is cancelled and when the lease is
/// lost. Long work checks `Task.isCancelled`, or calls functions that throw when the task is cancelled.
public final class JobContext: Sendable {
    /// The job at the start of the attempt. Send its `id` and ``attempt`` to other systems, so that they can recognise
    /// a repeated call.
    public var job: Job { running.lease.job }
    let running: RunningJob
    package let gateway: any WorkerGateway
    private let logLines: LogBuffer
    package let time: any TimeSource

    init(running: RunningJob, gateway: any WorkerGateway, logLines: LogBuffer, time: any TimeSource) {
        self.running = running
        self.gateway = gateway
        self.logLines = logLines
        self.time = time
    }

    /// The lease of the attempt.
    package var lease: Lease { running.lease }

    /// The number of the attempt, from 1.
    public var attempt: Int { job.attempt }

    /// Whether work that can pause must pause: the lease may have ended.
    package var isPaused: Bool { running.isPaused }

    /// Reports the progress of the attempt. The job shows it within about half a second, and at the latest when the
    /// attempt completes.
    ///
    /// - Parameter percent: 0 to 100. Values outside are clamped.
    public func progress(_ percent: Double, _ message: String? = nil) {
        guard !percent.isNaN else { return }
        running.report(Progress(percent: min(100, max(0, percent)), message: message).bounded)
    }

    /// Adds a line to the job's log. Lines over 16 KiB are cut.
    public func log(_ message: String, level: LogLine.Level = .info) {
        logLines.add(LogLine(at: time.now(), level: level, message: LogBuffer.cut(message)))
    }

    /// Sends the lines of the log that are not sent, before the lease ends.
    package func flush() async {
        if !logLines.isDrained { await logLines.drain() }
    }

    /// Uploads a file of this machine as an artifact of the job.
    ///
    /// - Throws: ``LonghaulError``.
    @discardableResult
    public func artifact(_ name: String, path: String, contentType: String? = nil) async throws -> Artifact {
        try await gateway.putArtifact(
            running.lease.token, name: name, contentType: contentType ?? MediaType.ofFile(name), path: path)
    }

    /// Uploads bytes as an artifact of the job.
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

    /// Runs `work` as a checkpoint: its output is stored, and a later attempt gets the stored output instead.
    ///
    /// - Parameter name: 1–200 bytes, unique within the job.
    public func step<Value: Codable & Sendable>(
        _ name: String, _ work: () async throws -> Value
    ) async throws -> Value {
        let token = running.lease.token
        if let stored = try await gateway.step(token, name: name) { return try stored.decode(Value.self) }
        let output = try JSONText(encoding: try await work())
        return try await gateway.putStep(token, name: name, output: output).decode(Value.self)
    }
}
