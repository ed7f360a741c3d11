import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

/// The contract of background services, tested on those of the engine.
struct BackgroundServiceTests {
    /// The number of services that sleep while the engine is idle: recorder, artifact cleaner, activity timer, maintenance
    /// loop, queue cleaner, audit cleaner. The others wait for values.
    private static let sleepers = 6

    private let time = ManualTime()
    private let artifacts = MemoryArtifactStore()
    private let alerts = Recorder<DeadLetterAlert>()
    private let store: any JobStore
    private let engine: Engine
    private let queue: StoreQueue

    init() {
        store = MemoryStore.open(MemoryDatabase(time: time, random: SeededRandom(seed: 1)))
        queue = StoreQueue(time: time)
        var configuration = EngineConfiguration()
        // Only the services may wake a worker that waits.
        configuration.slowPollSeconds = 1000
        configuration.deadLetterAlertRate = 0
        configuration.deliverDeadLetterAlert = { [alerts] in alerts.add($0) }
        engine = Engine(
            store: store, queue: queue, artifacts: artifacts, configuration: configuration, time: time,
            random: SeededRandom(seed: 2))
    }

    /// Starts and stops services at random, in several tasks at the same time.
    private func startAndStopAtRandom(seed: UInt64) async {
        let services = engine.services.services + [engine.services]
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<4 {
                group.addTask {
                    let random = SeededRandom(seed: seed &* 10 &+ UInt64(caller))
                    for _ in 0..<60 {
                        let service = services[Int(random.next() % UInt64(services.count))]
                        if random.next() & 1 == 0 { service.start() } else { await service.stop() }
                        if random.next() & 3 == 0 { await Task.yield() }
                    }
                }
            }
        }
    }

    /// Submits a job while a worker waits, and returns the lease that the worker gets.
    ///
    /// - Parameter afterSubmit: called when the job is submitted.
    private func leaseByWaiting(afterSubmit: () -> Void = {}) async throws -> Lease {
        let leases = Recorder<Lease>()
        let request = LeaseRequest(worker: WorkerInfo(id: "w"), leaseSeconds: 3600, waitSeconds: 60)
        let worker = Task { leases.add(contentsOf: try await engine.lease(request)) }
        defer { worker.cancel() }
        try await eventually("the worker waits") { queue.waiting == 1 }
        _ = try await engine.submit(NewJob(JobSpec(kind: "work")))
        afterSubmit()
        return try await leases.wait(for: "a service wakes the worker") { !$0.isEmpty }[0]
    }

    @Test(arguments: 0..<8) func everyServiceWorksAfterStartsAndStopsInAnyOrder(seed: UInt64) async throws {
        await startAndStopAtRandom(seed: seed)
        await engine.stop()
        try await eventually("no service sleeps") { time.sleeping == 0 }
        await startAndStopAtRandom(seed: seed &+ 1000)
        try await engine.start()
        try await eventually("the services sleep") { time.sleeping == Self.sleepers }

        let lease = try await leaseByWaiting()
        #expect(await engine.feed.wait(after: 0))
        try await checkThatFilesAreRemovedAndAlertsDelivered(lease)
        try await checkThatSettingsAreRead()
        try await checkThatRateLimitsWake()
        await engine.stop()
        try await eventually("no service sleeps") { time.sleeping == 0 }
    }

    private func checkThatFilesAreRemovedAndAlertsDelivered(_ lease: Lease) async throws {
        let isSent = Mutex(false)
        _ = try await engine.putArtifact(lease.token, name: "a", contentType: nil) {
            isSent.withLock { isSent in
                defer { isSent = true }
                return isSent ? nil : [1]
            }
        }
        let error = JobError(type: "io", message: "disk", retryable: false)
        _ = try await engine.fail(Failure(token: lease.token, error: error))
        try await eventually("the cleaner removes the files") { artifacts.contents.isEmpty }
        try await alerts.wait(for: "an alert") { $0.count == 1 }
    }

    /// Changes settings in the store, as another server does, and wakes the service, as a notification does.
    private func checkThatSettingsAreRead() async throws {
        let settings = QueueSettings(rateLimit: RateLimit(jobs: 1, periodSeconds: 10))
        _ = try await store.setQueue("default", settings)
        engine.settingsWatch.wake()
        try await eventually("the settings are read") {
            engine.settingsCache.settings(of: "default") == settings
        }
    }

    /// Starts the one job that the rate limit allows, and waits for the next one.
    private func checkThatRateLimitsWake() async throws {
        _ = try await leaseByWaiting()
        try await eventually("the service waits for the token") { time.sleeping == Self.sleepers + 1 }
        _ = try await leaseByWaiting { time.advance(seconds: 11) }
    }

    @Test func listStartsInOrderAndStopsInReverse() async {
        struct Service: BackgroundService {
            let name: String
            let calls: Recorder<String>

            func start() { calls.add("start " + name) }
            func stop() async { calls.add("stop " + name) }
        }
        let calls = Recorder<String>()
        let list = ServiceList(["a", "b", "c"].map { Service(name: $0, calls: calls) })
        list.start()
        await list.stop()
        #expect(calls.values == ["start a", "start b", "start c", "stop c", "stop b", "stop a"])
    }
}
