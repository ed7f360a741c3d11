import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let queues = Command(
        name: "queues", summary: "Shows the queues: how deep they are and how fast they move.",
        options: [Options.json] + Options.client
    ) { invocation in
        let queues = try await invocation.withClient { try await $0.queues() }
        if try invocation.value(Options.json) {
            try Console.print(jsonItems: { writer in
                for queue in queues { queue.write(to: &writer) }
            })
            return .done
        }
        var table = Table(
            [.init(title: "QUEUE")]
                + ["PENDING", "RUNNING", "WAITING", "FAILED", "OLDEST", "IN/S", "OUT/S", "WORKERS"].map {
                    .init(title: $0, isNumber: true)
                } + [.init(title: "NOTE")])
        try Console.print(table.lines(queues.map(row)).joined(separator: "\n"))
        return .done
    }

    private static func row(_ queue: QueueStatus) -> [Table.Cell] {
        let record = queue.record
        func count(_ states: JobState...) -> Table.Cell {
            Table.Cell("\(states.reduce(0) { $0 + (record.counts[$1] ?? 0) })")
        }
        return [
            .init(record.name), count(.pending), count(.processing), count(.scheduled, .blocked, .retrying),
            count(.failed), .init(queue.oldestPendingSeconds.map { Words.duration($0) } ?? "-"),
            .init(Words.tenths(queue.rates.enqueueRate)), .init(Words.tenths(queue.rates.drainRate)),
            .init("\(queue.busyWorkers)"), record.settings.paused ? .init("paused", .yellow) : "",
        ]
    }

    static let health = Command(
        name: "health", summary: "Tells whether the server can work: its store, queue and artifact store.",
        options: [Options.json] + Options.client
    ) { invocation in
        try await invocation.withClient { try await $0.checkReady() }
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { $0.field("status", "ready") })
        } else {
            try Console.print("ready")
        }
        return .done
    }
}
