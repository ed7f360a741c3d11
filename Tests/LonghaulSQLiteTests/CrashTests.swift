import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// Acknowledged jobs are in the store after the process was killed.
struct CrashTests {
    /// Copies the database and its log as they are on the disk now, as after a crash.
    private func copyFiles(of place: TemporaryStore, to other: TemporaryStore) throws {
        let folder = URL(fileURLWithPath: other.path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: place.path + suffix, toPath: other.path + suffix)
        }
    }

    @Test func noAcknowledgedChangeIsLost() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let acknowledged = Shared<Set<JobID>>([])
        let completed = Shared<Set<JobID>>([])
        let stop = Shared(false)
        let traffic = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        while !stop.withLock({ $0 }) {
                            let entry = place.submission(bytes: 300)
                            _ = try await store.submit([entry], allOrNothing: false)
                            acknowledged.withLock { _ = $0.insert(entry.id) }
                            guard let lease = try await store.claim(place.request()).first else { continue }
                            _ = await store.complete([StoreCompletion(token: lease.token, result: .null)])
                            completed.withLock { _ = $0.insert(lease.job.id) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        for target in [100, 200, 300] {
            try await eventually("\(target) jobs", every: .zero) { acknowledged.value.count >= target }
            let known = acknowledged.withLock { $0 }
            let done = completed.withLock { $0 }
            let left = try TemporaryStore()
            try copyFiles(of: place, to: left)
            try await check(left, has: known, completed: done)
        }
        stop.withLock { $0 = true }
        try await traffic.value
        await store.close()
    }

    private func check(_ place: TemporaryStore, has known: Set<JobID>, completed: Set<JobID>) async throws {
        let store = try place.open()
        var found: [JobID: JobState] = [:]
        var counted: [JobState: Int] = [:]
        var cursor: JobCursor?
        repeat {
            let page = try await store.jobs(JobFilter(), after: cursor, limit: 500)
            for job in page.jobs {
                found[job.id] = job.state
                counted[job.state, default: 0] += 1
            }
            cursor = page.next
        } while cursor != nil
        #expect(known.subtracting(found.keys).isEmpty)
        #expect(completed.allSatisfy { found[$0] == .completed })
        #expect(try await store.queue("default")?.counts == counted)
        _ = try await store.maintain(limit: 1000)
        let next = place.submission()
        _ = try await store.submit([next], allOrNothing: false)
        #expect(try await store.job(next.id)?.state == .pending)
        await store.close()
    }

    @Test func aFullDiskFailsCallsAndLosesNothing() async throws {
        let place = try TemporaryStore()
        let store = try place.open(SQLiteStoreOptions(maxPages: 400))
        var stored: [JobID] = []
        var refused: LonghaulError?
        while refused == nil, stored.count < 1000 {
            let entries = (0..<4).map { _ in place.submission(bytes: 40_000) }
            refused = await thrownError { _ = try await store.submit(entries, allOrNothing: false) }
            if refused == nil { stored += entries.map(\.id) }
        }
        #expect(refused?.code == .unavailable)
        #expect(refused?.isTransient == true)
        #expect(stored.count > 4)
        #expect(try await store.queue("default")?.counts == [.pending: stored.count])
        #expect(try await store.jobs(JobFilter(), after: nil, limit: 500).jobs.map(\.id) == stored.reversed())

        let room = Array(stored.prefix(8))
        for answer in await store.cancel(room) { _ = try answer.get() }
        for answer in await store.delete(room) { try answer.get() }
        let entries = (0..<4).map { _ in place.submission(bytes: 40_000) }
        _ = try await store.submit(entries, allOrNothing: false)
        #expect(try await store.queue("default")?.counts == [.pending: stored.count - 4])
        await store.close()
    }
}
