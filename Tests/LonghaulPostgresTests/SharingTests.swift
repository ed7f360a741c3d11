import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestSupport
import Synchronization
import Testing

/// Several servers with one database.
struct SharingTests {
    /// Two stores on one schema.
    private func pair() async throws -> (place: TemporaryDatabase, one: any JobStore, other: any JobStore) {
        let place = try TemporaryDatabase()
        return (place, try await place.open(), try await place.open())
    }

    @Test func noJobIsLeasedTwice() async throws {
        let (place, one, other) = try await pair()
        let jobs = (0..<400).map { _ in place.submission() }
        _ = try await one.submit(jobs, allOrNothing: true)
        let held = try await withThrowingTaskGroup(of: [JobID].self) { group in
            for number in 0..<16 {
                group.addTask {
                    let store = number % 2 == 0 ? one : other
                    var held: [JobID] = []
                    while true {
                        let leases = try await store.claim(place.request(7, worker: "w\(number)"))
                        if leases.isEmpty { return held }
                        held += leases.map(\.token.jobID)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(held.count == Set(held).count)
        // A claim skips jobs that another claim has locked. Maintenance or the next claim finds them.
        var found = Set(held)
        while found.count < jobs.count {
            let left = try await one.claim(place.request(100))
            guard !left.isEmpty else { break }
            #expect(found.isDisjoint(with: left.map(\.token.jobID)))
            found.formUnion(left.map(\.token.jobID))
        }
        #expect(found == Set(jobs.map(\.id)))
        #expect(try await other.queue("default")?.counts == [.processing: 400])
        await one.close()
        await other.close()
    }

    /// Enough concurrent calls that each store prepares a transaction while another one commits.
    @Test func heavyLoadLosesAndRepeatsNothing() async throws {
        let (place, one, other) = try await pair()
        let versions = Mutex<[JobID: [Int]]>([:])
        one.observe { batch in
            versions.withLock { versions in
                for change in batch.changes { versions[change.jobID, default: []].append(change.version) }
            }
        }
        let done = try await withThrowingTaskGroup(of: [JobID].self) { group in
            for number in 0..<6 {
                group.addTask {
                    let store = number < 4 ? one : other
                    _ = try await store.submit((0..<300).map { _ in place.submission() }, allOrNothing: true)
                    var done: [JobID] = []
                    while true {
                        let leases = try await store.claim(place.request(100, worker: "w\(number)"))
                        if leases.isEmpty { return done }
                        let answers = await store.complete(
                            leases.map { StoreCompletion(token: $0.token, result: .null) })
                        done += try answers.map { try $0.get().id }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(done.count == Set(done).count)
        // A claim skips jobs that another claim has locked.
        var left = 1800 - done.count
        while left > 0 {
            let leases = try await one.claim(place.request(100))
            guard !leases.isEmpty else { break }
            for answer in await one.complete(
                leases.map { StoreCompletion(token: $0.token, result: .null) })
            {
                _ = try answer.get()
            }
            left -= leases.count
        }
        #expect(try await one.queue("default")?.counts == [.completed: 1800])
        await one.close()
        await other.close()
        let published = versions.withLock { $0 }
        #expect(published.values.allSatisfy { $0 == $0.sorted() })
    }

    /// A worker may lease at one server and send heartbeats to another one.
    @Test func heartbeatAtAnyServerCounts() async throws {
        let (place, one, other) = try await pair()
        _ = try await one.claim(place.request(worker: "w"))
        let asked = try #require(await one.workers().first)
        #expect(try await other.workers() == [asked])
        var last = asked.lastSeenAt
        for (receiver, reader) in [(other, one), (one, other), (other, one)] {
            let before = last
            // A server does not write every heartbeat, so the other server reads it later.
            try await eventually("the other server reads the heartbeat", every: .zero) {
                _ = try await receiver.heartbeat(Heartbeat(workerID: "w"))
                last = try #require(await reader.workers().first).lastSeenAt
                return last > before
            }
        }
        await one.close()
        await other.close()
    }

    @Test func remoteChangesArriveInTheOrderOfVersions() async throws {
        let (place, one, other) = try await pair()
        let observed = Mutex<[ChangeBatch]>([])
        let (ends, finish) = AsyncStream<Void>.makeStream()
        other.observe { batch in
            observed.withLock { $0.append(batch) }
            if batch.changes.contains(where: { $0.state == .failed }) { finish.yield() }
        }
        let submission = place.submission()
        _ = try await one.submit([submission], allOrNothing: true)
        let lease = try #require(await one.claim(place.request()).first)
        let error = JobError(type: "io", message: String(repeating: "long ", count: 5000), retryable: false)
        _ = await one.fail([Failure(token: lease.token, error: error)])
        var iterator = ends.makeAsyncIterator()
        await iterator.next()
        let batches = observed.withLock { $0 }
        let changes = batches.flatMap(\.changes).filter { $0.jobID == submission.id }
        #expect(changes.map(\.version) == [1, 2, 3])
        #expect(changes.map(\.state) == [.pending, .processing, .failed])
        #expect(changes.map(\.previous) == [nil, .pending, .processing])
        #expect(changes.last?.error?.type == "io")
        #expect(changes.last?.endedFence == 1)
        #expect(changes.allSatisfy { $0.queue == "default" && $0.kind == "work" && $0.priority == 5 })
        #expect(batches.allSatisfy { $0.origin == .remote && !$0.countsInMetrics })
        await one.close()
        await other.close()
    }

    @Test func jobOfOneServerIsClaimedAtTheOther() async throws {
        let (place, one, other) = try await pair()
        let (hints, hint) = AsyncStream<Void>.makeStream()
        other.observe { if $0.changes.contains(where: { $0.state == .pending }) { hint.yield() } }
        var iterator = hints.makeAsyncIterator()
        for _ in 0..<20 {
            #expect(try await other.claim(place.request()).isEmpty)
            let submission = place.submission()
            _ = try await one.submit([submission], allOrNothing: true)
            await iterator.next()
            let lease = try #require(await other.claim(place.request()).first)
            #expect(lease.token.jobID == submission.id)
            let answers = await one.complete([StoreCompletion(token: lease.token, result: .null)])
            #expect(try answers.first?.get().state == .completed)
        }
        await one.close()
        await other.close()
    }

    @Test func settingsApplyOnAllServers() async throws {
        let (place, one, other) = try await pair()
        _ = try await one.submit([place.submission()], allOrNothing: true)
        _ = try await one.setQueue("default", QueueSettings(paused: true))
        #expect(try await other.claim(place.request()).isEmpty)
        _ = try await other.setQueue("default", QueueSettings())
        #expect(try await one.claim(place.request()).count == 1)
        await one.close()
        await other.close()
    }

    /// The database delivers notifications in the order of commits: settings before a job that is submitted after them.
    @Test func settingsOfOneServerAreNotifiedToTheOther() async throws {
        let (place, one, other) = try await pair()
        let notifications = Recorder<Bool>()
        let changes = Recorder<JobChange>()
        other.observeSettings { notifications.add(true) }
        other.observe { changes.add(contentsOf: $0.changes) }
        let job = NewJob(JobSpec(kind: "work"))
        let settings: [@Sendable () async throws -> Void] = [
            { _ = try await one.setQueue("default", QueueSettings(paused: true)) },
            { try await one.setRouting(RoutingTable()) },
            {
                _ = try await one.putSchedule(
                    "s", ScheduleSpec(cron: CronExpression(parsing: "@daily"), job: job), caller: "tests",
                    firstRunAt: nil)
            },
            { _ = try await one.deleteSchedule("s") },
        ]
        for set in settings {
            let before = notifications.values.count
            try await set()
            let job = place.submission()
            _ = try await one.submit([job], allOrNothing: true)
            try await changes.wait(for: "the job's notification") { $0.contains { $0.jobID == job.id } }
            #expect(notifications.values.count > before)
        }
        await one.close()
        await other.close()
    }

    /// A worker on the database does not report metrics, so the oldest server counts its changes.
    @Test func oldestServerCountsTheChangesOfWorkers() async throws {
        let (place, one, other) = try await pair()
        let worker = try await place.open(isCounting: false)
        let stores = [one, other, worker]
        let observed = Mutex<[[ChangeBatch]]>(Array(repeating: [], count: stores.count))
        let (arrivals, signal) = AsyncStream<Void>.makeStream()
        for (index, store) in stores.enumerated() {
            store.observe { batch in
                observed.withLock { $0[index].append(batch) }
                signal.yield()
            }
        }
        _ = try await worker.submit([place.submission()], allOrNothing: true)
        _ = try await other.submit([place.submission()], allOrNothing: true)
        var iterator = arrivals.makeAsyncIterator()
        func changes(where isIncluded: (ChangeBatch) -> Bool) -> [Int] {
            observed.withLock { $0.map { $0.filter(isIncluded).reduce(0) { $0 + $1.changes.count } } }
        }
        while changes(where: { _ in true }).contains(where: { $0 < 2 }) { await iterator.next() }
        #expect(changes(where: \.countsInMetrics) == [1, 1, 0])
        for store in stores { await store.close() }
    }

    @Test func oneKeyCreatesOneJobAtAnyServer() async throws {
        let (place, one, other) = try await pair()
        let key = SubmissionKey(digest: [UInt8](repeating: 7, count: 32), lifetime: .until(.distantFuture))
        let outcomes = try await withThrowingTaskGroup(of: SubmitOutcome?.self) { group in
            for number in 0..<200 {
                let submission = place.submission { $0.keys = [key] }
                group.addTask {
                    let store = number % 2 == 0 ? one : other
                    return try await store.submit([submission], allOrNothing: false).first
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let created = outcomes.count { if case .created = $0 { true } else { false } }
        let existing = outcomes.count { if case .existing = $0 { true } else { false } }
        #expect(created == 1)
        #expect(existing == 199)
        #expect(try await one.queue("default")?.counts == [.pending: 1])
        await one.close()
        await other.close()
    }

    @Test func aBoundHoldsExactlyUnderManySubmitters() async throws {
        let (place, one, other) = try await pair()
        _ = try await one.setQueue("default", QueueSettings(maxDepth: 100))
        let created = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<64 {
                let submissions = (0..<5).map { _ in place.submission() }
                group.addTask {
                    let store = number % 2 == 0 ? one : other
                    return try await store.submit(submissions, allOrNothing: false).count {
                        if case .created = $0 { true } else { false }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(created == 100)
        #expect(try await other.queue("default")?.counts == [.pending: 100])
        await one.close()
        await other.close()
    }

    @Test func maintenanceOfTwoServersPromotesEachJobOnce() async throws {
        let (place, one, other) = try await pair()
        let soon = SystemTime().now().adding(seconds: 1)
        let jobs = (0..<200).map { _ in place.submission { $0.runAt = soon } }
        _ = try await one.submit(jobs, allOrNothing: true)
        var promoted = 0
        try await eventually("both servers together promote every job", every: .zero) {
            async let here = one.maintain(limit: 50)
            async let there = other.maintain(limit: 50)
            promoted += try await here.promoted + there.promoted
            return promoted >= 200
        }
        #expect(promoted == 200)
        #expect(try await one.queue("default")?.counts == [.pending: 200])
        for job in jobs { #expect(try await other.job(job.id)?.version == 2) }
        await one.close()
        await other.close()
    }
}
