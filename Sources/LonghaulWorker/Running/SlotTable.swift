import LonghaulCore

/// Which queues and kinds have room for how many more jobs. A pure table; its owner keeps it under a lock.
struct SlotTable: Sendable {
    /// What a queue could ask for now.
    struct Room: Sendable, Hashable {
        /// The kinds that have room.
        var kinds: [String]
        /// At most this many jobs: not more than a share of the queue's slots at once.
        var jobs: Int
        /// Whether a kind of the queue has no room, so that one should ask again soon.
        var isPartial: Bool
    }

    /// A queue of more slots than this is filled by halves: all its jobs at once would be taken, run and reported
    /// in step, and the server would have nothing to do while they run.
    private static let few = 16

    private let queues: [String: Int]
    private let limits: [String: Int]
    private let kinds: [String: [String]]
    private var usedByQueue: [String: Int] = [:]
    private var usedByKind: [String: Int] = [:]

    init(queues: [(name: String, slots: Int)], handlers: [Handler]) {
        self.queues = Dictionary(queues.map { ($0.name, $0.slots) }, uniquingKeysWith: +)
        limits = Dictionary(
            handlers.compactMap { handler in handler.concurrency.map { (handler.kind, $0) } },
            uniquingKeysWith: { first, _ in first })
        kinds = Dictionary(
            uniqueKeysWithValues: self.queues.keys.map { queue in
                (queue, handlers.filter { $0.queue == nil || $0.queue == queue }.map(\.kind).sorted())
            })
    }

    /// The kinds that no queue of the worker serves.
    func unserved(_ handlers: [Handler]) -> [Handler] {
        handlers.filter { handler in handler.queue.map { queues[$0] == nil } ?? queues.isEmpty }
    }

    /// What the queue could ask for now; nil if it has no room at all.
    func room(in queue: String) -> Room? {
        let slots = queues[queue] ?? 0
        let free = slots - (usedByQueue[queue] ?? 0)
        guard free > 0, let all = kinds[queue] else { return nil }
        var open: [String] = []
        var jobs = min(free, slots > Self.few ? (slots + 1) / 2 : slots)
        for kind in all {
            guard let limit = limits[kind] else {
                open.append(kind)
                continue
            }
            let left = limit - (usedByKind[kind] ?? 0)
            guard left > 0 else { continue }
            open.append(kind)
            // All of the jobs given may be of this one kind.
            jobs = min(jobs, left)
        }
        return open.isEmpty ? nil : Room(kinds: open, jobs: jobs, isPartial: open.count < all.count)
    }

    mutating func take(queue: String, kind: String) {
        usedByQueue[queue, default: 0] += 1
        usedByKind[kind, default: 0] += 1
    }

    mutating func free(queue: String, kind: String) {
        usedByQueue[queue, default: 0] -= 1
        usedByKind[kind, default: 0] -= 1
    }
}
