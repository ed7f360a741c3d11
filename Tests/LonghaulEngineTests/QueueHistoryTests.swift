import LonghaulConcurrency
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// The history of queues, on a clock that the test moves.
struct QueueHistoryTests {
    private static let start = Timestamp(milliseconds: 1_764_000_000_000)
    private let time = ManualTime(Self.start)
    private let database: MemoryDatabase

    init() {
        database = MemoryDatabase(time: time, random: SeededRandom(seed: 1))
    }

    private func engine() async throws -> Engine {
        let engine = Engine(
            store: MemoryStore.open(database), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(),
            time: time, random: SeededRandom(seed: 2))
        try await engine.start()
        try await untilAtRest()
        return engine
    }

    private func work(_ engine: Engine, failing: Bool = false) async throws {
        var job = NewJob(JobSpec(kind: "a"))
        job.spec.maxAttempts = 1
        _ = try await engine.submit(job)
        time.advance(seconds: 2)
        let lease = try #require(
            try await engine.lease(LeaseRequest(worker: WorkerInfo(id: "w"))).first)
        time.advance(seconds: 3)
        if failing {
            let error = JobError(type: "e", message: "m")
            _ = try await engine.fail(Failure(token: lease.token, error: error))
        } else {
            _ = try await engine.complete([Completion(token: lease.token)])
        }
    }

    /// Waits until the recorder, the maintenance and the sweep of artifacts all sleep on the clock.
    private func untilAtRest() async throws {
        try await eventually("all loops sleep") { time.sleeping >= 3 }
    }

    private func stored() async throws -> [QueueSample] {
        try await MemoryStore.open(database).samples(of: nil, since: Self.start)
    }

    @Test func historyHasTheCurrentMinuteAndTheStoredOnes() async throws {
        let engine = try await engine()
        try await work(engine)
        try await work(engine, failing: true)
        var expected = QueueSample(queue: "default", at: Self.start, depth: 0)
        expected.enqueued = 2
        expected.finished = 2
        expected.failed = 1
        (expected.waitP50, expected.waitP95) = (2, 2)
        (expected.runP50, expected.runP95) = (3, 3)
        #expect(try await engine.history(HistoryQuery(minutes: 60)) == [expected])
        #expect(try await stored().isEmpty)

        time.set(Self.start.adding(seconds: 62))
        try await eventually("the minute is stored") { try await stored().count == 1 }
        _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
        let samples = try await engine.history(HistoryQuery(queue: "default", minutes: 60))
        #expect(samples.first == expected)
        #expect(samples.last?.at == Self.start.adding(seconds: 60))
        #expect(samples.last?.depth == 1 && samples.last?.enqueued == 1)
        #expect(try await engine.history(HistoryQuery(queue: "default", minutes: 1)).count == 1)
        await engine.stop()
    }

    @Test func idleQueueHasASampleForEachMinute() async throws {
        let engine = try await engine()
        _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
        for minute in 1...3 {
            time.set(Self.start.adding(seconds: Double(minute) * 60 + 2))
            try await eventually("minute \(minute) is stored") { try await stored().count == minute }
            try await untilAtRest()
        }
        let samples = try await engine.history(HistoryQuery(minutes: 60))
        #expect(samples.map(\.depth) == [1, 1, 1, 1])
        #expect(samples.map(\.enqueued) == [1, 0, 0, 0])
        await engine.stop()
    }

    @Test func restartDuringAMinuteLosesNoCounts() async throws {
        var engine = try await engine()
        try await work(engine)
        await engine.stop()
        engine = try await self.engine()
        try await work(engine)
        let sample = try #require(try await engine.history(HistoryQuery(queue: "default", minutes: 1)).first)
        #expect(sample.enqueued == 2 && sample.finished == 2)
        await engine.stop()
    }

    @Test func anUnknownQueueHasNoHistory() async throws {
        let engine = try await engine()
        await #expect(throws: LonghaulError.self) {
            try await engine.history(HistoryQuery(queue: "none", minutes: 1))
        }
        await engine.stop()
    }

    /// Stores a sample of each queue for each of the last minutes.
    private func record(minutes: Int, of queues: [String]) async throws -> [QueueSample] {
        let samples = (0..<minutes).flatMap { minute in
            queues.map { queue in
                var sample = QueueSample(
                    queue: queue, at: Self.start.adding(seconds: -60 * Double(minutes - 1 - minute)),
                    depth: minute % 7)
                sample.enqueued = 1
                sample.runP95 = Double(minute)
                return sample
            }
        }
        try await MemoryStore.open(database).recordSamples(
            samples, deletingBefore: Timestamp(milliseconds: 0))
        return samples
    }

    @Test func longerStepsMergeTheirMinutesPageByPage() async throws {
        let queues = ["B", "a", "b"]
        _ = try await record(minutes: 1000, of: queues)
        let engine = try await engine()
        var query = HistoryQuery(minutes: 600, stepMinutes: 15, limit: 7)
        var found: [QueueSample] = []
        while true {
            let page = try await engine.history(query)
            found += page
            query.place = page.last?.place
            if page.count < query.limit { break }
        }
        // Forty whole steps, and the current minute.
        #expect(found.count == 41 * 3 && Set(found.map(\.place)).count == found.count)
        #expect(found.sorted { $0.place < $1.place } == found)
        #expect(found.map(\.queue).prefix(3) == ["B", "a", "b"])
        #expect(found.reduce(0) { $0 + $1.enqueued } == 3 * (40 * 15 + 1))
        #expect(found[3].depth == 6 && found.allSatisfy { $0.at.milliseconds % 900_000 == 0 })
        #expect(found.last?.runP95 == 999)
        await engine.stop()
    }

    /// The history of many queues reads much. A few callers must not occupy all readers of the store.
    @Test func longHistoriesTakeTurnsWithSearches() async throws {
        _ = try await record(minutes: 700, of: ["a", "b", "c"])
        let engine = try await engine()
        let leave = Event<Void>()
        let searches = (0..<SearchLimits().maxConcurrent).map { _ in
            Task { try await engine.searches.run { await leave.wait() } }
        }
        try await eventually("the searches run") { engine.searches.counts.running == searches.count }
        let long = HistoryQuery(minutes: 1440, stepMinutes: 60, isTotal: true)
        let refused = Task { try await engine.history(long) }
        try await eventually("the history waits") { engine.searches.counts.waiting == 1 }
        time.advance(seconds: SearchLimits().maxWaitSeconds)
        let error = await #expect(throws: LonghaulError.self) { try await refused.value }
        #expect(error?.code == .systemBusy && error?.detail.contains("for one queue") == true)
        // A short one does not wait.
        #expect(try await engine.history(HistoryQuery(minutes: 60, isTotal: true)).count > 0)
        leave.fire()
        for search in searches { try await search.value }
        #expect(try await engine.history(long).map(\.enqueued).reduce(0, +) == 2100)
        await engine.stop()
    }

    @Test func aTotalAddsUpTheCoveredQueues() async throws {
        let samples = try await record(minutes: 30, of: ["a", "b", "c"])
        let engine = try await engine()
        let minutes = try await engine.history(HistoryQuery(minutes: 30, isTotal: true)) { $0 != "b" }
        #expect(minutes.map(\.queue) == Array(repeating: "*", count: 30))
        #expect(minutes.map(\.depth) == (0..<30).map { 2 * ($0 % 7) })
        #expect(minutes.map(\.enqueued) == Array(repeating: 2, count: 30))
        let long = try await engine.history(HistoryQuery(minutes: 30, stepMinutes: 1440, isTotal: true))
        #expect(long.map(\.enqueued).reduce(0, +) == samples.count && long.map(\.depth).max() == 18)
        await engine.stop()
    }

    /// The store has samples of hours only before the last day. A step that may begin there consists of whole hours.
    @Test(arguments: [
        (1440, 10, 10), (1440, 60, 60), (1440, 90, 120), (1440, 7, 60), (1433, 7, 7), (1441, 1, 60),
        (10_080, 61, 120),
    ])
    func stepsBeforeTheLastDayAreWholeHours(minutes: Int, step: Int, rounded: Int64) {
        let query = HistoryQuery(minutes: minutes, stepMinutes: step)
        #expect(query.stepMilliseconds == rounded * 60_000)
    }

    @Test func samplesOlderThanADayCoverHours() async throws {
        let engine = try await engine()
        _ = try await record(minutes: 3000, of: ["a"])
        time.set(Self.start.adding(seconds: 62))
        try await eventually("old minutes are merged") {
            try await MemoryStore.open(database).samples(of: "a", since: Timestamp(milliseconds: 0)).count
                < 1600
        }
        let week = try await engine.history(HistoryQuery(minutes: 10_080, stepMinutes: 5))
        #expect(week.allSatisfy { $0.at.milliseconds % 3_600_000 == 0 })
        #expect(week.map(\.enqueued).reduce(0, +) == 3000)
        let day = try await engine.history(HistoryQuery(minutes: 1440))
        #expect(day.map(\.enqueued) == Array(repeating: 1, count: 1439))
        await engine.stop()
    }
}
