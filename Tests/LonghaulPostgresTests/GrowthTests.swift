import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import Testing

/// Short-lived lanes and queues leave no rows, and do not slow down other lanes.
struct GrowthTests {
    private func count(_ table: String, _ place: TemporaryDatabase) throws -> Int {
        let text = try place.query("SELECT count(*) FROM \(place.schema).\(table)")
        return Int(text.filter(\.isNumber)) ?? -1
    }

    /// Submits one job of each kind. Optionally cancels and removes all of them.
    private func pass(
        _ kinds: Range<Int>, through store: any JobStore, _ place: TemporaryDatabase, claimedInFlight: Bool
    ) async throws {
        for kind in kinds {
            let job = place.submission { $0.spec.kind = "kind-\(kind)" }
            _ = try await store.submit([job], allOrNothing: true)
            guard !claimedInFlight else { continue }
            _ = try await store.cancel([job.id]).first?.get()
            _ = try await store.delete([job.id]).first?.get()
        }
    }

    @Test func emptyLanesAreDeleted() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open(laneSeconds: 0)
        try await pass(0..<120, through: store, place, claimedInFlight: false)
        try await pass(120..<123, through: store, place, claimedInFlight: true)
        #expect(try count("lanes", place) == 123)
        _ = try await store.maintain(limit: 100)
        #expect(try count("lanes", place) == 3)
        // Workers get the remaining jobs, and the jobs of a lane that is used again.
        try await pass(0..<2, through: store, place, claimedInFlight: true)
        let leases = try await store.claim(place.request(10))
        #expect(Set(leases.map(\.job.spec.kind)) == ["kind-0", "kind-1", "kind-120", "kind-121", "kind-122"])
        await store.close()
    }

    @Test func aQueueIsDeletedWithItsLanes() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        try await pass(0..<20, through: store, place, claimedInFlight: false)
        let later = SystemTime().now().adding(seconds: 10)
        #expect(try await store.deleteQueues(unusedSince: later, except: []) == ["default"])
        #expect(try count("lanes", place) == 0)
        #expect(try count("queues", place) == 0)
        _ = try await store.maintain(limit: 100)
        #expect(try count("queue_counts", place) <= 1)
        await store.close()
    }

    /// Closes a store and returns the number of rows of a table that were read since its creation.
    ///
    /// A session reports its reads when it ends, shortly after its connection is closed, and before it leaves
    /// `pg_stat_activity`.
    private func rowsRead(
        of table: String, _ place: TemporaryDatabase, closing store: any JobStore
    ) async throws -> Int {
        await store.close()
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(place.schema)'"
        let deadline = ContinuousClock.now + .seconds(60)
        while try Int(place.query(sessions).filter(\.isNumber)) != 0 {
            try #require(
                ContinuousClock.now < deadline, "a session of a closed store has not ended within 60 s")
            try await Task.sleep(for: .milliseconds(20))
        }
        let text = try place.query(
            """
            SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
            WHERE schemaname = '\(place.schema)' AND relname = '\(table)'
            """)
        return Int(text.filter(\.isNumber)) ?? -1
    }

    @Test func laneInsertionCostDoesNotDependOnTheNumberOfLanes() async throws {
        let place = try TemporaryDatabase()
        var store = try await place.open()
        let jobs = (0..<1000).map { number in place.submission { $0.spec.kind = "kind-\(number)" } }
        _ = try await store.submit(jobs, allOrNothing: true)
        let before = try await rowsRead(of: "lanes", place, closing: store)

        store = try await place.open()
        // The first transaction reads all lanes once.
        try await pass(1000..<1100, through: store, place, claimedInFlight: true)
        for _ in 0..<20 { _ = try await store.queue("none") }
        let read = try await rowsRead(of: "lanes", place, closing: store) - before
        #expect((1000..<2000).contains(read), "\(read) rows of lanes were read for 100 new ones beside 1,000")
    }

    @Test func aPageOfAQueueReadsOneQueue() async throws {
        let place = try TemporaryDatabase()
        var store = try await place.open()
        // In a table of a few hundred rows, PostgreSQL would prefer reading all of them to using the index.
        let jobs = (0..<2000).map { number in place.submission { $0.spec.queue = "queue-\(number)" } }
        _ = try await store.submit(jobs, allOrNothing: true)
        let before = try await rowsRead(of: "pending", place, closing: store)
        store = try await place.open()
        for _ in 0..<50 { #expect(try await store.queue("queue-7")?.depth == 1) }
        let read = try await rowsRead(of: "pending", place, closing: store) - before
        #expect((1...50).contains(read), "\(read) rows of pending were read for 50 pages of one queue")
    }

    @Test func aDeletedLaneIsCreatedAgain() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        try await pass(0..<1, through: store, place, claimedInFlight: false)
        // Changes the row as another server would, but without a notification.
        try place.query("DELETE FROM \(place.schema).lanes")
        try await pass(0..<1, through: store, place, claimedInFlight: true)
        #expect(try await store.claim(place.request(5)).map(\.job.spec.kind) == ["kind-0"])
        #expect(try count("lanes", place) == 1)
        await store.close()
    }

    /// One server deletes lanes all the time, while another fills and empties them.
    @Test func noJobIsLostToALaneThatIsDeleted() async throws {
        let place = try TemporaryDatabase()
        let one = try await place.open(laneSeconds: 0.2)
        let other = try await place.open(laneSeconds: 0.2)
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<4 {
                let store = number % 2 == 0 ? one : other
                group.addTask {
                    for round in 0..<25 {
                        let kind = "kind-\(number)-\(round % 3)"
                        let job = place.submission { $0.spec.kind = kind }
                        _ = try await store.submit([job], allOrNothing: true)
                        var request = place.request(1, worker: "w\(number)")
                        request.kinds = [kind]
                        var leases: [Lease] = []
                        // A claim skips jobs that another transaction has locked at this moment.
                        for _ in 0..<1000 where leases.isEmpty { leases = try await store.claim(request) }
                        let lease = try #require(leases.first)
                        #expect(lease.job.id == job.id)
                        let completion = StoreCompletion(token: lease.token, result: .null)
                        _ = try await store.complete([completion]).first?.get()
                    }
                    return 25
                }
            }
            for store in [one, other] {
                group.addTask {
                    for _ in 0..<60 { _ = try await store.maintain(limit: 10) }
                    return 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(done == 100)
        #expect(try count("pending", place) == 0)
        #expect(try await one.queue("default")?.counts == [.completed: 100])
        await one.close()
        await other.close()
    }
}
