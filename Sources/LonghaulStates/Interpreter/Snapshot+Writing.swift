public import LonghaulJSON

extension ExecutionInfo: JSONWritable {
    /// Appends the information as a part of a snapshot.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("arn", arn)
            writer.field("name", name)
            writer.field("machineARN", stateMachineARN)
            writer.field("machine", stateMachineName)
            writer.field("role", roleARN)
            if let versionARN { writer.field("version", versionARN) }
            if let aliasARN { writer.field("alias", aliasARN) }
            writer.field("start", startTime)
            writer.field("block", block)
            if isExpress { writer.field("express", true) }
            writer.field("input", input)
        }
    }
}

extension ExecutionSnapshot.Header: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("format", ExecutionSnapshot.formatVersion)
            writer.field("status", status.rawValue)
            writer.field("event", lastEvent)
            writer.field("branch", nextBranch)
            writer.field("task", nextTask)
            writer.field("timer", nextTimer)
            if redriveCount > 0 { writer.field("redrives", redriveCount) }
            if let redriveTime { writer.field("redriven", redriveTime) }
            if let timeoutTimer { writer.field("timeout", timeoutTimer) }
            if !ready.isEmpty { writer.field("ready", ready) }
            if let output { writer.field("output", output.text) }
            if let error { writer.field("error", error) }
        }
    }
}

extension StateError: JSONWritable {
    /// Appends the error.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let name { writer.field("error", name) }
            if let cause { writer.field("cause", cause) }
        }
    }
}

extension Continuation: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("branch", branch)
            switch self {
            case .begin: writer.field("begin", true)
            case .enter(_, let state, let input):
                writer.field("enter", state)
                writer.field("input", input.text)
            case .succeed(_, let result): writer.field("result", result)
            case .fail(_, let error, let cause):
                writer.field("error", error)
                writer.field("cause", cause.rawValue)
            case .run: break
            case .advance(_, let after): writer.field("after", after)
            }
        }
    }
}

extension Branch: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let owner { writer.field("owner", owner) }
            writer.field("index", index)
            writer.field("block", block)
            writer.field("event", lastEvent)
            if let state {
                writer.field("state", state)
                writer.field("before", eventBeforeEntry)
                writer.field("entry", entryEvent)
                writer.field("time", entryTime)
            }
            if !retries.isEmpty { writer.field("retries", retries) }
            activity.write(to: &writer)
            if !variables.isEmpty {
                writer.object("variables") { writer in
                    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
                        writer.field(name, value)
                    }
                }
            }
            if !sharesInput { writer.field("input", input.text) }
        }
    }
}

extension Branch.Activity {
    /// Appends a field; none if the branch waits for nothing.
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .none: break
        case .task(let run): writer.field("run", run)
        case .wait(let timer): writer.field("wait", timer)
        case .retry(let timer): writer.field("retry", timer)
        case .group: writer.field("group", true)
        case .mapRun: writer.field("mapRun", true)
        case .halted: writer.field("halted", true)
        }
    }
}

extension TaskRun: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            if isStarted { writer.field("started", true) }
            if let seconds = limits.timeoutSeconds { writer.field("timeout", seconds) }
            if let seconds = limits.heartbeatSeconds { writer.field("heartbeat", seconds) }
            if let role = limits.roleARN { writer.field("role", role) }
            if let timeoutTimer { writer.field("timeoutTimer", timeoutTimer) }
            if let heartbeatTimer { writer.field("heartbeatTimer", heartbeatTimer) }
            if limits.heartbeatSeconds != nil { writer.field("alive", lastHeartbeat) }
        }
    }
}

extension BranchGroup: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("blocks", blocks)
            writer.field("count", count)
            writer.field("concurrency", maxConcurrency)
            writer.field("next", next)
            writer.array("active") { writer in
                for (index, branch) in active.sorted(by: { $0.key < $1.key }) {
                    writer.element([index, branch])
                }
            }
        }
    }
}

extension GroupItems: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("input", input)
            if let items { writer.field("items", items) }
        }
    }
}

extension MapRun: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("arn", arn)
            writer.field("phase", phase.rawValue)
            writer.field("concurrency", maxConcurrency)
            if let count = tolerance.count { writer.field("tolerated", count) }
            if let percentage = tolerance.percentage { writer.field("toleratedPercentage", percentage) }
            if let batch { writer.field("batch", batch) }
            if collectsResults { writer.field("collects", true) }
            writer.field("pages", pages.count)
            writer.field("page", page)
            writer.field("position", position)
            writer.field("pending", pendingCount)
            writer.field("itemsStarted", itemsStarted)
            writer.field("started", started)
            writer.field("failed", failedItems)
            writer.field("bytes", resultBytes)
        }
    }
}

extension MapRun.Batch: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let input { writer.field("input", input) }
            if let maxItems { writer.field("items", maxItems) }
            if let maxBytes { writer.field("bytes", maxBytes) }
        }
    }
}
