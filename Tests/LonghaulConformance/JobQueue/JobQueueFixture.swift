import LonghaulCore
import LonghaulTestSupport
import Synchronization

/// The queues of two servers over one broker, with helpers for the cases.
///
/// A queue may deliver an ID several times, for example when a call fails on a slow machine and is repeated. The helpers
/// count an ID once.
struct JobQueueFixture: Sendable {
    let first: any JobQueue
    let second: any JobQueue
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let time = SystemTime()
    private let received = ReceivedIDs()
    /// The queue that the case uses.
    let name = "default"

    init(first: any JobQueue, second: any JobQueue) {
        self.first = first
        self.second = second
    }

    /// A deadline for expected events.
    var soon: Timestamp { time.now().adding(seconds: 30) }
    /// A deadline for checks that nothing happens.
    var verySoon: Timestamp { time.now().adding(seconds: 0.5) }

    func interest(_ kinds: [String] = ["work"]) -> QueueInterest {
        QueueInterest(queues: [name], kinds: kinds)
    }

    func entries(
        _ count: Int, queue: String? = nil, kind: String = "work", priority: Int = 5
    ) -> [QueueEntry] {
        (0..<count).map { _ in
            QueueEntry(id: ids.next(), queue: queue ?? name, kind: kind, priority: priority)
        }
    }

    /// Repeats a call while the broker is unavailable, like the engine: calls time out if the machine stalls. Throws
    /// any other error, and throws if the broker does not answer at all.
    func insist<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await retrying(within: 30, if: { ($0 as? LonghaulError)?.code == .unavailable }, body)
    }

    /// Publishes at the first server. Returns the number of tries; each of them may have published the jobs.
    @discardableResult
    func publish(_ entries: [QueueEntry]) async throws -> Int {
        var tries = 0
        try await insist {
            tries += 1
            try await first.publish(entries)
        }
        return tries
    }

    /// Waits for new jobs at the first server or at another one. Acknowledges repeated ones.
    func delivery(
        _ kinds: [String] = ["work"], limit: Int, isShort: Bool = false, from queue: (any JobQueue)? = nil
    ) async throws -> QueueDelivery {
        let queue = queue ?? first
        let deadline = isShort ? verySoon : soon
        while true {
            let delivery = try await insist {
                try await queue.receive(interest(kinds), limit: limit, until: deadline)
            }
            guard case .jobs(let ids) = delivery else { return delivery }
            let new = ids.filter(received.insert)
            try await queue.acknowledge(ids.filter { !new.contains($0) })
            if !new.isEmpty { return .jobs(new) }
        }
    }

    /// The number of entries that the queue holds, as a server reports it.
    func held(at queue: (any JobQueue)? = nil) async throws -> Int? {
        try await insist { try await (queue ?? first).held(of: name) }
    }

    /// Receives and acknowledges `count` new jobs.
    func receive(
        _ count: Int, kinds: [String] = ["work"], limit: Int = 100, from queue: (any JobQueue)? = nil
    ) async throws -> Set<JobID> {
        let queue = queue ?? first
        var jobs: Set<JobID> = []
        while jobs.count < count {
            switch try await delivery(kinds, limit: min(limit, count - jobs.count), from: queue) {
            case .jobs(let ids):
                jobs.formUnion(ids)
                try await queue.acknowledge(ids)
            case .checkStore: continue
            case .none: throw LonghaulError(.internal, "only \(jobs.count) of \(count) jobs arrived")
            }
        }
        return jobs
    }

    /// Receives `count` new jobs and acknowledges none of them. Throws every error.
    func take(_ count: Int) async throws -> Set<JobID> {
        let deadline = soon
        var taken: Set<JobID> = []
        while taken.count < count {
            switch try await first.receive(interest(), limit: count - taken.count, until: deadline) {
            case .jobs(let ids): taken.formUnion(ids.filter(received.insert))
            case .checkStore: continue
            case .none: throw LonghaulError(.internal, "only \(taken.count) of \(count) jobs arrived")
            }
        }
        return taken
    }
}

/// The IDs that a case has received.
private final class ReceivedIDs: Sendable {
    private let ids = Mutex(Set<JobID>())

    /// Records an ID. Returns whether it is new.
    @Sendable func insert(_ id: JobID) -> Bool { ids.withLock { $0.insert(id).inserted } }
}
