import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let signal = Command(
        name: "signal", summary: "Sends a signal to a durable job.",
        arguments: [.job, Argument(name: "NAME", help: "The name of the signal, for which the job waits.")],
        options: [Options.signalPayload, Options.signalKey, Options.json] + Options.client,
        notes: ["A job that does not wait for the signal yet keeps it. A signal to an ended job is refused."]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let name = invocation.argument(1)
        let value = try payload(invocation, Options.signalPayload)
        let key = try invocation.value(Options.signalKey)
        let isNew = try await invocation.withClient {
            try await $0.signal(id, name: name, value: value, key: key)
        }
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { writer in
                writer.field("job_id", id.description)
                writer.field("name", name)
                writer.field("is_new", isNew)
            })
        } else {
            try Console.print("\(id) \(isNew ? "signal accepted" : "signal was sent before")")
        }
        return .done
    }

    static let pause = jobAction("pause", "Pauses jobs that have not ended: no worker receives them.") {
        try await $1.pause($2)
    }

    static let resume = jobAction("resume", "Ends the pause of jobs.") { try await $1.resume($2) }

    static let restart = Command(
        name: "restart", summary: "Runs a durable job again from an operation of its journal.",
        arguments: [.job], options: [Options.fromOperation, Options.json] + Options.client,
        notes: [
            "The operation and all later ones are removed from the journal, and their child jobs are cancelled.",
            "The job must not be running.",
        ]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let operation = try firstOperation(invocation)
        let job = try await invocation.withClient { try await $0.restart(id, from: operation) }
        if try invocation.value(Options.json) {
            try Console.print(json: job)
        } else {
            try Console.print("\(job.id) \(job.state.rawValue)")
        }
        return .done
    }

    static let fork = Command(
        name: "fork",
        summary: "Submits a copy of a durable job that runs from an operation, and prints its ID.",
        arguments: [.job], options: [Options.fromOperation, Options.json] + Options.client,
        notes: [
            "The copy has the earlier operations. It waits for its own signals and child jobs.",
            "The job itself does not change.",
        ]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let operation = try firstOperation(invocation)
        let copy = try await invocation.withClient { try await $0.fork(id, from: operation) }
        if try invocation.value(Options.json) {
            try Console.print(json: copy)
        } else {
            try Console.print(copy.id.description)
        }
        return .done
    }

    private static func firstOperation(_ invocation: Invocation) throws -> String {
        guard let id = try invocation.value(Options.fromOperation) else {
            throw UsageError("--from OPERATION is required", command: invocation.command.name)
        }
        return id
    }

    static let journal = Command(
        name: "journal", summary: "Shows the operations of a durable job.", arguments: [.job],
        options: [Options.json] + Options.client
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let operations = try await invocation.withClient { try await allOperations(of: id, $0) }
        if try invocation.value(Options.json) {
            try Console.print(jsonItems: { writer in
                for operation in operations {
                    // The server shows the token of a signal only to callers that may send it.
                    operation.write(to: &writer, signalling: operation.secret == 0 ? nil : id)
                }
            })
        } else {
            let now = SystemTime().now()
            var table = operationTable
            try Console.print(table.lines(operations.map { row($0, at: now) }).joined(separator: "\n"))
        }
        return .done
    }

    private static func allOperations(
        of id: JobID, _ client: LonghaulClient
    ) async throws -> [JournalOperation] {
        var operations: [JournalOperation] = []
        var next: Int64? = 0
        while let number = next {
            let page = try await client.journal(of: id, after: number)
            operations += page.operations
            next = page.next
        }
        return operations
    }

    private static var operationTable: Table {
        Table([
            .init(title: "OPERATION"), .init(title: "TYPE"), .init(title: "NAME"), .init(title: "STATUS"),
            .init(title: "ATTEMPT", isNumber: true), .init(title: "AGE", isNumber: true),
            .init(title: "TOOK", isNumber: true), .init(title: "NOTE"),
        ])
    }

    private static func row(_ operation: JournalOperation, at now: Timestamp) -> [Table.Cell] {
        let took = operation.endedAt.map { Format.duration($0.seconds(since: operation.startedAt)) }
        return [
            .init(operation.id), .init(operation.type.rawValue), .init(operation.name),
            .init(operation.status.rawValue, Format.colour(operation.status)),
            .init("\(operation.attempt)"), .init(Format.age(operation.startedAt, at: now)),
            .init(took ?? "-"), .init(note(operation, at: now)),
        ]
    }

    /// The most important property of an operation in its status.
    private static func note(_ operation: JournalOperation, at now: Timestamp) -> String {
        var notes: [String] = []
        if let error = operation.error { notes.append(Format.error(error)) }
        if operation.status == .waiting, let until = operation.until {
            notes.append("\(operation.type == .signal ? "expires" : "due") \(Format.age(until, at: now))")
        }
        if let child = operation.jobID { notes.append("job \(child)") }
        return notes.joined(separator: ", ")
    }
}
