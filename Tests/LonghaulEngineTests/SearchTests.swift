import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import Synchronization
import Testing

@testable import LonghaulEngine

/// Searching for a text in jobs.
struct SearchTests {
    private func submit(_ engine: Engine, _ kind: String, _ payload: String = "null") async throws -> JobID {
        let payload = try JSONText(parsing: Array(payload.utf8))
        return try await engine.submit(NewJob(JobSpec(kind: kind, payload: payload))).job.id
    }

    private func found(_ engine: Engine, _ text: String, grant: KeyGrant = .everything) async throws
        -> [JobID]
    {
        var filter = JobFilter()
        filter.text = text
        return try await engine.jobs(filter, after: nil, limit: 50, grant: grant).jobs.map(\.id)
    }

    /// The numbers of running, waiting and refused searches.
    private func counts(_ slots: SearchSlots) -> [Int] {
        let counts = slots.counts
        return [counts.running, counts.waiting, counts.refused]
    }

    @Test func aTextIsFoundInTheIDTheKindThePayloadAndErrors() async throws {
        try await withMemoryEngine { engine in
            let mail = try await submit(engine, "mail.send", #"{"to": "U3472@example.com"}"#)
            let quoted = try await submit(engine, "pdf", #"{"title": "the \"best\" page"}"#)
            let failing = try await submit(engine, "other")
            var request = LeaseRequest(worker: WorkerInfo(id: "w"), waitSeconds: 20)
            request.kinds = ["other"]
            let token = try #require(try await engine.lease(request).first).token
            let error = JobError(type: "Relay", message: "SMTP 421: try later", retryable: false)
            _ = try await engine.fail(Failure(token: token, error: error))
            #expect(try await found(engine, "u3472@EXAMPLE") == [mail])
            #expect(try await found(engine, "MAIL.s") == [mail])
            #expect(try await found(engine, #"the "best""#) == [quoted])
            #expect(try await found(engine, #""title""#) == [quoted])
            #expect(try await found(engine, "smtp 421") == [failing])
            #expect(try await found(engine, "relay") == [failing])
            #expect(try await found(engine, "nothing has this").isEmpty)
            for id in [mail, quoted, failing] {
                #expect(try await found(engine, String(id.description.suffix(12))) == [id])
                #expect(try await found(engine, id.description.uppercased()) == [id])
            }
        }
    }

    @Test func aSearchEndsEarlyWithTheTimeOfTheOldestJobItRead() async throws {
        var configuration = EngineConfiguration()
        configuration.search.maxJobs = 400
        try await withMemoryEngine(configuration) { engine in
            let first = try await submit(engine, "first")
            let jobs = (0..<1000).map { _ in NewJob(JobSpec(kind: "noise")) }
            _ = try await engine.submit(NewJobBatch(jobs: jobs))
            var filter = JobFilter()
            filter.text = "first"
            var pages: [JobPage] = []
            repeat {
                pages.append(try await engine.jobs(filter, after: pages.last?.next, limit: 50))
            } while pages.last?.next != nil
            #expect(pages.count > 1)
            #expect(pages.flatMap(\.jobs).map(\.id) == [first])
            #expect(pages.dropLast().allSatisfy { $0.jobs.isEmpty && $0.searchedTo != nil })
            #expect(pages.last?.searchedTo == nil)
            let times = pages.compactMap(\.searchedTo)
            #expect(times == times.sorted(by: >))
        }
    }

    @Test func aSearchHasFullPagesAndTheOtherConditions() async throws {
        try await withMemoryEngine { engine in
            var ids: [JobID] = []
            for index in 0..<30 { ids.append(try await submit(engine, "a.\(index % 3)", "\"needle\"")) }
            var filter = JobFilter()
            filter.text = "needle"
            filter.setKinds("a.1*")
            var found: [JobID] = []
            var cursor: JobCursor?
            repeat {
                let page = try await engine.jobs(
                    filter, after: cursor, limit: 4, reading: JobReading(isSummary: true))
                #expect(page.jobs.count <= 4 && page.jobs.allSatisfy { $0.spec.payload.isNull })
                found += page.jobs.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(found == ids.enumerated().filter { $0.offset % 3 == 1 }.map(\.element).reversed())
        }
    }

    @Test func searchesBeyondTheBoundWaitAndAreRefused() async throws {
        var configuration = EngineConfiguration()
        configuration.search.maxConcurrent = 1
        configuration.search.maxWaitSeconds = 0.05
        try await withMemoryEngine(configuration) { engine in
            let entered = Event<Void>()
            let leave = Event<Void>()
            let long = Task {
                try await engine.searches.run {
                    entered.fire()
                    await leave.wait()
                    return 1
                }
            }
            await entered.wait()
            do {
                _ = try await found(engine, "text")
                Issue.record("the search is not refused")
            } catch let error as LonghaulError {
                #expect(error.code == .systemBusy && error.retryAfterSeconds != nil)
            }
            #expect(counts(engine.searches) == [1, 0, 1])
            // Lists without a text do not wait.
            #expect(try await engine.jobs(JobFilter(), after: nil, limit: 1).jobs.isEmpty)
            var text = PrometheusText()
            await engine.writeMetrics(to: &text)
            #expect(text.text.contains("longhaul_searches_rejected_total 1"))
            leave.fire()
            #expect(try await long.value == 1)
            #expect(try await found(engine, "text").isEmpty)
            #expect(counts(engine.searches) == [0, 0, 1])
        }
    }

    @Test func aSearchThatEndsGivesItsPlaceToTheNextOne() async throws {
        var limits = SearchLimits()
        limits.maxWaitSeconds = 600
        let slots = SearchSlots(limits, time: SystemTime())
        let running = RunningCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await slots.run {
                        running.begin()
                        await Task.yield()
                        running.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.most <= limits.maxConcurrent)
        #expect(counts(slots) == [0, 0, 0])
    }

    @Test func aCallerThatStopsWaitingFreesNothing() async throws {
        var limits = SearchLimits()
        limits.maxConcurrent = 1
        limits.maxWaitSeconds = 600
        let slots = SearchSlots(limits, time: SystemTime())
        let entered = Event<Void>()
        let leave = Event<Void>()
        async let long: Void = slots.run {
            entered.fire()
            await leave.wait()
        }
        await entered.wait()
        let waiting = Task { try await slots.run {} }
        while slots.counts.waiting == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(counts(slots) == [1, 0, 0])
        leave.fire()
        try await long
        #expect(counts(slots) == [0, 0, 0])
    }

    @Test func aSearchStaysWithinTheRightsOfTheCaller() async throws {
        try await withMemoryEngine { engine in
            let own = try await submit(engine, "own", "\"secret\"")
            let other = try await submit(engine, "other", "\"secret\"")
            let grant = KeyGrant(scopes: [.admin], queues: ["*"], kinds: ["own"])
            #expect(try await found(engine, "secret", grant: grant) == [own])
            #expect(try await found(engine, other.description, grant: grant).isEmpty)
        }
    }
}

/// How many run now, and the most that ran at once.
private final class RunningCount: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    func begin() { counts.withLock { ($0.now, $0.most) = ($0.now + 1, max($0.most, $0.now + 1)) } }

    func end() { counts.withLock { $0.now -= 1 } }

    var most: Int { counts.withLock { $0.most } }
}
