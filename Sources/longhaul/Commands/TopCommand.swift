import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let top = Command(
        name: "top", summary: "Shows queues and workers, live.",
        options: [Options.topInterval, Options.once, Options.json] + Options.client,
        notes: ["With --once or --json, or when the output is not a terminal, it prints once and ends."]
    ) { invocation in
        let asJSON = try invocation.value(Options.json)
        let isLive = try !invocation.value(Options.once) && !asJSON && Console.canRedrawOutput
        let interval = Duration.seconds(try invocation.value(Options.topInterval))
        try await invocation.withClient { client in
            if asJSON { return try await TopView(client).printJSON() }
            guard isLive else {
                return try Console.print(try await TopView(client).lines().joined(separator: "\n"))
            }
            try Console.printRaw("\u{1B}[2J")
            while true {
                try draw(try await TopView(client).lines())
                try await Task.sleep(for: interval)
            }
        }
        return .done
    }

    /// Overwrites the screen without clearing it, so that it does not flicker. Lines beyond the screen are omitted.
    private static func draw(_ lines: [String]) throws {
        let shown = lines.prefix(max(1, Console.outputHeight - 1))
        try Console.printRaw("\u{1B}[H" + shown.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
    }
}

/// A snapshot of the queues and workers.
private struct TopView {
    /// Workers that were last seen before this number of seconds are hidden.
    private static let maxWorkerAge = 600.0

    private let server: String
    private let now = SystemTime().now()
    private let queues: [QueueStatus]
    private let workers: [WorkerStatus]

    init(_ client: LonghaulClient) async throws {
        server = client.server
        queues = try await client.queues()
        let moment = now
        workers = try await client.workers().filter {
            moment.seconds(since: $0.lastSeenAt) < Self.maxWorkerAge
        }
    }

    func printJSON() throws {
        try Console.print(jsonObject: { writer in
            writer.array("queues") { writer in
                for queue in queues { writer.element(queue) }
            }
            writer.array("workers") { writer in
                for worker in workers {
                    writer.object { writer in
                        WorkerText.write(worker, to: &writer)
                    }
                }
            }
        })
    }

    func lines() -> [String] {
        [summary, ""] + queueLines() + [""] + workerLines()
    }

    private var summary: String {
        let pending = queues.reduce(0) { $0 + $1.record.depth }
        let running = queues.reduce(0) { $0 + ($1.record.counts[.processing] ?? 0) }
        let healthy = workers.count { $0.health == .healthy }
        return "\(server)  \(now)  \(pending) pending, \(running) running, \(healthy) healthy workers"
    }

    private func queueLines() -> [String] {
        var table = Table(
            [.init(title: "QUEUE")]
                + [
                    "PENDING", "RUNNING", "WAITING", "SUSPENDED", "FAILED", "OLDEST", "IN/S", "OUT/S",
                    "FAIL/S", "WAIT P95", "RUN P95",
                ]
                .map { .init(title: $0, isNumber: true) } + [.init(title: "NOTE")])
        return table.lines(queues.map(row))
    }

    private func row(_ queue: QueueStatus) -> [Table.Cell] {
        let counts = queue.record.counts
        func duration(_ seconds: Double?) -> Table.Cell { .init(seconds.map { Format.duration($0) } ?? "-") }
        let failed = counts[.failed] ?? 0
        let waiting = [JobState.scheduled, .blocked, .retrying].reduce(0) { $0 + (counts[$1] ?? 0) }
        return [
            .init(queue.record.name), .init("\(queue.record.depth)"), .init("\(counts[.processing] ?? 0)"),
            .init("\(waiting)"), .init("\(counts[.suspended] ?? 0)"),
            .init("\(failed)", failed > 0 ? .red : .plain),
            duration(queue.oldestPendingSeconds), .init(Format.tenths(queue.rates.enqueueRate)),
            .init(Format.tenths(queue.rates.drainRate)), .init(Format.tenths(queue.rates.failureRate)),
            duration(queue.rates.waitSeconds?.p95), duration(queue.rates.runSeconds?.p95),
            queue.record.settings.paused ? .init("paused", .yellow) : "",
        ]
    }

    private func workerLines() -> [String] { WorkerText.table(workers, at: now) }
}
