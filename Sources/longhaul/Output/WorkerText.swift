import LonghaulCore
import LonghaulJSON

/// Formats workers.
enum WorkerText {
    /// The fields of a worker, for programs.
    static func write(_ worker: WorkerStatus, to writer: inout JSONWriter) {
        writer.field("id", worker.info.id)
        writer.field("name", worker.info.name)
        writer.field("state", worker.health.rawValue)
        writer.field("queues", worker.queues)
        writer.field("running", worker.running.map(\.description))
        writer.field("last_heartbeat_at", worker.lastSeenAt.description)
    }

    /// A table of workers.
    ///
    /// - Parameter showsIDs: whether the table has a column for IDs, which `workers delete` takes.
    static func table(_ workers: [WorkerStatus], showsIDs: Bool = false, at now: Timestamp) -> [String] {
        var table = Table(
            (showsIDs ? [.init(title: "ID")] : []) + [
                .init(title: "WORKER"), .init(title: "STATE"), .init(title: "RUNNING", isNumber: true),
                .init(title: "LAST SEEN", isNumber: true), .init(title: "QUEUES"),
            ])
        let rows = workers.map { worker -> [Table.Cell] in
            let cells: [Table.Cell] = [
                .init(worker.info.name), .init(worker.health.rawValue, colour(worker.health)),
                .init("\(worker.running.count)"),
                .init(Format.age(worker.lastSeenAt, at: now)), .init(worker.queues.joined(separator: ",")),
            ]
            return showsIDs ? [.init(worker.info.id)] + cells : cells
        }
        return table.lines(rows)
    }

    private static func colour(_ health: WorkerHealth) -> Colour {
        switch health {
        case .healthy: .green
        case .late: .yellow
        case .gone: .red
        }
    }
}
