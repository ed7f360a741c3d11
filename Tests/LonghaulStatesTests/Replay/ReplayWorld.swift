import LonghaulJSON
import LonghaulStates

/// Runs one execution with a clock of its own: answers the interpreter's commands with what a recording says.
struct ReplayWorld {
    let interpreter: Interpreter
    var outcomes: RecordedOutcomes
    /// Whether the server crashes after each step: the snapshot is then read from its stored parts.
    let crashes: Bool
    private var stored: [String: JSONText] = [:]
    private(set) var history: [HistoryEvent] = []
    private(set) var end: ExecutionEnd?
    private var snapshot: ExecutionSnapshot
    private var agenda: [Entry] = []
    private var time: Int64
    private var nextEntry = 0
    private var stepCount = 0
    /// The blocks that the children of map runs run.
    private var blocks: [Int: Int] = [:]

    private struct Entry {
        let time: Int64
        let number: Int
        let event: ExecutionEvent
    }

    /// Maximum time that passes, in milliseconds: a Wait state beyond it does not end.
    private static let horizon: Int64 = 86_400_000
    private static let maxSteps = 100_000

    init(
        _ interpreter: Interpreter, _ info: ExecutionInfo, outcomes: RecordedOutcomes, crashes: Bool = false
    ) {
        self.crashes = crashes
        self.interpreter = interpreter
        self.outcomes = outcomes
        snapshot = ExecutionSnapshot(info)
        time = info.startTime
        add(.started, after: 0)
    }

    private mutating func add(_ event: ExecutionEvent, after delay: Int64) {
        agenda.append(Entry(time: time + delay, number: nextEntry, event: event))
        nextEntry += 1
    }

    /// Runs until the execution ends, or nothing happens any more.
    mutating func run() throws {
        let limit = time + ReplayWorld.horizon
        while end == nil, let next = agenda.map(\.time).min(), next <= limit, stepCount < ReplayWorld.maxSteps
        {
            time = next
            let due = agenda.filter { $0.time == next }.sorted { $0.number < $1.number }
            agenda.removeAll { $0.time == next }
            try step(due.map(\.event))
        }
    }

    private mutating func step(_ events: [ExecutionEvent]) throws {
        stepCount += 1
        let moment = EventMoment(time: time, seed: UInt64(stepCount))
        let result = interpreter.step(&snapshot, events, at: moment)
        history += result.history
        if crashes {
            result.changes.apply(to: &stored)
            snapshot = try restored()
        }
        for command in result.commands { try perform(command) }
    }

    /// The snapshot from its stored parts, which must be those of the snapshot in memory.
    private func restored() throws -> ExecutionSnapshot {
        let restored = try ExecutionSnapshot(parts: stored)
        let parts = snapshot.parts
        for key in Set(parts.keys).union(stored.keys).sorted() where parts[key] != stored[key] {
            let left = parts[key]?.description ?? "nothing"
            let right = stored[key]?.description ?? "nothing"
            throw Unification.Difference(description: "part \(key) is \(left), but \(right) is stored")
        }
        guard restored.parts == parts else {
            throw Unification.Difference(description: "the snapshot is not read as it was written")
        }
        return restored
    }

    private mutating func perform(_ command: ExecutionCommand) throws {
        switch command {
        case .startTask(let start):
            for (index, report) in outcomes.nextTask(start).enumerated() {
                add(.task(id: start.id, report), after: Int64(index))
            }
        case .startTimer(let id, let due): add(.timer(id: id), after: due - time)
        case .cancelTimer(let id):
            agenda.removeAll { if case .timer(let other) = $0.event { other == id } else { false } }
        case .readItems(let read): readItems(read)
        case .startChildren(let run, let starts): try runChildren(run, starts)
        case .writeResults(let write):
            let details = outcomes.mapOutput["ResultWriterDetails"] ?? .null
            add(.mapRun(id: write.mapRun, .resultsWritten(details: details)), after: 1)
        case .end(let end): self.end = end
        case .proceed: try step([])
        case .startMapRun(let start): blocks[start.id] = start.block
        case .cancelTask, .cancelMapRun, .redriveMapRun, .endMapRun: break
        }
    }

    private mutating func readItems(_ read: ItemRead) {
        if let cause = outcomes.mapRunCause {
            return add(.mapRun(id: read.mapRun, .readFailed(cause: cause)), after: 1)
        }
        let items = outcomes.mapOutput.array ?? []
        add(.mapRun(id: read.mapRun, .items(items, isLast: true)), after: 1)
    }

    private mutating func runChildren(_ run: Int, _ starts: [ChildStart]) throws {
        for start in starts {
            var info = snapshot.info
            info.name = start.name
            info.input = start.input
            info.startTime = time
            info.block = blocks[run] ?? 0
            var child = ReplayWorld(
                interpreter, info, outcomes: RecordedOutcomes([]), crashes: crashes)
            try child.run()
            let result: ChildResult =
                switch child.end {
                case .succeeded(let output): .succeeded(output: output)
                case .timedOut: .timedOut
                case .aborted: .aborted
                case .failed, nil: .failed
                }
            add(.mapRun(id: run, .childEnded(index: start.index, result)), after: 1)
        }
    }
}
