import LonghaulCore

/// The free slots of queues and kinds. The owner must protect it with a lock.
struct SlotTable: Sendable {
    /// The jobs that the worker can request for a queue.
    struct Room: Sendable, Hashable {
        /// The kinds with free slots.
        var kinds: [String]
        /// The maximum number of jobs to request, which is limited to half the slots of a large queue.
        var jobs: Int
        /// Whether a kind of the queue has no free slot, so that the next request should follow soon.
        var isPartial: Bool
    }

    /// A queue with more slots is filled by halves. Otherwise all its jobs would be leased, run and completed in step,
    /// and the server would be idle while they run.
    private static let smallQueue = 16

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

    /// The jobs that the worker can request for the queue; nil if no slot is free.
    func room(in queue: String) -> Room? {
        let slots = queues[queue] ?? 0
        let free = slots - (usedByQueue[queue] ?? 0)
        guard free > 0, let all = kinds[queue] else { return nil }
        var open: [String] = []
        var jobs = min(free, slots > Self.smallQueue ? (slots + 1) / 2 : slots)
        for kind in all {
            guard let limit = limits[kind] else {
                open.append(kind)
                continue
            }
            let left = limit - (usedByKind[kind] ?? 0)
            guard left > 0 else { continue }
            open.append(kind)
            // All leased jobs may be of this kind.
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
