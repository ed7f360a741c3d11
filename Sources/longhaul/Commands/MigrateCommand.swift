import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulSQLite
import LonghaulStore

extension Commands {
    static let migrate = Command(
        name: "migrate",
        summary:
            "Moves all jobs, queues, schedules and state machines from SQLite to an empty PostgreSQL store.",
        options: [Options.moveFrom, Options.moveTo, Options.moveToFile, Options.dryRun, Options.json],
        notes: [
            "Stop the server first, because the command locks the SQLite store. It changes nothing in that store.",
            "The files of jobs are not moved: start the new server with the same --artifacts.",
            "After a failure, empty the target database and run the command again.",
        ]
    ) { invocation in
        guard let source = try invocation.value(Options.moveFrom),
            let target = try invocation.optionalBackend(Options.moveTo, orIn: Options.moveToFile)
        else {
            throw UsageError(
                "--from and --to are required: the store to move from, and the store to move to",
                command: "migrate")
        }
        let moved = try await RunError.wrapping {
            var options = SQLiteStoreOptions()
            options.createsStore = false
            let from = try SQLiteStore.openDriver(path: source.place, options: options)
            do {
                let moved = try await StoreMove(
                    from: from, isDry: try invocation.value(Options.dryRun)
                ).run(to: target)
                await from.close()
                return moved
            } catch {
                await from.close()
                throw error
            }
        }
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { writer in
                writer.field("jobs", moved.jobs)
                writer.field("queues", moved.queues)
                writer.field("schedules", moved.schedules)
                writer.field("dry_run", moved.isDry)
            })
        } else {
            let verb = moved.isDry ? "would be moved" : "moved and verified"
            try Console.print(
                "\(moved.jobs) jobs, \(moved.queues) queues, \(moved.schedules) schedules \(verb)")
        }
        return .done
    }
}

extension Invocation {
    /// The file of the store, for commands that support only SQLite.
    func storeFile() throws -> String {
        try place(Options.store, "sqlite") {
            "\(command.name) supports only sqlite: stores; use pg_dump for a PostgreSQL store"
        }
    }

    /// The folder of the artifacts, for commands that support only `file:`.
    func artifactFolder() throws -> String {
        try place(Options.artifacts, "file") {
            "\(command.name) copies only file: artifacts; use longhaul artifacts copy for a bucket"
        }
    }

    /// The place of a backend of this scheme.
    ///
    /// - Parameter message: the error for another scheme.
    private func place(
        _ option: Option<BackendURL>, _ scheme: String, otherwise message: () -> String
    ) throws -> String {
        let url = try value(option)
        guard url.scheme == scheme else { throw UsageError(message(), command: command.name) }
        return url.place
    }
}

/// Moves the content of a store to another store.
private struct StoreMove {
    /// The numbers of moved records.
    struct Outcome {
        var jobs = 0
        var queues = 0
        var schedules = 0
        var isDry = false
    }

    /// The number of jobs in a batch.
    private static let batch = 200

    let from: Store<SQLiteDriver>
    let isDry: Bool

    func run(to target: BackendURL) async throws -> Outcome {
        let queues = try await from.queues()
        var outcome = Outcome(isDry: isDry)
        outcome.queues = queues.count
        outcome.schedules = try await schedules().count
        let total = queues.reduce(0) { $0 + $1.counts.values.reduce(0, +) }
        guard !isDry else {
            outcome.jobs = total
            return outcome
        }
        let (url, options) = try PostgresStoreOptions.separate(target.text)
        let to = try await PostgresStore.openDriver(url: url, options: options)
        do {
            guard try await to.driver.isEmpty() else {
                throw LonghaulError(.conflict, "the store \(target) is not empty: use an empty database")
            }
            outcome.jobs = try await move(to: to, total: total)
            try await verify(queues, in: to)
        } catch {
            await to.close()
            throw error
        }
        await to.close()
        return outcome
    }

    private func move(to target: Store<PostgresDriver>, total: Int) async throws -> Int {
        for queue in try await from.queues() { _ = try await target.setQueue(queue.name, queue.settings) }
        try await target.setRouting(from.routing())
        let beginning = Timestamp(milliseconds: 0)
        try await target.recordSamples(from.samples(of: nil, since: beginning), deletingBefore: beginning)
        var moved = 0
        var place: Int64? = -1
        while let from = place {
            let page = try await self.from.driver.movedJobs(after: from, limit: Self.batch)
            if !page.jobs.isEmpty { try await target.driver.insert(page.jobs) }
            if moved / 10_000 != (moved + page.jobs.count) / 10_000 {
                Console.note("\(moved + page.jobs.count) of \(total) jobs")
            }
            moved += page.jobs.count
            place = page.place
        }
        for schedule in try await schedules() { try await target.driver.insert(schedule) }
        if let keys = try await from.keys(unlessVersion: nil) { try await target.driver.insert(keys) }
        try await moveRecords(to: target)
        try await moveAuditLog(to: target)
        return moved
    }

    private func moveRecords(to target: Store<PostgresDriver>) async throws {
        var last: RecordKey?
        repeat {
            let records = try await from.driver.movedRecords(after: last, limit: Self.batch)
            if !records.isEmpty { try await target.driver.insert(records) }
            last = records.last?.key
        } while last != nil
    }

    private func schedules() async throws -> [ScheduleRecord] {
        var schedules: [ScheduleRecord] = []
        while true {
            let page = try await from.schedules(after: schedules.last?.name, limit: 500)
            schedules += page.schedules
            if !page.hasMore { return schedules }
        }
    }

    private func moveAuditLog(to target: Store<PostgresDriver>) async throws {
        var page: AuditPage
        var next: Int64?
        repeat {
            page = try await from.auditRecords(AuditFilter(), before: next, limit: Self.batch)
            try await target.driver.insert(page.records)
            next = page.next
        } while next != nil
        try await target.driver.setAuditChain(page.chain)
    }

    /// Compares the settings and job counts of each queue.
    private func verify(_ queues: [QueueRecord], in target: any JobStore) async throws {
        let found = Dictionary(uniqueKeysWithValues: try await target.queues().map { ($0.name, $0) })
        for queue in queues {
            guard let other = found[queue.name], other.counts == queue.counts,
                other.settings == queue.settings
            else {
                throw LonghaulError(
                    .internal,
                    "the queue \(queue.name) differs after the move: it had \(queue.counts), now "
                        + "\(found[queue.name].map { "\($0.counts)" } ?? "it is missing")")
            }
        }
    }
}
