import LonghaulClient
import LonghaulCore

/// What `top` shows, and how keys change it. It does no input or output.
struct TopView {
    /// A page of the screen.
    enum Page: Hashable {
        case queues
        case jobs(queue: String)
        case job(JobID, queue: String)
        case help
    }

    /// What the caller does after a key.
    enum Action {
        case draw
        /// Reads the server at once, and draws.
        case read
        case quit
        case suspend
        case interrupt
    }

    /// How queues are sorted.
    enum Order: String, CaseIterable {
        case name, pending, running, failed, oldest

        /// Whether a queue comes before another one.
        fileprivate func precedes(_ first: QueueStatus, _ second: QueueStatus) -> Bool {
            let keys = (key(first), key(second))
            return keys.0 == keys.1 ? first.record.name < second.record.name : keys.0 > keys.1
        }

        private func key(_ queue: QueueStatus) -> Double {
            switch self {
            case .name: 0
            case .pending: Double(queue.record.depth)
            case .running: Double(queue.record.counts[.processing] ?? 0)
            case .failed: Double(queue.record.counts[.failed] ?? 0)
            case .oldest: queue.oldestPendingSeconds ?? -1
            }
        }
    }

    /// The pages from the first to the visible one.
    private var pages: [Page] = [.queues]
    /// The selected row of each page, or its first visible line.
    private var selections: [Page: Int] = [:]
    private var order = Order.name
    private var filter = ""
    private var isEditingFilter = false
    private(set) var isPaused = false
    /// Why the server could not be read; nil if it was.
    var problem: String?
    private var snapshot: TopSnapshot
    /// The number of rows of the visible list, from the last drawing.
    private var rowCount = 0
    private var visibleRows = 1

    init(_ snapshot: TopSnapshot) {
        self.snapshot = snapshot
    }

    private var page: Page { pages.last ?? .queues }

    /// The queue whose jobs the next snapshot needs.
    var openQueue: String? {
        if case .jobs(let queue) = page { queue } else { nil }
    }

    /// The job that the next snapshot needs.
    var openJob: JobID? {
        if case .job(let id, _) = page { id } else { nil }
    }

    /// Shows a new snapshot.
    mutating func show(_ new: TopSnapshot) {
        problem = nil
        snapshot = new
    }

    // MARK: Keys

    /// Handles a key.
    mutating func handle(_ key: Key) -> Action {
        switch key {
        case .control("c"): return .interrupt
        case .control("z"): return .suspend
        default: break
        }
        if isEditingFilter { return edit(key) }
        switch key {
        case .character("q"): return .quit
        case .character("p"):
            isPaused.toggle()
            return isPaused ? .draw : .read
        case .character("s") where page == .queues: sort()
        case .character("/") where page == .queues: isEditingFilter = true
        case .character("?"), .character("h"): if page != .help { pages.append(.help) }
        case .up, .character("k"): select(by: -1)
        case .down, .character("j"): select(by: 1)
        case .pageUp: select(by: -visibleRows)
        case .pageDown, .character(" "): select(by: visibleRows)
        case .home, .character("g"): select(by: -rowCount)
        case .end, .character("G"): select(by: rowCount)
        case .enter, .right: return open()
        case .escape, .left, .backspace: return close()
        case .character, .control: break
        }
        return .draw
    }

    private mutating func edit(_ key: Key) -> Action {
        switch key {
        case .character(let character): filter.append(character)
        case .backspace: if !filter.isEmpty { filter.removeLast() }
        case .enter: isEditingFilter = false
        case .escape: (filter, isEditingFilter) = ("", false)
        default: break
        }
        selections[.queues] = 0
        return .draw
    }

    private mutating func sort() {
        let all = Order.allCases
        order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
        selections[.queues] = 0
    }

    private mutating func select(by number: Int) {
        selections[page] = max(0, min(rowCount - 1, (selections[page] ?? 0) + number))
    }

    /// Opens the selected queue or job.
    private mutating func open() -> Action {
        let index = selections[page] ?? 0
        switch page {
        case .queues:
            guard queues.indices.contains(index) else { return .draw }
            pages.append(.jobs(queue: queues[index].record.name))
        case .jobs(let queue):
            guard let jobs = jobs(of: queue), jobs.indices.contains(index) else { return .draw }
            pages.append(.job(jobs[index].id, queue: queue))
        case .job: return .draw
        case .help: return close()
        }
        return .read
    }

    /// Returns to the page before, or removes the filter of the first one.
    private mutating func close() -> Action {
        guard pages.count > 1 else {
            filter = ""
            return .draw
        }
        selections[pages.removeLast()] = nil
        return .read
    }

    // MARK: Lines

    private var queues: [QueueStatus] {
        let wanted = filter.lowercased()
        return snapshot.queues.filter { wanted.isEmpty || $0.record.name.lowercased().contains(wanted) }
            .sorted(by: order.precedes)
    }

    /// The lines of a screen of this size: never more lines, and never longer ones.
    mutating func lines(width: Int, height: Int) -> [String] {
        let status = status
        let lines: [String]
        if height == 1 {
            lines = [status]
        } else {
            let room = height - 2
            lines = [snapshot.summary] + body(room) + [status]
        }
        return lines.map { TerminalLine.fit($0, width) }
    }

    /// Exactly `room` lines.
    private mutating func body(_ room: Int) -> [String] {
        var lines: [String]
        switch page {
        case .queues: lines = queueLines(room)
        case .jobs(let queue): lines = jobLines(queue, room)
        case .job: lines = scrolled(details, room)
        case .help: lines = scrolled(Self.help, room)
        }
        lines += Array(repeating: "", count: max(0, room - lines.count))
        return Array(lines.prefix(room))
    }

    /// The queues, and the workers below them if there is room.
    private mutating func queueLines(_ room: Int) -> [String] {
        let table = TopSnapshot.table(queues)
        let workers = WorkerText.table(snapshot.workers, at: snapshot.now)
        // The queues come first, and get at least half of the room.
        let forWorkers = min(workers.count + 1, max(room - table.count, room / 2 - 1, 0))
        let lines = selectable(table, room - forWorkers)
        return lines + ([""] + workers).prefix(forWorkers)
    }

    /// The jobs of a queue; nil while the snapshot is of another page.
    private func jobs(of queue: String) -> [Job]? { snapshot.openQueue == queue ? snapshot.jobs : nil }

    private mutating func jobLines(_ queue: String, _ room: Int) -> [String] {
        guard let jobs = jobs(of: queue) else { return ["reading the jobs of \(queue) …"] }
        let columns: [JobTableColumn] = [.id, .kind, .state, .attempt, .age, .note]
        var table = Table(columns.map(\.head))
        return selectable(
            table.lines(jobs.map { job in columns.map { $0.cell(job, at: snapshot.now) } }), room)
    }

    private var details: [String] {
        guard let job = snapshot.job, job.id == openJob else {
            return ["the job is being read, or was deleted"]
        }
        return JobText.lines(of: job, at: snapshot.now)
    }

    /// The visible part of a table, with a mark at the selected row. The titles stay.
    private mutating func selectable(_ table: [String], _ room: Int) -> [String] {
        guard let head = table.first, room > 0 else { return [] }
        let rows = Array(table.dropFirst())
        (rowCount, visibleRows) = (rows.count, max(1, room - 1))
        let selected = max(0, min(rows.count - 1, selections[page] ?? 0))
        selections[page] = selected
        let first = max(0, min(selected - visibleRows + 1, rows.count - visibleRows))
        let shown = rows.enumerated().dropFirst(max(first, 0)).prefix(room - 1).map { index, row in
            index == selected ? Self.marked(row) : "  " + row
        }
        return ["  " + head] + shown
    }

    private static func marked(_ row: String) -> String {
        Console.hasColour ? "\u{1B}[7m> \(TerminalLine.plain(row))\u{1B}[0m" : "> " + row
    }

    /// The visible part of a text.
    private mutating func scrolled(_ text: [String], _ room: Int) -> [String] {
        visibleRows = max(1, room)
        rowCount = max(1, text.count - room + 1)
        let first = max(0, min(rowCount - 1, selections[page] ?? 0))
        selections[page] = first
        return Array(text.dropFirst(first).prefix(room))
    }

    private var status: String {
        if isEditingFilter { return "queues with: \(filter)_   Enter keeps the filter, Esc removes it" }
        var parts: [String] = []
        if let problem { parts.append(Colour.red(problem.printable)) }
        if isPaused { parts.append(Colour.yellow("paused")) }
        switch page {
        case .queues:
            parts.append("by \(order.rawValue)")
            if !filter.isEmpty { parts.append("queues with: \(filter.printable)") }
            parts.append("q quit  ? help  s sort  / filter  p pause  Enter jobs")
        case .jobs(let queue): parts.append("queue \(queue)  Esc back  Enter details  p pause  q quit")
        case .job: parts.append("arrows scroll  Esc back  q quit")
        case .help: parts.append("Esc back  q quit")
        }
        return parts.joined(separator: "  ")
    }

    private static let help = [
        "q            quits",
        "Up, Down     select a row, or scroll; also k and j",
        "Page Up/Down, Home, End",
        "Enter        opens the jobs of the selected queue, then the details of a job",
        "Esc          returns; also Left and Backspace",
        "s            sorts the queues: " + Order.allCases.map(\.rawValue).joined(separator: ", "),
        "/            shows only queues whose names contain a text",
        "p            pauses the display, and resumes it",
        "?            shows this help",
        "Ctrl-Z       stops the program; fg continues it",
    ]
}
