import Foundation
import LonghaulBroker
import LonghaulCore
import LonghaulEngine
import LonghaulPostgres
import LonghaulRabbitMQ
import LonghaulRedis
import Synchronization

/// No-op jobs through an embedded engine and worker whose queue is a broker: submitted in batches of a thousand and
/// carried to the broker, then taken from it, run and completed, every step durable in the store.
struct BrokerDrainBenchmark {
    let jobs: Int
    /// Where the broker is.
    let queue: String
    /// Where the store is; nil for an SQLite of its own.
    let store: String?

    func run() async throws {
        let store: (any JobStore)? =
            if let store { try await PostgresStore.open(url: store) } else { nil }
        if queue.hasPrefix("amqp") {
            let address = try RabbitAddress(queue)
            try await measure(BrokerQueue(time: SystemTime()) { try RabbitTransport(address) }, store)
        } else {
            let address = try RedisAddress(queue)
            try await measure(BrokerQueue(time: SystemTime()) { try RedisTransport(address) }, store)
        }
    }

    private func measure(_ broker: BrokerQueue<some BrokerTransport>, _ store: (any JobStore)?) async throws {
        let counting = CountingQueue(broker, expected: jobs)
        let rig = try Rig(store: store, queue: counting)
        try await rig.engine.start()
        try await Rig.openWide(rig.engine)
        // New settings make the next worker look into the store, and whoever finds enough there goes on looking.
        let idle = LeaseRequest(
            worker: WorkerInfo(id: "idle"), kinds: ["bench.noop"], maxJobs: 1, waitSeconds: 0.5)
        _ = try await rig.engine.lease(idle)
        let submitting = try await seconds {
            try await Rig.submit(jobs, to: rig.engine)
            // The broker has them, too: what is counted is what Celery's producer does.
            for await _ in counting.published {}
        }
        let draining = try await seconds { try await DrainBenchmark.drain(jobs, rig) }
        let looked = counting.looked
        try await rig.end()
        await broker.close()
        report([
            "jobs": Double(jobs), "submitted_per_second": Double(jobs) / submitting,
            "drained_per_second": Double(jobs) / draining,
            "whole_per_second": Double(jobs) / (submitting + draining),
            "carried_share": Double(counting.carried) / Double(jobs), "looks": Double(looked),
        ])
    }
}

/// A queue that counts what goes through it, so that nobody measures the store alone by mistake.
private final class CountingQueue: JobQueue {
    /// Ends when as many were published as were expected.
    let published: AsyncStream<Void>
    private let finish: AsyncStream<Void>.Continuation
    private let queue: any JobQueue
    private let left: Mutex<Int>
    private let counts = Mutex((carried: 0, looked: 0))

    init(_ queue: any JobQueue, expected: Int) {
        self.queue = queue
        left = Mutex(expected)
        (published, finish) = AsyncStream.makeStream()
    }

    var carriesIdentifiers: Bool { queue.carriesIdentifiers }
    /// How many identifiers came out.
    var carried: Int { counts.withLock(\.carried) }
    /// How often the store was to be looked into instead.
    var looked: Int { counts.withLock(\.looked) }

    func noticed(_ entries: [QueueEntry]) { queue.noticed(entries) }

    func publish(_ entries: [QueueEntry]) async throws {
        try await queue.publish(entries)
        let isAll = left.withLock { left in
            left -= entries.count
            return left <= 0
        }
        if isAll { finish.finish() }
    }

    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        let delivery = try await queue.receive(interest, limit: limit, until: deadline)
        counts.withLock { counts in
            switch delivery {
            case .jobs(let ids): counts.carried += ids.count
            case .look: counts.looked += 1
            case .none: break
            }
        }
        return delivery
    }

    func lookAgain(_ interest: QueueInterest) { queue.lookAgain(interest) }

    func forget(_ queues: [String]) { queue.forget(queues) }

    func acknowledge(_ ids: [JobID]) async throws { try await queue.acknowledge(ids) }

    func held(of queue: String) async throws -> Int? { try await self.queue.held(of: queue) }

    func checkReady() async throws { try await queue.checkReady() }
}
