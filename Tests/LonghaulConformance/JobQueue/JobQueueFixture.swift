import LonghaulCore
import LonghaulTestSupport

/// The queues of two servers over one broker, with helpers for the cases.
struct JobQueueFixture: Sendable {
    let first: any JobQueue
    let second: any JobQueue
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let time = SystemTime()
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

    /// Waits for jobs at the first server or at another one.
    func delivery(
        _ kinds: [String] = ["work"], limit: Int, isShort: Bool = false, from queue: (any JobQueue)? = nil
    ) async throws -> QueueDelivery {
        try await insist {
            try await (queue ?? first).receive(
                interest(kinds), limit: limit, until: isShort ? verySoon : soon)
        }
    }

    /// The number of entries that the queue holds, as a server reports it.
    func held(at queue: (any JobQueue)? = nil) async throws -> Int? {
        try await insist { try await (queue ?? first).held(of: name) }
    }

    /// Receives and acknowledges jobs until `count` different ones have arrived.
    func receive(
        _ count: Int, kinds: [String] = ["work"], limit: Int = 100, from queue: (any JobQueue)? = nil
    ) async throws -> Set<JobID> {
        let queue = queue ?? first
        let deadline = soon
        var received: Set<JobID> = []
        while received.count < count {
            let delivery: QueueDelivery
            do {
                delivery = try await queue.receive(
                    interest(kinds), limit: min(limit, count - received.count), until: deadline)
            } catch let error as LonghaulError where error.isTransient && time.now() < deadline {
                // Like the engine: a broker may be unavailable for a short time.
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            switch delivery {
            case .jobs(let ids):
                received.formUnion(ids)
                try await queue.acknowledge(ids)
            case .checkStore: continue
            case .none: throw LonghaulError(.internal, "only \(received.count) of \(count) jobs arrived")
            }
        }
        return received
    }

    /// Receives `count` different jobs and acknowledges none of them. Throws every error.
    func take(_ count: Int) async throws -> Set<JobID> {
        let deadline = soon
        var taken: Set<JobID> = []
        while taken.count < count {
            switch try await first.receive(interest(), limit: count - taken.count, until: deadline) {
            case .jobs(let ids): taken.formUnion(ids)
            case .checkStore: continue
            case .none: throw LonghaulError(.internal, "only \(taken.count) of \(count) jobs arrived")
            }
        }
        return taken
    }
}
