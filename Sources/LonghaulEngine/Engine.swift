public import LonghaulCore

/// The rules of Longhaul over its three ports: submit, claim, retry, dead-letter, watch.
///
/// An engine serves callers and workers of its own process, by calls, and those of others through
/// `LonghaulServer`. Start it before the first call and stop it after the last; both may be repeated.
public final class Engine: Sendable {
    let store: any JobStore
    let queue: any JobQueue
    let artifacts: any ArtifactStore
    /// The settings it was made with.
    public let configuration: EngineConfiguration
    /// Its clock.
    public let time: any TimeSource
    let ids: JobIDGenerator

    let meter: QueueMeter
    let metrics: JobMetrics
    let recorder: QueueRecorder
    /// The callers that wait for the end of a job, and for new lines in its log.
    let ends = JobWaiters()
    let logLines = JobWaiters()
    /// The live changes of all jobs.
    public let feed: ChangeFeed
    let publisher: OutboxPublisher
    let reconciler: OutboxReconciler
    let maintenance: MaintenanceLoop
    let activity: ActivityTimer
    let scheduler: Scheduler
    let cleaner: ArtifactCleaner
    let deadLetterWatch: DeadLetterWatch
    let book = QueueBook()
    let leaseCalls = LeaseCalls()
    let settingsWatch: SettingsWatch
    let rateWaker: RateWaker
    /// Refuses new work while too little disk is free.
    public let diskFloor: DiskFloor
    let queueCleaner: QueueCleaner
    /// All that act on committed changes, in the order in which they receive a batch.
    private let observers: [any ChangeObserver]
    let services: ServiceList
    private let probes: [ReadinessProbe]

    /// An engine over these ports.
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
        meter = QueueMeter(startedAt: time.now())
        metrics = JobMetrics(maxLabels: configuration.metricsLabels)
        recorder = QueueRecorder(store: store, time: time)
        feed = ChangeFeed(epoch: random.next(), capacity: configuration.eventBuffer)
        publisher = OutboxPublisher(queue: queue, time: time)
        reconciler = OutboxReconciler(
            store: store, queue: queue, time: time, intervalSeconds: configuration.resendSeconds)
        cleaner = ArtifactCleaner(
            store: store, artifacts: artifacts, time: time, sweepSeconds: configuration.artifactSweepSeconds)
        deadLetterWatch = DeadLetterWatch(
            threshold: configuration.deadLetterAlertRate, deliver: configuration.deliverDeadLetterAlert,
            time: time)
        scheduler = Scheduler(store: store, time: time, ids: ids, book: book, configuration: configuration)
        maintenance = MaintenanceLoop(
            store: store, cleaner: cleaner, scheduler: scheduler, time: time,
            intervalSeconds: configuration.maintenanceSeconds)
        activity = ActivityTimer(
            store: store, time: time, outageSeconds: configuration.limits.outageSeconds)
        rateWaker = RateWaker(store: store, queue: queue, time: time)
        diskFloor = DiskFloor(
            folders: configuration.diskFolders, minFreeBytes: configuration.minFreeDiskBytes, time: time)
        queueCleaner = QueueCleaner(
            store: store, time: time, retentionSeconds: configuration.queueRetentionSeconds)
        probes = [
            ReadinessProbe("store", time: time, store.checkReady),
            ReadinessProbe("queue", time: time, queue.checkReady),
            ReadinessProbe("artifacts", time: time, artifacts.checkReady),
        ]
        settingsWatch = SettingsWatch(store: store, time: time)
        observers = [
            meter, metrics, recorder, ends, feed, publisher, cleaner, deadLetterWatch, maintenance, rateWaker,
            ConcurrencyWaker(book: book, queue: queue),
        ]
        services = ServiceList([
            recorder, publisher, reconciler, rateWaker, settingsWatch, deadLetterWatch, cleaner,
            // Before maintenance, which ends leases by the outages that the store has noticed.
            activity, maintenance, queueCleaner, feed,
        ])
        settingsWatch.onRead { [weak self] in self?.adopt($0, $1) }
        queueCleaner.onRemoval { [weak self] in self?.forget($0) }
        store.observe { [weak self] batch in self?.observe(batch) }
        store.observeSettings { [settingsWatch] in settingsWatch.wake() }
        store.configure(configuration.limits)
    }

    /// Starts the background services.
    ///
    /// - Throws: ``LonghaulError`` if the store does not answer.
    public func start() async throws {
        let queues = try await store.queues()
        book.load(queues, try await store.routing())
        for queue in queues { rateWaker.set(queue.name, queue.settings) }
        services.start()
    }

    /// Stops the background services, and ends every wait for changes. The store stays open.
    public func stop() async {
        await services.stop()
    }

    /// Passes the changes of a commit to all observers.
    private func observe(_ batch: ChangeBatch) {
        for observer in observers { observer.observe(batch) }
    }

    /// A new identifier, unique and greater than every one before.
    public func newIdentifier() -> JobID { ids.next() }

    /// Which parts do not answer, with what they say; empty when all do. One that says nothing does not hold up
    /// the answer for long.
    public func readiness() async -> [(part: String, fault: LonghaulError)] {
        let deadline = time.now().adding(seconds: configuration.readinessSeconds)
        // All are asked before the first is waited for.
        for probe in probes { probe.ask() }
        var faults: [(String, LonghaulError)] = []
        for probe in probes {
            if let fault = await probe.fault(until: deadline) { faults.append((probe.part, fault)) }
        }
        return faults
    }
}

extension LonghaulError {
    /// An error of a port as one of Longhaul's own.
    init(wrapping error: any Error) {
        self = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
    }
}
