import LonghaulCore
import LonghaulEngine
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// Event streams of an engine with a store in memory.
@Suite struct EventHubTests {
    private let engine: Engine
    private let hub: EventHub

    init() {
        let time = SystemTime()
        var configuration = EngineConfiguration()
        configuration.eventBuffer = 8
        engine = Engine(
            store: MemoryStore.open(MemoryDatabase(time: time)), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(), configuration: configuration)
        hub = EventHub(feed: engine.feed, quietSeconds: 0.05)
        hub.start()
    }

    @discardableResult
    private func submit(_ kind: String = "k") async throws -> JobID {
        try await engine.submit(NewJob(JobSpec(kind: kind))).job.id
    }

    /// The next step that is not a heartbeat.
    private func next(_ reader: inout EventHub.Reader) async throws -> EventHub.Step? {
        while let step = try await hub.next(&reader) {
            if case .quiet = step { continue }
            return step
        }
        return nil
    }

    @Test func aStreamOfAllJobsGetsEveryChangeFromNowOn() async throws {
        try await submit()
        var reader = hub.reader(after: nil)
        let second = try await submit()
        guard case .batch(let batch, let after) = try await next(&reader) else {
            Issue.record("no changes")
            return
        }
        #expect(batch.changes.map(\.jobID) == [second])
        #expect(after < batch.firstNumber)
    }

    @Test func aStreamOfOneJobIsNotDisturbedByOthers() async throws {
        let patient = EventHub(feed: engine.feed, quietSeconds: 3600)
        patient.start()
        let id = try await submit()
        let start = patient.reader(of: id)
        let waiting = Task {
            var reader = start
            return try await patient.next(&reader)
        }
        try await eventually("the stream waits") { patient.waitingCount > 0 }
        // More changes than the ring holds. They belong to other jobs, so the stream need not read them.
        for _ in 0..<50 {
            try await submit()
            try await eventually("the hub has read the change", every: .zero) {
                patient.pumpedNumber >= engine.feed.lastNumber
            }
        }
        _ = try await engine.cancel(id)
        guard case .batch(let batch, _) = try await waiting.value else {
            Issue.record("the stream missed the change of its job")
            return
        }
        #expect(batch.changes.contains { $0.jobID == id && $0.state == .cancelled })
        patient.close()
    }

    @Test func streamThatFallsBehindIsNotifiedOnceAndContinues() async throws {
        var reader = hub.reader(after: nil)
        for _ in 0..<50 { try await submit() }
        guard case .missed = try await next(&reader) else {
            Issue.record("the stream did not learn that changes are missing")
            return
        }
        let id = try await submit()
        guard case .batch(let batch, _) = try await next(&reader) else {
            Issue.record("the stream did not go on")
            return
        }
        #expect(batch.changes.map(\.jobID) == [id])
    }

    @Test func aQuietStreamSendsHeartbeats() async throws {
        var reader = hub.reader(after: nil)
        guard case .quiet = try await hub.next(&reader) else {
            Issue.record("no heartbeat")
            return
        }
    }

    @Test func streamOfAQueueSendsHeartbeatsWhileOtherQueuesAreBusy() async throws {
        let commits = Task {
            while !Task.isCancelled {
                try await submit()
                // The store answers without a suspension. The streams need the thread.
                await Task.yield()
            }
        }
        var reader = hub.reader(after: nil, ofQueue: "other")
        var hasHeartbeat = false
        let deadline = ContinuousClock.now + .seconds(60)
        while !hasHeartbeat, ContinuousClock.now < deadline {
            switch try await hub.next(&reader) {
            case .quiet: hasHeartbeat = true
            case .missed: reader = hub.reader(after: nil, ofQueue: "other")
            case .batch, nil:
                Issue.record("a change of another queue")
                return
            }
        }
        commits.cancel()
        _ = await commits.result
        #expect(hasHeartbeat)
    }

    @Test func aStopEndsEveryStream() async throws {
        // Without heartbeats, which would wake the streams as well.
        let hub = EventHub(feed: engine.feed, quietSeconds: 600)
        hub.start()
        let ended = Recorder<Int>()
        for number in 0..<100 {
            Task {
                var reader = hub.reader(after: nil)
                while try await hub.next(&reader) != nil {}
                ended.add(number)
            }
        }
        try await eventually("every stream waits") { hub.waitingCount == 100 }
        hub.close()
        try await ended.wait(for: "every stream has ended") { $0.count == 100 }
    }

    @Test func cancelledStreamsAndCommitsDoNotBlockEachOther() async throws {
        let commits = Task {
            for _ in 0..<500 {
                try await submit()
                await Task.yield()
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<250 {
                        let stream = Task {
                            var reader = hub.reader(after: nil)
                            while try await hub.next(&reader) != nil {}
                        }
                        await Task.yield()
                        stream.cancel()
                        _ = await stream.result
                    }
                }
            }
        }
        try await commits.value
    }
}

@Suite struct EventStreamsTests {
    @Test func boundsTheStreamsOfAClientAndInAll() throws {
        var limits = EventStreamLimits()
        limits.maxStreams = 3
        limits.maxStreamsPerClient = 2
        let streams = EventStreams(limits: limits)
        var slots = [try streams.open(for: "10.0.0.1"), try streams.open(for: "10.0.0.1")]
        #expect(throws: LonghaulError.self) { try streams.open(for: "10.0.0.1") }
        slots.append(try streams.open(for: "10.0.0.2"))
        #expect(throws: LonghaulError.self) { try streams.open(for: "10.0.0.3") }
        // A released slot can be used again.
        slots.removeAll()
        #expect(throws: Never.self) { try streams.open(for: "10.0.0.1") }
    }
}
