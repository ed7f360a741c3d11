public import LonghaulJSON

extension ExecutionView: JSONReadable, JSONWritable {
    /// Reads an execution, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> ExecutionView {
        var execution = ExecutionView(
            id: reader.jobID("id"), name: reader.requiredString("name") ?? "",
            arn: reader.string("arn") ?? "", machine: reader.string("state_machine") ?? "",
            revision: reader.string("revision") ?? "",
            status: reader.needed("status", "a status") { $0.choice($1, of: Status.self) } ?? .running,
            startedAt: reader.needed("started_at", "a time") { $0.timestamp($1) } ?? .distantFuture)
        execution.qualifier = reader.string("qualifier")
        execution.input = reader.text("input")
        execution.output = reader.text("output").flatMap {
            $0.isNull && execution.status != .succeeded ? nil : $0
        }
        execution.error = reader.string("error")
        execution.cause = reader.string("cause")
        execution.endedAt = reader.timestamp("ended_at")
        execution.redriveCount = reader.int("redrive_count").map { Int($0) } ?? 0
        execution.redrivenAt = reader.timestamp("redriven_at")
        execution.openStates = reader.objects("open_states") { OpenState.read(&$0) }
        execution.mapRuns = reader.objects("map_runs") { MapRunView.read(&$0) }
        return execution
    }

    /// Writes the execution as the API shows it.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id?.description)
            writer.field("name", name)
            writer.field("arn", arn)
            writer.field("state_machine", machine)
            writer.field("revision", revision)
            writer.field("qualifier", qualifier)
            writer.field("status", status.rawValue)
            if let input {
                writer.field("input", input)
                writer.field("output", output)
            }
            writer.field("error", error)
            writer.field("cause", cause)
            writer.field("started_at", startedAt)
            writer.field("ended_at", endedAt)
            writer.field("redrive_count", redriveCount)
            writer.field("redriven_at", redrivenAt)
            if let openStates { writer.field("open_states", openStates) }
            if let mapRuns { writer.field("map_runs", mapRuns) }
        }
    }
}

extension ExecutionView.OpenState: JSONWritable {
    fileprivate static func read(_ reader: inout JSONObjectReader) -> ExecutionView.OpenState {
        ExecutionView.OpenState(
            name: reader.requiredString("name") ?? "", type: reader.string("type") ?? "",
            entryEvent: reader.int("entry_event").map { Int($0) } ?? 0,
            enteredAt: reader.timestamp("entered_at") ?? .distantFuture,
            retryCount: reader.int("retry_count").map { Int($0) } ?? 0)
    }

    /// Writes the state.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", name)
            writer.field("type", type)
            writer.field("entry_event", entryEvent)
            writer.field("entered_at", enteredAt)
            writer.field("retry_count", retryCount)
        }
    }
}

extension MapRunView: JSONWritable {
    fileprivate static func read(_ reader: inout JSONObjectReader) -> MapRunView {
        var run = MapRunView(
            arn: reader.requiredString("arn") ?? "", label: reader.string("label") ?? "",
            status: reader.choice("status", of: ExecutionView.Status.self) ?? .running,
            startedAt: reader.timestamp("started_at") ?? .distantFuture)
        run.endedAt = reader.timestamp("ended_at")
        run.maxConcurrency = reader.int("max_concurrency").map { Int($0) } ?? 0
        if var counts = reader.object("items") { run.items = Counts.read(&counts) }
        if var counts = reader.object("executions") { run.executions = Counts.read(&counts) }
        run.redriveCount = reader.int("redrive_count").map { Int($0) } ?? 0
        return run
    }

    /// Writes the map run.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("arn", arn)
            writer.field("label", label)
            writer.field("status", status.rawValue)
            writer.field("started_at", startedAt)
            writer.field("ended_at", endedAt)
            writer.field("max_concurrency", maxConcurrency)
            writer.field("items", items)
            writer.field("executions", executions)
            writer.field("redrive_count", redriveCount)
        }
    }
}

extension MapRunView.Counts: JSONWritable {
    fileprivate static func read(_ reader: inout JSONObjectReader) -> MapRunView.Counts {
        var counts = MapRunView.Counts()
        func count(_ name: String) -> Int { reader.int(name).map { Int($0) } ?? 0 }
        counts.pending = count("pending")
        counts.running = count("running")
        counts.succeeded = count("succeeded")
        counts.failed = count("failed")
        counts.timedOut = count("timed_out")
        counts.aborted = count("aborted")
        return counts
    }

    /// Writes the numbers.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("pending", pending)
            writer.field("running", running)
            writer.field("succeeded", succeeded)
            writer.field("failed", failed)
            writer.field("timed_out", timedOut)
            writer.field("aborted", aborted)
            writer.field("total", total)
        }
    }
}

extension NewExecution: JSONReadable, JSONWritable {
    /// Reads a request, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> NewExecution {
        let execution = NewExecution(
            name: reader.stateName("name"), input: reader.text("input") ?? .emptyObject,
            qualifier: reader.string("qualifier"))
        if let text = execution.qualifier, !TextRule.isPlain(text, StateMachineRules.qualifierLength) {
            reader.fault("qualifier", "expected 1 to 80 characters: the number of a version, or an alias")
        }
        reader.finish()
        return execution
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let name { writer.field("name", name) }
            writer.field("input", input)
            if let qualifier { writer.field("qualifier", qualifier) }
        }
    }
}

extension ExecutionStop: JSONReadable, JSONWritable {
    /// The maximum length of an error, in characters.
    public static let errorLength = 0...256
    /// The maximum length of a cause, in characters.
    public static let causeLength = 0...32_768

    /// Reads a request, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> ExecutionStop {
        let stop = ExecutionStop(
            error: reader.string("error", maxLength: errorLength.upperBound),
            cause: reader.string("cause", maxLength: causeLength.upperBound))
        reader.finish()
        return stop
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let error { writer.field("error", error) }
            if let cause { writer.field("cause", cause) }
        }
    }
}

extension ExecutionEventView: JSONReadable, JSONWritable {
    /// Reads an event, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> ExecutionEventView {
        ExecutionEventView(
            number: reader.int("number").map { Int($0) } ?? 0,
            previous: reader.int("previous").map { Int($0) } ?? 0,
            type: reader.requiredString("type") ?? "", at: reader.timestamp("at") ?? .distantFuture,
            details: reader.text("details") ?? .emptyObject)
    }

    /// Writes the event as the API shows it.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("number", number)
            writer.field("previous", previous)
            writer.field("type", type)
            writer.field("at", at)
            writer.field("details", details)
        }
    }
}
