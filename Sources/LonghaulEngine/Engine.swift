public import LonghaulCore

/// A durable job system over three ports: a store, a queue and an artifact store.
///
/// Callers and workers in the same process call the engine directly. Those in other processes reach it through
/// `LonghaulServer`. Start the engine before the first call, and stop it after the last one. It can be started again.
public final class Engine: Sendable {
    let store: any JobStore
    let queue: any JobQueue
    let artifacts: any ArtifactStore
    /// The settings of the engine.
    public let configuration: EngineConfiguration
    /// The clock of the engine.
    public let time: any TimeSource
    let ids: JobIDGenerator

    let meter: QueueMeter
    let metrics: JobMetrics
    let recorder: QueueRecorder
    /// The callers that wait for the end of a job.
    let endWaiters = JobWaiters()
    /// The callers that wait for new log lines of a job.
    let logWaiters = JobWaiters()
    /// The live changes of all jobs.
    public let feed: ChangeFeed
    let publisher: OutboxPublisher
    let reconciler: OutboxReconciler
    let redelivery: RedeliveryLoop
    let maintenance: MaintenanceLoop
    let activity: ActivityTimer
    let scheduler: Scheduler
    let cleaner: ArtifactCleaner
    let deadLetterWatch: DeadLetterWatch
    let settingsCache = QueueSettingsCache()
    let leaseCalls = LeaseCalls()
    let searches: SearchSlots
    let storeQueries = StoreQueries()
    let settingsWatch: SettingsWatch
    let rateWaker: RateWaker
    let missedWorkWaker: MissedWorkWaker
    /// Rejects new work while the free disk space is below a minimum.
    public let diskFloor: DiskFloor
    let queueCleaner: QueueCleaner
    let auditCleaner: AuditCleaner
    let webhooks: WebhookLoop
    /// The components that act on committed changes, in the order in which they receive a batch.
    private let observers: [any ChangeObserver]
    let services: ServiceList
    private let probes: [ReadinessProbe]

    /// Creates an engine over these ports. ``start()`` starts it.
    public init(
        store: any JobStore, queue: any JobQueue, artifacts: any ArtifactStore,
        configuration: EngineConfiguration = EngineConfiguration(), time: any TimeSource = SystemTime(),
        random: any RandomSource = SystemRandom()
    ) {
        self.store = store
        self.queue = queue
        self.artifacts = artifacts
        self.configuration = configuration
        self.time = time
        ids = JobIDGenerator(time: time, random: random)
        searches = SearchSlots(configuration.search, time: time)
        meter = QueueMeter(startedAt: time.now())
        metrics = JobMetrics(maxLabels: configuration.metricsLabels)
        recorder = QueueRecorder(store: store, time: time)
        feed = ChangeFeed(epoch: random.next(), capacity: configuration.eventBuffer)
        publisher = OutboxPublisher(queue: queue, time: time)
        reconciler = OutboxReconciler(
            store: store, queue: queue, time: time, intervalSeconds: configuration.reconcileSeconds)
        redelivery = RedeliveryLoop(store: store, queue: queue, time: time)
        cleaner = ArtifactCleaner(
            store: store, artifacts: artifacts, time: time, sweepSeconds: configuration.artifactSweepSeconds)
        deadLetterWatch = DeadLetterWatch(
            threshold: configuration.deadLetterAlertRate, deliver: configuration.deliverDeadLetterAlert,
            time: time)
        scheduler = Scheduler(
            store: store, time: time, ids: ids, settingsCache: settingsCache, configuration: configuration)
        maintenance = MaintenanceLoop(
            store: store, cleaner: cleaner, scheduler: scheduler, time: time,
            intervalSeconds: configuration.maintenanceSeconds)
        activity = ActivityTimer(
            store: store, time: time, outageSeconds: configuration.limits.outageSeconds)
        rateWaker = RateWaker(store: store, queue: queue, time: time)
        missedWorkWaker = MissedWorkWaker(queue: queue, time: time)
        diskFloor = DiskFloor(
            folders: configuration.diskFolders, minFreeBytes: configuration.minFreeDiskBytes, time: time)
        queueCleaner = QueueCleaner(
            store: store, time: time, retentionSeconds: configuration.queueRetentionSeconds)
        auditCleaner = AuditCleaner(
            store: store, time: time, retentionSeconds: configuration.auditRetentionSeconds)
        webhooks = WebhookLoop(store: store, settings: configuration.webhooks, time: time)
        probes = [
            ReadinessProbe("store", time: time, store.checkReady),
            ReadinessProbe("queue", time: time, queue.checkReady),
            ReadinessProbe("artifacts", time: time, artifacts.checkReady),
        ]
        settingsWatch = SettingsWatch(store: store, cache: settingsCache, time: time)
        observers = [
            meter, metrics, recorder, endWaiters, feed, publisher, cleaner, deadLetterWatch, maintenance,
            rateWaker, ConcurrencyWaker(settingsCache: settingsCache, queue: queue),
            webhooks,
        ]
        services = ServiceList([
            recorder, publisher, reconciler, redelivery, rateWaker, missedWorkWaker, settingsWatch,
            deadLetterWatch, cleaner,
            // It starts before maintenance, which extends leases by the outages that the store has recorded.
            activity, maintenance, queueCleaner, auditCleaner, webhooks,
            feed,
        ])
        settingsWatch.onRead { [weak self] in self?.apply($0) }
        queueCleaner.onRemoval { [weak self] in self?.forget($0) }
        store.observe { [weak self] batch in self?.observe(batch) }
        store.observeSettings { [settingsWatch] in settingsWatch.wake() }
        store.observeMissedWork { [weak self] in self?.findMissed($0) }
        store.configure(configuration.limits)
    }

    /// Starts the background services.
    ///
    /// - Throws: ``LonghaulError`` if the store does not answer.
    public func start() async throws {
        let revision = settingsCache.revision
        let queues = try await store.queues()
        _ = settingsCache.replace(with: queues, try await store.routing(), since: revision)
        for queue in queues { rateWaker.set(queue.name, queue.settings) }
        services.start()
    }

    /// Stops the background services and ends all waits for changes. The store stays open.
    public func stop() async {
        await services.stop()
    }

    /// Passes the changes of a commit to all observers.
    private func observe(_ batch: ChangeBatch) {
        for observer in observers { observer.observe(batch) }
    }

    /// Makes the parts that wait for changes read the store, after changes may have been missed.
    private func findMissed(_ work: MissedWork) {
        missedWorkWaker.wake(for: work)
        guard work == .notifications else { return }
        maintenance.plan(time.now())
        endWaiters.wakeAll()
        logWaiters.wakeAll()
    }

    /// A new ID, greater than all earlier IDs of this engine.
    public func newIdentifier() -> JobID { ids.next() }

    /// The components that are not ready, each with the reason; empty if all are ready. A component that does not
    /// answer within ``EngineConfiguration/readinessSeconds`` is not ready.
    public func unreadyComponents() async -> [(component: String, error: LonghaulError)] {
        let deadline = time.now().adding(seconds: configuration.readinessSeconds)
        // All checks start before the first wait, so that they run at the same time.
        for probe in probes { probe.start() }
        var unready: [(String, LonghaulError)] = []
        for probe in probes {
            if let error = await probe.error(until: deadline) { unready.append((probe.component, error)) }
        }
        return unready
    }
}

extension LonghaulError {
    /// The store returned fewer answers than there were entries.
    static let noAnswer = LonghaulError(.internal, "the store returned no answer for an entry")

    /// A `LonghaulError` as it is, any other error with the code `internal`.
    init(wrapping error: any Error) {
        self = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
    }
}
