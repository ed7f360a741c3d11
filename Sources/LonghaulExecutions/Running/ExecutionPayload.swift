public import LonghaulCore
public import LonghaulJSON
import LonghaulStates

/// The payload of the job of an execution: what it was started with.
public struct ExecutionPayload: Sendable, Hashable {
    /// The place of a child execution in a map run.
    public struct Child: Sendable, Hashable {
        /// The number of the map run in the parent's execution.
        public var mapRun: Int
        /// The index of the child.
        public var index: Int
        /// The block of the definition that it runs.
        public var block: Int
        /// The ARN of the map run.
        public var mapRunARN: String
        /// The number of its items.
        public var items: Int
    }

    /// The key of the revision that it runs.
    public var revision: RevisionKey
    /// The name of the state machine.
    public var machine: String
    /// The ARN of the state machine; of the map for the child of a map run.
    public var machineARN: String
    /// The name of the execution.
    public var name: String
    /// The ARN of the execution.
    public var arn: String
    /// The input as the caller sent it.
    public var input: JSONText
    /// When it was started.
    public var startedAt: Timestamp
    /// The version that was started, if the caller named one.
    public var versionARN: String?
    /// The alias that was started, if the caller named one.
    public var aliasARN: String?
    /// The trace header of the caller.
    public var traceHeader: String?
    /// Whether it is an Express execution.
    public var isExpress = false
    /// The place in a map run; nil if it is not the child of one.
    public var child: Child?
    /// What has started it, if that was the task of an execution: `JOB/TASK`.
    public var origin: String?

    /// A payload.
    public init(
        revision: RevisionKey, machine: String, machineARN: String, name: String, arn: String,
        input: JSONText,
        startedAt: Timestamp
    ) {
        self.revision = revision
        self.machine = machine
        self.machineARN = machineARN
        self.name = name
        self.arn = arn
        self.input = input
        self.startedAt = startedAt
    }

    /// The data of the execution for the interpreter.
    func info(roleARN: String) -> ExecutionInfo {
        ExecutionInfo(
            arn: arn, name: name, stateMachineARN: machineARN, stateMachineName: machine, roleARN: roleARN,
            versionARN: versionARN, aliasARN: aliasARN, input: input, startTime: startedAt.milliseconds,
            block: child?.block ?? 0, isExpress: isExpress)
    }
}

extension ExecutionPayload: JSONWritable {
    /// Appends the payload.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("machine", machine)
            writer.field("machine_arn", machineARN)
            writer.field("machine_id", revision.machineID)
            writer.field("revision", revision.revisionID)
            writer.field("name", name)
            writer.field("arn", arn)
            writer.field("started_at", startedAt.milliseconds)
            if let versionARN { writer.field("version_arn", versionARN) }
            if let aliasARN { writer.field("alias_arn", aliasARN) }
            if let traceHeader { writer.field("trace_header", traceHeader) }
            if isExpress { writer.field("express", true) }
            if let origin { writer.field("origin", origin) }
            if let child { writer.field("child", child) }
            writer.field("input", input)
        }
    }

    /// The payload as the text of the job.
    var text: JSONText {
        var writer = JSONWriter(capacity: 512 + input.bytes.count)
        write(to: &writer)
        return writer.text
    }

    /// Reads the payload of a job.
    ///
    /// - Throws: `internal` if the job is not that of an execution.
    public init(_ job: Job) throws(LonghaulError) {
        guard let node = try? JSONDocument(lenientlyParsing: job.spec.payload.bytes).root,
            let payload = ExecutionPayload(node)
        else {
            throw LonghaulError(.internal, "the payload of the execution \(job.id) is damaged")
        }
        self = payload
    }

    private init?(_ node: JSONNode) {
        func text(_ name: String) -> String? { node[name]?.string }
        guard let machine = text("machine"), let machineARN = text("machine_arn"),
            let machineID = text("machine_id"), let revision = text("revision"), let name = text("name"),
            let arn = text("arn"), let start = node["started_at"]?.int, let input = node["input"]?.text
        else { return nil }
        self.init(
            revision: RevisionKey(machineID: machineID, revisionID: revision), machine: machine,
            machineARN: machineARN, name: name, arn: arn, input: input,
            startedAt: Timestamp(milliseconds: start))
        versionARN = text("version_arn")
        aliasARN = text("alias_arn")
        traceHeader = text("trace_header")
        isExpress = node["express"]?.bool == true
        origin = text("origin")
        child = node["child"].flatMap { Child($0) }
    }
}

extension ExecutionPayload.Child: JSONWritable {
    /// Appends the place.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("map_run", mapRun)
            writer.field("index", index)
            writer.field("block", block)
            writer.field("map_run_arn", mapRunARN)
            writer.field("items", items)
        }
    }

    fileprivate init?(_ node: JSONNode) {
        guard let mapRun = node["map_run"]?.int, let index = node["index"]?.int,
            let block = node["block"]?.int, let arn = node["map_run_arn"]?.string
        else { return nil }
        self.init(
            mapRun: Int(mapRun), index: Int(index), block: Int(block), mapRunARN: arn,
            items: Int(node["items"]?.int ?? 1))
    }
}

extension Submission {
    /// The submission of an execution.
    ///
    /// - Parameter tags: by which lists of executions find it.
    static func execution(_ payload: ExecutionPayload, id: JobID, caller: String) -> Submission {
        var spec = JobSpec(
            kind: JobSpec.executionKind, payload: payload.text, queue: JobSpec.executionQueue)
        // The attempts end with lost leases alone: a runner that fails must not end the execution.
        spec.maxAttempts = 100
        spec.traceparent = payload.traceHeader.flatMap { TraceContext(header: $0) }?.traceparent
        spec.tags =
            if let child = payload.child {
                [ExecutionTag.mapRun: "\(child.mapRun)"]
            } else {
                [ExecutionTag.machine: payload.machine]
            }
        return Submission(id: id, spec: spec, caller: caller)
    }
}
