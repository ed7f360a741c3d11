import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let queues = Command(
        name: "queues", summary: "Lists the queues, or configures, pauses, resumes, purges or deletes one.",
        arguments: [
            Argument(
                name: "ACTION", help: "list (default), set, pause, resume, purge or delete.",
                isRequired: false),
            Argument(
                name: "NAME", help: "The queue to set, pause, resume, purge or delete.", isRequired: false),
        ],
        options: Options.bounds + [Options.purge, Options.json] + Options.client,
        notes: [
            "set changes only the given bounds. It creates the queue if it does not exist.",
            "purge cancels the jobs of a queue that have not started.",
            "delete removes a queue and its bounds. The queue must have no waiting or running jobs; --purge cancels "
                + "the waiting ones first. Ended jobs remain until the end of their retention.",
        ]
    ) { invocation in
        let asJSON = try invocation.value(Options.json)
        switch invocation.argument(0) {
        case "", "list":
            try expectNoName(invocation)
            try await listQueues(invocation, asJSON: asJSON)
        case "set": try await show(asJSON: asJSON, try setBounds(invocation))
        case "pause": try await show(asJSON: asJSON, try pause(invocation, true))
        case "resume": try await show(asJSON: asJSON, try pause(invocation, false))
        case "purge": try await purge(invocation, asJSON: asJSON)
        case "delete": try await delete(invocation, asJSON: asJSON)
        case let name:
            throw UsageError(
                "ACTION: expected list, set, pause, resume, purge or delete, got \"\(name)\"",
                command: invocation.command.name)
        }
        return .done
    }

    private static func expectNoName(_ invocation: Invocation) throws {
        guard invocation.arguments.count > 1 else { return }
        throw UsageError("list takes no NAME", command: invocation.command.name)
    }

    private static func name(_ invocation: Invocation) throws -> String {
        guard QueueSettings.isName(invocation.argument(1)) else {
            throw UsageError(
                "NAME: expected the name of a queue, 1 to 100 characters of A-Z a-z 0-9 . _ -, got \"\(invocation.argument(1))\"",
                command: invocation.command.name)
        }
        return invocation.argument(1)
    }

    private static func setBounds(_ invocation: Invocation) async throws -> QueueStatus {
        let name = try name(invocation)
        return try await invocation.withClient { client in
            var settings: QueueSettings
            do {
                settings = try await client.queue(name).record.settings
            } catch let error as LonghaulError where error.code == .notFound {
                settings = QueueSettings()
            }
            if let bound = try invocation.value(Options.maxDepthOfQueue) { settings.maxDepth = bound }
            if let bound = try invocation.value(Options.maxWaiting) { settings.maxWaiting = bound }
            if let bound = try invocation.value(Options.maxConcurrency) { settings.maxConcurrency = bound }
            if let limit = try invocation.value(Options.rateLimit) { settings.rateLimit = limit }
            if let tag = try invocation.value(Options.partitionBy) { settings.partitionBy = tag }
            if let bound = try invocation.value(Options.maxSize) { settings.maxSize = bound.map(Int64.init) }
            return try await client.setQueue(name, settings)
        }
    }

    private static func pause(_ invocation: Invocation, _ paused: Bool) async throws -> QueueStatus {
        let name = try name(invocation)
        return try await invocation.withClient { try await $0.pauseQueue(name, paused) }
    }

    private static func purge(_ invocation: Invocation, asJSON: Bool) async throws {
        var filter = JobFilter()
        filter.queue = try name(invocation)
        filter.states = JobState.allCases.filter { !$0.isFinal && $0 != .processing }
        let waiting = filter
        let count = try await invocation.withClient {
            try await change(waiting, limit: .max, by: .cancel, $0)
        }
        if asJSON {
            try Console.print(jsonObject: { $0.field("count", count) })
        } else {
            try Console.print("\(count) \(count == 1 ? "job" : "jobs") cancelled")
        }
    }

    private static func delete(_ invocation: Invocation, asJSON: Bool) async throws {
        let name = try name(invocation)
        let purge = try invocation.value(Options.purge)
        try await invocation.withClient { try await $0.deleteQueue(name, purge: purge) }
        if asJSON {
            try Console.print(jsonObject: { $0.field("deleted", name) })
        } else {
            try Console.print("deleted \(name)")
        }
    }

    private static func show(asJSON: Bool, _ queue: QueueStatus) throws {
        if asJSON {
            try Console.print(json: queue)
        } else {
            var table = queueTable
            try Console.print(table.lines([row(queue)]).joined(separator: "\n"))
        }
    }

    private static func listQueues(_ invocation: Invocation, asJSON: Bool) async throws {
        let queues = try await invocation.withClient { try await $0.queues() }
        if asJSON {
            try Console.print(jsonItems: { writer in
                for queue in queues { queue.write(to: &writer) }
            })
        } else {
            var table = queueTable
            try Console.print(table.lines(queues.map(row)).joined(separator: "\n"))
        }
    }

    private static var queueTable: Table {
        Table(
            [.init(title: "QUEUE")]
                + [
                    "PENDING", "RUNNING", "WAITING", "SUSPENDED", "FAILED", "OLDEST", "IN/S", "OUT/S",
                    "BUSY",
                ].map {
                    .init(title: $0, isNumber: true)
                } + [.init(title: "NOTE")])
    }

    private static func row(_ queue: QueueStatus) -> [Table.Cell] {
        let record = queue.record
        func count(_ states: JobState...) -> Table.Cell {
            Table.Cell("\(states.reduce(0) { $0 + (record.counts[$1] ?? 0) })")
        }
        return [
            .init(record.name), count(.pending), count(.processing), count(.scheduled, .blocked, .retrying),
            count(.suspended), count(.failed),
            .init(queue.oldestPendingSeconds.map { Format.duration($0) } ?? "-"),
            .init(Format.tenths(queue.rates.enqueueRate)), .init(Format.tenths(queue.rates.drainRate)),
            .init("\(queue.busyWorkers)"), note(of: queue),
        ]
    }

    /// The reason why the queue starts no jobs.
    private static func note(of queue: QueueStatus) -> Table.Cell {
        if queue.record.settings.paused { return .init("paused", .yellow) }
        return queue.throttledUntil == nil ? "" : .init("rate limit", .yellow)
    }

    static let routing = Command(
        name: "routing", summary: "Shows the routing table, or replaces it.",
        arguments: [
            Argument(
                name: "FILE",
                help:
                    "The new table in JSON5, or - for standard input. Without it, the current table is shown.",
                isRequired: false)
        ],
        options: Options.client,
        notes: [
            "The table is printed as JSON in the form of the API: "
                + "{\"rules\": [{\"kinds\": [\"video.*\"], \"labels\": null, \"queue\": \"video\"}]}."
        ]
    ) { invocation in
        let path = invocation.argument(0)
        let new = path.isEmpty ? nil : try readTable(path, invocation)
        let table = try await invocation.withClient { client in
            if let new { try await client.setRouting(new) } else { try await client.routing() }
        }
        try Console.print(json: table)
        return .done
    }

    private static func readTable(_ path: String, _ invocation: Invocation) throws -> RoutingTable {
        func fault(_ message: String) -> UsageError {
            UsageError("FILE: \(path) \(message)", command: invocation.command.name)
        }
        let bytes: [UInt8]
        do {
            bytes = path == "-" ? try Files.readStandardInput() : try Files.read(path)
        } catch {
            throw fault(error.message)
        }
        do {
            return try RoutingTable.decode(JSONText(json5: bytes).bytes)
        } catch let error as LonghaulError {
            var fault = fault("is not a routing table: \(error.detail)")
            fault.details = error.faults.map { "\($0.pointer): \($0.message)" }
            throw fault
        } catch let error as JSONError {
            throw fault("is not JSON5: " + ErrorPosition.describe(error, in: bytes))
        }
    }
}
