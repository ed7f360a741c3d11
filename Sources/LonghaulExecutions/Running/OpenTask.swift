import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// A task that has started and not ended, as the runner stores it.
struct OpenTask: Sendable, Hashable {
    /// The ARN of the resource.
    var resource: TaskResource
    /// The job that does the work; nil if none does.
    var jobID: JobID?
    /// Whether its start is in the history.
    var isStarted = false
    /// Whether callers may report on it.
    var isCallback = false
    /// Whether its request is not sent yet. The runner sends it after the commit that records the task.
    var isPending = false
    /// The parameters of a request that is not sent yet.
    var parameters = JSONText.null
    /// The time limits.
    var limits = TaskLimits()
    /// When the runner looks next whether the job's worker is alive, in milliseconds since 1970; nil for never.
    var checkTime: Int64?

    init(resource: TaskResource) {
        self.resource = resource
    }
}

extension OpenTask: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("resource", resource.arn)
            if let jobID { writer.field("job", jobID.description) }
            if isStarted { writer.field("started", true) }
            if isCallback { writer.field("callback", true) }
            if isPending {
                writer.field("pending", true)
                writer.field("parameters", parameters)
            }
            if let seconds = limits.timeoutSeconds { writer.field("timeout", seconds) }
            if let seconds = limits.heartbeatSeconds { writer.field("heartbeat", seconds) }
            if let checkTime { writer.field("check", checkTime) }
        }
    }

    init(_ part: StoredPart) throws(SnapshotError) {
        guard let resource = part.node["resource"]?.string.flatMap(TaskResource.init(arn:)) else {
            throw part.error("has no resource")
        }
        self.init(resource: resource)
        jobID = part.node["job"]?.string.flatMap { JobID($0) }
        isStarted = part.node["started"]?.bool == true
        isCallback = part.node["callback"]?.bool == true
        isPending = part.node["pending"]?.bool == true
        parameters = part.node["parameters"]?.text ?? .null
        limits.timeoutSeconds = part.node["timeout"]?.int.map { Int($0) }
        limits.heartbeatSeconds = part.node["heartbeat"]?.int.map { Int($0) }
        checkTime = part.node["check"]?.int
    }
}

/// A stored part of the runner.
struct StoredPart {
    let name: String
    let node: JSONNode

    init(_ name: String, _ text: JSONText) throws(SnapshotError) {
        self.name = name
        do {
            node = try JSONDocument(lenientlyParsing: text.bytes).root
        } catch {
            throw SnapshotError(description: "Part \"\(name)\" of the runner: \(error.message)")
        }
    }

    func error(_ message: String) -> SnapshotError {
        SnapshotError(description: "Part \"\(name)\" of the runner \(message)")
    }
}
