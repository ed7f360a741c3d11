import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// What steps of the interpreter have done since the last commit.
struct StepBatch: Sendable {
    /// The changed parts of the snapshot; nil for those that are gone.
    private(set) var parts: [String: JSONText?] = [:]
    private(set) var events: [JSONText] = []
    /// What the events count as in the metrics.
    private(set) var counts = EventCounts()
    private(set) var logLines: [LogLine] = []
    private(set) var firstEvent = 1
    var handledReports: [String] = []
    var tasks: [String: JSONText?] = [:]
    private(set) var children: [Submission] = []
    var cancelledChildren: [JobID] = []
    var links: [RecordKey: JSONText] = [:]
    /// The size of events, log lines and children, in bytes.
    private var bytes = 0

    /// A commit may have this size before the next step, in events and in bytes.
    private static let maxEvents = 1000
    private static let maxBytes = 1 << 20

    /// Whether the batch is large enough for a commit.
    var isFull: Bool { events.count >= StepBatch.maxEvents || bytes >= StepBatch.maxBytes }

    var isEmpty: Bool {
        parts.isEmpty && events.isEmpty && handledReports.isEmpty && tasks.isEmpty && children.isEmpty
            && cancelledChildren.isEmpty && links.isEmpty
    }

    /// Adds a step.
    ///
    /// - Parameter lines: what the step adds to the log of the job.
    mutating func add(_ result: StepResult, logging lines: [LogLine]) {
        for (name, text) in result.changes.parts { parts.updateValue(text, forKey: name) }
        counts.add(result.history)
        if events.isEmpty, let first = result.history.first { firstEvent = first.id }
        for event in result.history {
            var writer = JSONWriter()
            writer.element(event)
            bytes += writer.bytes.count
            events.append(writer.text)
        }
        bytes += lines.reduce(0) { $0 + $1.message.utf8.count }
        logLines += lines
    }

    mutating func add(_ child: Submission) {
        bytes += child.spec.payload.bytes.count + 256
        children.append(child)
    }

    /// Cancels a child, or leaves it out if it is not stored yet.
    mutating func cancel(_ id: JobID) {
        if let index = children.firstIndex(where: { $0.id == id }) {
            children.remove(at: index)
        } else {
            cancelledChildren.append(id)
        }
    }

    /// The commit.
    func advance(_ end: ExecutionAdvance.End, runnerParts: [String: JSONText?]) -> ExecutionAdvance {
        var advance = ExecutionAdvance(end)
        advance.parts = parts.merging(runnerParts) { _, new in new }
        advance.events = events
        advance.firstEvent = firstEvent
        advance.logLines = logLines
        advance.handledReports = handledReports
        advance.tasks = tasks
        advance.children = children
        advance.cancelledChildren = cancelledChildren
        advance.links = links
        return advance
    }
}

/// The task under which the end of a child job is reported.
enum ChildPlace: Sendable, Hashable {
    /// A task of a Task state.
    case task(Int)
    /// A child execution of a map run.
    case child(mapRun: String, index: Int)

    /// The text in ``Submission/parentOperation``.
    var text: String {
        switch self {
        case .task(let id): "\(id)"
        case .child(let mapRun, let index): "\(mapRun)/\(index)"
        }
    }

    /// Reads the text; nil if it names nothing.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let index = Int(parts[1]) {
            self = .child(mapRun: String(parts[0]), index: index)
        } else if parts.count == 1, let id = Int(parts[0]) {
            self = .task(id)
        } else {
            return nil
        }
    }
}
