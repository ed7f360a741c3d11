import LonghaulCore
import LonghaulJSON

/// What a simulated execution does, line after line. A number determines it, so that every runner does the same.
struct ExecutionScript {
    enum Line {
        /// Starts jobs, and waits for all of them.
        case children(Int)
        case timer(seconds: Double)
        /// Waits for callers that have the secrets of these tasks.
        case callbacks(Int)
    }

    let number: Int
    let lines: [Line]

    init(number: Int) {
        self.number = number
        let dice = Dice(seed: UInt64(number))
        lines = (0..<(1 + dice.below(5))).map { _ in
            switch dice.below(4) {
            case 0: .timer(seconds: dice.seconds(0...10))
            case 1: .callbacks(1 + dice.below(2))
            default: .children(1 + dice.below(3))
            }
        }
    }

    /// The script that a job runs; nil for the payload of another kind of job.
    init?(_ payload: JSONText) {
        guard let root = try? JSONDocument(parsing: payload.bytes).root,
            let number = root["execution"]?.int
        else { return nil }
        self.init(number: Int(number))
    }

    /// The payload of an execution.
    var payload: JSONText { JSONText(validated: Array(#"{"execution":\#(number)}"#.utf8)) }

    /// The secret of a task.
    static func secret(_ task: String) -> String { "secret of \(task)" }
}

/// The state of an execution between two steps, as its parts have it.
struct ExecutionSteps {
    /// The part with everything but the open tasks.
    private static let head = "head"

    private(set) var line = 0
    private(set) var events = 0
    private(set) var isOver = false
    private var tasks = 0
    private(set) var timer: Timestamp?
    /// The open tasks: the child job of each, or nil for a callback.
    private(set) var open: [String: JobID?] = [:]

    /// The state at the start.
    init() {}

    init(_ parts: [String: JSONText]) throws {
        guard let head = parts[Self.head] else { return }
        let root = try JSONDocument(parsing: head.bytes).root
        func number(_ name: String) -> Int { Int(root[name]?.int ?? 0) }
        (line, events, tasks) = (number("line"), number("events"), number("tasks"))
        isOver = root["over"]?.bool ?? false
        timer = root["timer"]?.int.map { Timestamp(milliseconds: $0) }
        for (name, value) in parts where name != Self.head {
            open.updateValue(JobID(try JSONDocument(parsing: value.bytes).root.string ?? ""), forKey: name)
        }
    }

    private var head: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("line", line)
            writer.field("events", events)
            writer.field("tasks", tasks)
            writer.field("over", isOver)
            if let timer { writer.field("timer", timer.milliseconds) }
        }
        return writer.text
    }

    /// Handles reports and due timers, and starts what comes next.
    mutating func step(
        _ script: ExecutionScript, _ reports: [StoredReport], at now: Timestamp,
        child: (_ task: String) -> Submission
    ) -> ExecutionAdvance {
        var advance = ExecutionAdvance(.wait(until: nil, for: []))
        advance.firstEvent = events + 1
        for report in reports { handle(report, &advance) }
        if let timer, timer <= now, !isOver {
            record("timer", &advance)
            self.timer = nil
        }
        while !isOver, open.isEmpty, timer == nil { start(script, &advance, at: now, child: child) }
        if !isOver { advance.end = .wait(until: timer, for: []) }
        advance.parts[Self.head] = head
        return advance
    }

    private mutating func handle(_ report: StoredReport, _ advance: inout ExecutionAdvance) {
        advance.handledReports.append(report.name)
        switch report.report {
        case .childEnded(let end): close(end.task, &advance)
        case .task(let task, _): close(task, &advance)
        case .redrive:
            guard isOver else { return }
            isOver = false
            record("redrive", &advance)
        case .stop:
            guard !isOver else { return }
            record("stop", &advance)
            for (task, child) in open.sorted(by: { $0.key < $1.key }) {
                if let child { advance.cancelledChildren.append(child) }
                advance.tasks.updateValue(nil, forKey: task)
                advance.parts.updateValue(nil, forKey: task)
            }
            (open, timer, isOver) = ([:], nil, true)
            advance.end = .cancel(JobError(type: "stopped", message: "", retryable: false))
        }
    }

    /// Ends a task, if it is open.
    private mutating func close(_ task: String, _ advance: inout ExecutionAdvance) {
        guard open.removeValue(forKey: task) != nil else { return }
        record("end \(task)", &advance)
        advance.parts.updateValue(nil, forKey: task)
    }

    private mutating func start(
        _ script: ExecutionScript, _ advance: inout ExecutionAdvance, at now: Timestamp,
        child: (String) -> Submission
    ) {
        guard line < script.lines.count else {
            isOver = true
            record("complete", &advance)
            advance.end = .complete(JSONText(validated: Array("\(events)".utf8)))
            return
        }
        switch script.lines[line] {
        case .timer(let seconds): timer = now.adding(seconds: seconds)
        case .children(let count):
            for _ in 0..<count {
                var submission = child(openTask(&advance))
                let task = "\(tasks)"
                submission.parentOperation = task
                open.updateValue(submission.id, forKey: task)
                advance.children.append(submission)
                advance.parts[task] = JSONText(validated: Array("\"\(submission.id)\"".utf8))
            }
        case .callbacks(let count):
            for _ in 0..<count {
                let task = openTask(&advance)
                let secret = ExecutionScript.secret(task)
                open.updateValue(nil, forKey: task)
                advance.tasks[task] = JSONText(validated: Array(#"{"secret":"\#(secret)"}"#.utf8))
                advance.parts[task] = .null
            }
        }
        line += 1
    }

    /// A new task.
    private mutating func openTask(_ advance: inout ExecutionAdvance) -> String {
        tasks += 1
        record("start \(tasks)", &advance)
        return "\(tasks)"
    }

    private mutating func record(_ event: String, _ advance: inout ExecutionAdvance) {
        events += 1
        advance.events.append(JSONText(validated: Array("\"\(event)\"".utf8)))
    }
}
