import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// All that a runner knows of an execution between two steps: the snapshot of the interpreter, and what the runner itself keeps.
struct RunnerState: Sendable {
    var snapshot: ExecutionSnapshot
    /// The secret from which the tokens of tasks are made. It changes with each attempt until it is stored.
    let key: [UInt8]
    /// The times of open timers, in milliseconds since 1970.
    private(set) var timers: [Int: Int64] = [:]
    /// The tasks that have not ended.
    private(set) var tasks: [Int: OpenTask] = [:]
    /// All map runs by ``OpenMapRun/key``.
    private(set) var mapRuns: [String: OpenMapRun] = [:]
    /// The keys of the latest map runs by their numbers.
    private(set) var currentMapRuns: [Int: String] = [:]
    /// The parts of the runner that have changed since they were stored.
    private var changed: Set<String> = []
    /// The size of the stored parts, in bytes.
    private(set) var byteCount = 0
    private var sizes: [String: Int] = [:]

    /// The state of an execution that has not started.
    init(_ info: ExecutionInfo, key: [UInt8]) {
        snapshot = ExecutionSnapshot(info)
        self.key = key
        changed = [PartName.key]
    }

    /// Reads a stored state.
    ///
    /// - Throws: ``SnapshotError`` if a part is missing or damaged, or a later version of Longhaul wrote it.
    init(parts: [String: JSONText]) throws(SnapshotError) {
        guard let stored = parts[PartName.key] else {
            throw SnapshotError(description: "The runner has no part \"\(PartName.key)\"")
        }
        key = Array((try StoredPart(PartName.key, stored).node.string ?? "").utf8)
        snapshot = try ExecutionSnapshot(parts: parts.filter { !PartName.isRunners($0.key) })
        recordSizes(parts)
        for (name, text) in parts where PartName.isRunners(name) {
            try read(StoredPart(name, text))
        }
        for run in mapRuns.values.sorted(by: { $0.startTime < $1.startTime }) {
            currentMapRuns[run.id] = run.key
        }
    }

    private mutating func read(_ part: StoredPart) throws(SnapshotError) {
        if part.name == PartName.timers {
            for member in part.node.members {
                guard let id = Int(member.key), let time = member.value.int else {
                    throw part.error("has no timers")
                }
                timers[id] = time
            }
        } else if let id = PartName.task(part.name) {
            tasks[id] = try OpenTask(part)
        } else if PartName.isMapRun(part.name) {
            let run = try OpenMapRun(part)
            mapRuns[run.key] = run
        }
    }

    /// Counts parts that are stored; nil for those that are removed.
    mutating func recordSizes(_ parts: [String: JSONText?]) {
        for (name, text) in parts {
            let size = text.map { $0.bytes.count + name.utf8.count }
            byteCount += (size ?? 0) - (sizes[name] ?? 0)
            sizes[name] = size
        }
    }

    // MARK: - Timers

    mutating func startTimer(_ id: Int, at time: Int64) {
        timers[id] = time
        changed.insert(PartName.timers)
    }

    mutating func cancelTimer(_ id: Int) {
        if timers.removeValue(forKey: id) != nil { changed.insert(PartName.timers) }
    }

    /// Takes the timers that are due, in the order of their times.
    mutating func takeTimers(dueAt time: Int64) -> [Int] {
        let due = timers.filter { $0.value <= time }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        for (id, _) in due { cancelTimer(id) }
        return due.map(\.key)
    }

    /// When the execution is to run at the latest; nil if it waits for reports alone.
    var nextTime: Int64? {
        let checks = tasks.values.compactMap(\.checkTime).min()
        return [timers.values.min(), checks].compactMap { $0 }.min()
    }

    // MARK: - Tasks and map runs

    mutating func set(_ task: OpenTask, _ id: Int) {
        tasks[id] = task
        changed.insert(PartName.task(id))
    }

    /// Forgets a task.
    ///
    /// - Returns: the task; nil if it is not open.
    mutating func remove(task id: Int) -> OpenTask? {
        guard let task = tasks.removeValue(forKey: id) else { return nil }
        changed.insert(PartName.task(id))
        return task
    }

    /// The latest map run of a number.
    func mapRun(_ id: Int) -> OpenMapRun? { currentMapRuns[id].flatMap { mapRuns[$0] } }

    mutating func set(_ run: OpenMapRun) {
        mapRuns[run.key] = run
        currentMapRuns[run.id] = run.key
        changed.insert(PartName.mapRun(run.key))
    }

    /// Whether the runner has requests to send, items to read or results to write.
    var hasPendingWork: Bool {
        tasks.values.contains(where: \.isPending)
            || mapRuns.values.contains(where: \.hasPendingWork)
    }

    // MARK: - Storing

    /// The texts of the runner's parts that have changed since the last call; nil for those that are gone.
    mutating func takeChanges() -> [String: JSONText?] {
        var parts: [String: JSONText?] = [:]
        for name in changed { parts.updateValue(text(of: name), forKey: name) }
        changed = []
        return parts
    }

    /// The parts that stay when the execution has succeeded.
    var lastingParts: [String: JSONText?] {
        var parts: [String: JSONText?] = [:]
        for key in mapRuns.keys {
            parts.updateValue(text(of: PartName.mapRun(key)), forKey: PartName.mapRun(key))
        }
        return parts
    }

    private func text(of name: String) -> JSONText? {
        var writer = JSONWriter()
        if name == PartName.key {
            writer.element(String(decoding: key, as: UTF8.self))
        } else if name == PartName.timers {
            guard !timers.isEmpty else { return nil }
            writer.object { writer in
                for (id, time) in timers.sorted(by: { $0.key < $1.key }) { writer.field("\(id)", time) }
            }
        } else if let id = PartName.task(name) {
            guard let task = tasks[id] else { return nil }
            writer.element(task)
        } else {
            guard let run = mapRuns[PartName.mapRunKey(name)] else { return nil }
            writer.element(run)
        }
        return writer.text
    }
}

/// The names of the runner's parts. They begin with a character with which no part of a snapshot begins.
enum PartName {
    /// The secret from which tokens are made.
    static let key = "~key"
    /// The open timers.
    static let timers = "~timers"
    /// The header of the snapshot. It stays when the other parts are deleted.
    static let header = "head"
    /// What the execution was started with.
    static let info = "info"
    private static let taskPrefix = "~task."
    static let mapRunPrefix = "~map."

    static func isRunners(_ name: String) -> Bool { name.hasPrefix("~") }

    /// The part of a task.
    static func task(_ id: Int) -> String { taskPrefix + String(id) }

    /// The task of a part; nil for another part.
    static func task(_ name: String) -> Int? {
        name.hasPrefix(taskPrefix) ? Int(name.dropFirst(taskPrefix.count)) : nil
    }

    /// The part of a map run.
    static func mapRun(_ key: String) -> String { mapRunPrefix + key }

    static func isMapRun(_ name: String) -> Bool { name.hasPrefix(mapRunPrefix) }

    /// The key of the map run of a part.
    static func mapRunKey(_ name: String) -> String { String(name.dropFirst(mapRunPrefix.count)) }
}
