import LonghaulConformance
import LonghaulCore
import LonghaulPostgres
import LonghaulStore
import Testing

/// Which databases can be opened, in which modes, and what is kept after closing.
struct OpeningTests {
    @Test func serversThatStartTogetherCreateTheSchemaOnce() async throws {
        let place = try TemporaryDatabase()
        let stores = try await withThrowingTaskGroup(of: (any JobStore).self) { group in
            for _ in 0..<6 { group.addTask { try await place.open() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for store in stores { _ = try await store.submit([place.submission()], allOrNothing: true) }
        #expect(try await stores[0].queue("default")?.counts == [.pending: 6])
        for store in stores { await store.close() }
    }

    @Test func everythingSurvivesClosing() async throws {
        let place = try TemporaryDatabase()
        var store = try await place.open()
        _ = try await store.setQueue("default", QueueSettings(maxDepth: 7, maxConcurrency: 3))
        let key = SubmissionKey(digest: [UInt8](repeating: 1, count: 32), lifetime: .until(.distantFuture))
        let jobs = [place.submission { $0.keys = [key] }, place.submission(bytes: 5000)]
        _ = try await store.submit(jobs, allOrNothing: true)
        let lease = try #require(await store.claim(place.request()).first)
        let before = try await store.jobs(JobFilter(), after: nil, limit: 10)
        let queue = try await store.queue("default")
        let workers = try await store.workers()
        await store.close()

        store = try await place.open()
        #expect(try await store.jobs(JobFilter(), after: nil, limit: 10) == before)
        #expect(try await store.queue("default") == queue)
        #expect(try await store.workers() == workers)
        let again = try await store.submit([place.submission { $0.keys = [key] }], allOrNothing: false)
        guard case .existing = again.first else {
            throw LonghaulError(.internal, "the key was forgotten")
        }
        try await store.verify(lease.token)
        #expect(try await store.claim(place.request(5)).count == 1)
        await store.close()
    }

    @Test func aStoreOfANewerVersionIsRefused() async throws {
        let place = try TemporaryDatabase()
        await (try await place.open()).close()
        try place.query("UPDATE \(place.schema).meta SET version = 999")
        let error = await thrownError { _ = try await place.open() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("999") == true)
        #expect(error?.detail.contains("newer") == true)
    }

    @Test func storeOptionsAreRemovedFromTheDatabaseURL() throws {
        let (url, options) = try PostgresStoreOptions.separate(
            "postgres://a@b/c?sslmode=verify-full&longhaul_schema=jobs&longhaul_readers=5&longhaul_pooled=1")
        #expect(url == "postgres://a@b/c?sslmode=verify-full")
        #expect(options == PostgresStoreOptions(schema: "jobs", readers: 5, isPooled: true))
        #expect(try PostgresStoreOptions.separate("postgres://a@b/c").url == "postgres://a@b/c")
        #expect(try PostgresStoreOptions.separate("postgres:///c?longhaul_readers=2").url == "postgres:///c")
        for setting in ["longhaul_schema=Jobs", "longhaul_schema=a;b", "longhaul_readers=0", "longhaul_x=1"] {
            let error = #expect(throws: LonghaulError.self) {
                try PostgresStoreOptions.separate("postgres://a@b/c?" + setting)
            }
            for name in ["schema", "readers", "pooled", "lane_seconds"] {
                #expect(error?.detail.contains("longhaul_\(name)=") == true)
            }
        }
    }

    @Test func closingRunsWaitingCalls() async throws {
        try await TemporaryDatabase().closeWhileCallersWait()
    }
}
