import LonghaulClient
import LonghaulCore
import LonghaulJSON

/// Executions of state machines.
extension Commands {
    static func startExecution(_ invocation: Invocation) async throws -> ExitCode {
        let name = invocation.argument(1)
        let hasInput = try invocation.value(Options.executionInput) != nil
        let new = NewExecution(
            name: try invocation.value(Options.executionName),
            input: hasInput ? try payload(invocation, Options.executionInput) : .emptyObject,
            qualifier: try invocation.value(Options.qualifier))
        let waits = try invocation.value(Options.executionWait)
        let execution = try await invocation.withClient { client in
            let started = try await client.startExecution(of: name, new).execution
            guard waits, let id = started.id else { return started }
            return try await client.wait(forExecution: id)
        }
        let isOver = waits || execution.id == nil
        if try invocation.value(Options.json) {
            try Console.print(json: execution)
        } else if isOver {
            try printEnd(of: execution)
        } else {
            try Console.print(execution.id?.description ?? execution.name)
        }
        return isOver && execution.status != .succeeded ? .failed : .done
    }

    /// Prints the output of an execution, or its error on standard error.
    private static func printEnd(of execution: ExecutionView) throws {
        guard execution.status == .succeeded else {
            let id = execution.id?.description ?? execution.name
            Console.note(
                "\(id) \(execution.status.rawValue)" + (error(of: execution).map { ": " + $0 } ?? ""))
            return
        }
        try Console.print(json: (execution.output ?? .null).bytes)
    }

    private static func error(of execution: ExecutionView) -> String? {
        let parts = [execution.error, execution.cause].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ": ").printable
    }

    static func stopExecution(_ invocation: Invocation) async throws {
        let id = try executionID(invocation)
        let stop = ExecutionStop(
            error: try invocation.value(Options.stopError), cause: try invocation.value(Options.stopCause))
        try show(try await invocation.withClient { try await $0.stopExecution(id, stop) }, invocation)
    }

    static func listExecutions(_ invocation: Invocation) async throws {
        let name = invocation.argument(1)
        let status = try invocation.value(Options.executionStatus)
        let limit = try invocation.value(Options.executionLimit)
        let executions = try await invocation.withClient { client in
            var found: [ExecutionView] = []
            var cursor: JobCursor?
            repeat {
                let page = try await client.executions(
                    of: name, status, after: cursor, limit: min(500, limit - found.count))
                found += page.executions
                cursor = page.next
            } while cursor != nil && found.count < limit
            return found
        }
        if try invocation.value(Options.json) {
            return try Console.print(jsonItems: { writer in
                for execution in executions { writer.element(execution) }
            })
        }
        var table = Table([
            .init(title: "ID"), .init(title: "NAME"), .init(title: "STATUS"),
            .init(title: "STARTED", isNumber: true), .init(title: "TOOK", isNumber: true),
            .init(title: "ERROR"),
        ])
        let now = SystemTime().now()
        let rows = executions.map { execution -> [Table.Cell] in
            [
                .init(execution.id?.description ?? "-"), .init(execution.name),
                .init(execution.status.rawValue, Format.colour(execution.status)),
                .init(Format.age(execution.startedAt, at: now)), .init(duration(of: execution)),
                .init(error(of: execution) ?? ""),
            ]
        }
        try Console.print(table.lines(rows).joined(separator: "\n"))
    }

    private static func duration(of execution: ExecutionView) -> String {
        execution.endedAt.map { Format.duration($0.seconds(since: execution.startedAt)) } ?? "-"
    }

    /// Shows an execution, with one line for each detail.
    static func show(_ execution: ExecutionView, _ invocation: Invocation) throws {
        if try invocation.value(Options.json) { return try Console.print(json: execution) }
        let now = SystemTime().now()
        var details: [(String, String?)] = [
            ("id", execution.id?.description), ("name", execution.name),
            ("state machine", execution.machine), ("revision", execution.revision),
            ("qualifier", execution.qualifier), ("status", execution.status.rawValue),
            ("started", Format.moment(execution.startedAt, at: now)),
            ("ended", Format.moment(execution.endedAt, at: now)),
            ("redrives", execution.redriveCount > 0 ? "\(execution.redriveCount)" : nil),
            ("input", execution.input.map(oneLine)), ("output", execution.output.map(oneLine)),
            ("error", error(of: execution)),
        ]
        for state in execution.openStates ?? [] {
            let retries = state.retryCount > 0 ? ", \(state.retryCount) retries" : ""
            let age = Format.duration(now.seconds(since: state.enteredAt))
            details.append(("in state", "\(state.name) (\(state.type)) for \(age)\(retries)"))
        }
        for run in execution.mapRuns ?? [] {
            let counts = "\(run.items.succeeded) of \(run.items.total) items, \(run.items.failed) failed"
            details.append(("map run", "\(run.label) \(run.status.rawValue): \(counts)"))
        }
        let shown = details.compactMap { name, text in text.map { (name, $0) } }
        let width = shown.map(\.0.count).max() ?? 0
        try Console.print(
            shown.map { name, text in
                name + String(repeating: " ", count: width - name.count + 2) + text.printable
            }.joined(separator: "\n"))
    }

    // MARK: History

    static func showHistory(_ invocation: Invocation) async throws {
        let id = try executionID(invocation)
        let events = try await invocation.withClient { try await $0.history(ofExecution: id) }
        if try invocation.value(Options.json) {
            return try Console.print(jsonItems: { writer in
                for event in events { writer.element(event) }
            })
        }
        var table = Table([
            .init(title: "EVENT", isNumber: true), .init(title: "AFTER", isNumber: true),
            .init(title: "TIME", isNumber: true), .init(title: "TYPE"), .init(title: "NAME"),
            .init(title: "DETAILS"),
        ])
        let start = events.first?.at ?? SystemTime().now()
        try Console.print(table.lines(events.map { row($0, start) }).joined(separator: "\n"))
    }

    /// A row: times are from the start of the execution.
    private static func row(_ event: ExecutionEventView, _ start: Timestamp) -> [Table.Cell] {
        let details = (try? JSONDocument(lenientlyParsing: event.details.bytes))?.root
        let name = ["name", "resource", "action", "state"].lazy.compactMap { details?[$0]?.string }.first
        let isFailure = ["failed", "aborted", "timed_out"].contains { event.type.hasSuffix($0) }
        return [
            .init("\(event.number)"), .init(event.previous > 0 ? "\(event.previous)" : "-"),
            .init(String(Format.tenths(event.at.seconds(since: start))) + "s"),
            .init(event.type, isFailure ? .red : .plain), .init(name ?? ""),
            .init(String(summary(details).prefix(maxDetails))),
        ]
    }

    private static let maxDetails = 100

    /// The most important property of an event.
    private static func summary(_ details: JSONNode?) -> String {
        guard let details else { return "" }
        let failure = ["error", "cause"].compactMap { details[$0]?.string }
        guard failure.isEmpty else { return failure.joined(separator: ": ") }
        if let run = details["map_run_arn"]?.string { return run }
        for name in ["output", "input", "parameters"] {
            guard let value = details[name] else { continue }
            return name + " " + oneLine(value.text)
        }
        return ""
    }

    /// JSON on one line. Its line breaks stand between its values.
    private static func oneLine(_ json: JSONText) -> String {
        json.description.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(
            separator: " ")
    }
}

extension Format {
    /// The colour of the status of an execution.
    static func colour(_ status: ExecutionView.Status) -> Colour {
        switch status {
        case .running: .blue
        case .succeeded: .green
        case .failed, .timedOut, .aborted: .red
        }
    }
}
