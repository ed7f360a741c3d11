import Foundation
import LonghaulBroker
import LonghaulCore
import LonghaulEngine
import LonghaulPostgres
import LonghaulKafka
import LonghaulRabbitMQ
import LonghaulRedis
import Synchronization

/// Runs no-op jobs with an embedded engine and worker over a broker. The jobs are submitted in batches of 1,000 and
/// published to the broker, then consumed, run and completed. Each step is durable in the store.
struct BrokerDrainBenchmark {
    let jobs: Int
    /// The URL of the broker.
    let queue: String
    /// The URL of the store; nil for a new SQLite store.
    let store: String?

    func run() async throws {
        let store: (any JobStore)? =
            if let store { try await PostgresStore.open(url: store) } else { nil }
        if queue.hasPrefix("amqp") {
            let address = try RabbitAddress(queue)
            try await measure(BrokerQueue(time: SystemTime()) { try RabbitTransport(address) }, store)
        } else if queue.hasPrefix("kafka") {
            let address = try KafkaAddress(queue)
            try await measure(BrokerQueue(time: SystemTime()) { try KafkaTransport(address) }, store)
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
        // The first claim of a worker reads the store, and a claim that finds enough jobs there repeats it.
        let info = WorkerInfo(id: "bench")
        _ = try await rig.engine.lease(
            LeaseRequest(worker: info, kinds: ["bench.noop"], maxJobs: 1, waitSeconds: 0.5))
        let submitting = try await seconds {
            try await Rig.submit(jobs, to: rig.engine)
            // The measured time includes the publishing to the broker, like that of Celery's producer.
            for await _ in counting.published {}
        }
        // From the first job, like Celery's: a group of Kafka accepts a member after seconds.
        let draining = try await DrainBenchmark.drain(jobs, rig, as: info)
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

/// A queue that counts published and consumed jobs, so that the benchmark does not measure the store alone.
private final class CountingQueue: JobQueue {
    /// Ends when the expected number of jobs is published.
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
    /// The number of consumed job IDs.
    var carried: Int { counts.withLock(\.carried) }
    /// The number of claims that read the store instead.
    var looked: Int { counts.withLock(\.looked) }

    func observeRemote(_ entries: [QueueEntry]) { queue.observeRemote(entries) }

    func publish(_ entries: [QueueEntry]) async throws {
        try await queue.publish(entries)
        let isAll = left.withLock { left in
            left -= entries.count
            return left <= 0
        }
        if isAll { finish.finish() }
    }

    var wakeCount: Int { queue.wakeCount }

    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        let delivery = try await queue.receive(interest, limit: limit, until: deadline, since: wakeCount)
        counts.withLock { counts in
            switch delivery {
            case .jobs(let ids): counts.carried += ids.count
            case .checkStore: counts.looked += 1
            case .none: break
            }
        }
        return delivery
    }

    func wake(_ interest: QueueInterest) { queue.wake(interest) }

    func forget(_ queues: [String]) { queue.forget(queues) }

    func acknowledge(_ ids: [JobID]) async throws { try await queue.acknowledge(ids) }

    func held(of queue: String) async throws -> Int? { try await self.queue.held(of: queue) }

    func checkReady() async throws { try await queue.checkReady() }
}
