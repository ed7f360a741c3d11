import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// Concurrent calls share a transaction. An error in one call does not affect the others.
struct GroupCommitTests {
    @Test func concurrentCallersGetTheirOwnResults() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let batches = Shared<[Int]>([])
        store.observe { batch in batches.withLock { $0.append(batch.changes.count) } }
        let entries = (0..<2000).map { _ in place.submission() }
        let created = try await withThrowingTaskGroup(of: JobID?.self) { group in
            for entry in entries {
                group.addTask {
                    guard case .created(let job) = try await store.submit([entry], allOrNothing: false).first
                    else { return nil }
                    return job.id == entry.id ? job.id : nil
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(created) == Set(entries.map { $0.id }))
        let sizes = batches.withLock { $0 }
        #expect(sizes.reduce(0, +) == entries.count)
        #expect(sizes.count < entries.count, "no two callers shared a transaction")
        #expect(try await store.queue("default")?.counts == [.pending: 2000])
        await store.close()
    }

    @Test func errorOfOneEntryFailsOnlyThatEntry() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        // SQLite stores NaN as NULL, which a constraint rejects in the middle of the transaction.
        let invalid = place.submission { $0.spec.retentionSeconds = .nan }
        let good = (0..<300).map { _ in place.submission() }
        let faults = await withTaskGroup(of: (JobID, LonghaulError?).self) { group in
            for entry in good[..<150] + [invalid] + good[150...] {
                group.addTask {
                    (entry.id, await thrownError { _ = try await store.submit([entry], allOrNothing: false) })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(faults.count == 1)
        #expect(faults[invalid.id]?.code == .internal)
        #expect(try await store.job(invalid.id) == nil)
        #expect(try await store.jobs(JobFilter(), after: nil, limit: 500).jobs.count == 300)
        #expect(try await store.queue("default")?.counts == [.pending: 300])
        await store.close()
    }

    @Test func changesArePublishedOnceInOrderBeforeTheCallReturns() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let published = Shared<[JobID: [JobChange]]>([:])
        store.observe { batch in
            published.withLock { published in
                for change in batch.changes { published[change.jobID, default: []].append(change) }
            }
        }
        @Sendable func last(_ id: JobID) -> JobState? { published.withLock { $0[id]?.last?.state } }
        let late = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<16 {
                group.addTask {
                    var late = 0
                    for round in 0..<12 {
                        let entry = place.submission { $0.spec.queue = "q\(worker)" }
                        _ = try await store.submit([entry], allOrNothing: false)
                        if last(entry.id) != .pending { late += 1 }
                        var request = place.request()
                        request.queues = ["q\(worker)"]
                        guard let lease = try await store.claim(request).first else { return 1000 }
                        if round % 3 == 0 {
                            _ = await store.cancel([entry.id])
                            if last(entry.id) != .cancelled { late += 1 }
                        } else {
                            _ = await store.complete([StoreCompletion(token: lease.token, result: .null)])
                            if last(entry.id) != .completed { late += 1 }
                        }
                    }
                    return late
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(late == 0)
        let changes = published.withLock { $0 }
        #expect(changes.count == 16 * 12)
        for (_, list) in changes { #expect(list.map(\.version) == [1, 2, 3]) }
        await store.close()
    }
}
