import LonghaulCore

/// A column of a list of jobs.
enum JobTableColumn: String, CaseIterable, Sendable {
    case id
    case kind
    case queue
    case state
    case attempt
    case age
    case note
    case priority
    case created
    case started
    case finished
    case duration
    case actor
    case tags
    case worker
    case error

    /// The columns of a list without `--columns`.
    static let usual: [JobTableColumn] = [.id, .kind, .queue, .state, .attempt, .age, .note]

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The head of the column.
    var head: Table.Column {
        switch self {
        case .attempt, .age, .priority, .duration: .init(title: rawValue.uppercased(), isNumber: true)
        default: .init(title: rawValue.uppercased())
        }
    }

    /// The cell of a job.
    func cell(_ job: Job, at now: Timestamp) -> Table.Cell {
        switch self {
        case .state: Table.Cell(job.state.rawValue, Format.colour(job.state))
        default: Table.Cell(text(job, at: now))
        }
    }

    private func text(_ job: Job, at now: Timestamp) -> String {
        switch self {
        case .id: job.id.description
        case .kind: job.spec.kind
        case .queue: job.spec.queue
        case .state: job.state.rawValue
        case .attempt: "\(job.attempt)/\(job.spec.maxAttempts)"
        case .age: Format.age(job.createdAt, at: now)
        case .note: Self.note(job, at: now)
        case .priority: "\(job.spec.priority)"
        case .created: job.createdAt.description
        case .started: job.startedAt?.description ?? "-"
        case .finished: job.finishedAt?.description ?? "-"
        case .duration: Self.duration(job, at: now)
        case .actor: job.spec.actor ?? "-"
        case .tags:
            job.spec.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        case .worker: job.worker?.name ?? "-"
        case .error: job.error.map { Format.error($0) } ?? ""
        }
    }

    private static func duration(_ job: Job, at now: Timestamp) -> String {
        guard let start = job.startedAt else { return "-" }
        return Format.duration((job.finishedAt ?? now).seconds(since: start))
    }

    /// The most important property of a job in its state.
    private static func note(_ job: Job, at now: Timestamp) -> String {
        switch job.state {
        case .processing: job.progress.map { Format.progress($0) } ?? ""
        case .failed, .cancelled: job.error.map { Format.error($0) } ?? ""
        case .retrying:
            "due \(Format.age(job.runAt, at: now))" + (job.error.map { ", " + Format.error($0) } ?? "")
        case .scheduled: "due \(Format.age(job.runAt, at: now))"
        case .pending: job.position.map { "\($0) before it" } ?? ""
        case .suspended: Format.waits(of: job, at: now) ?? ""
        case .blocked, .completed: ""
        }
    }
}
