import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulSQLite
import Testing

/// Which files can be opened, which are rejected, and what is kept after closing.
struct OpeningTests {
    @Test func createsItsFolderAndMarksItsFile() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        try await store.checkReady()
        await store.close()
        #expect(Database(path: place.path).integer("PRAGMA application_id") == 0x4C48_554C)
        #expect(Database(path: place.path).integer("PRAGMA user_version") >= 1)
    }

    @Test func everythingSurvivesClosing() async throws {
        let place = try TemporaryStore()
        var store = try place.open()
        _ = try await store.setQueue("default", QueueSettings(maxDepth: 7, paused: false, maxConcurrency: 3))
        let key = SubmissionKey(
            digest: [UInt8](repeating: 1, count: 32), lifetime: .until(.distantFuture))
        let jobs = [place.submission { $0.keys = [key] }, place.submission(bytes: 5000)]
        _ = try await store.submit(jobs, allOrNothing: true)
        let lease = try #require(await store.claim(place.request()).first)
        let before = try await store.jobs(JobFilter(), after: nil, limit: 10)
        let queue = try await store.queue("default")
        let workers = try await store.workers()
        await store.close()

        store = try place.open()
        #expect(try await store.jobs(JobFilter(), after: nil, limit: 10) == before)
        #expect(try await store.queue("default") == queue)
        #expect(try await store.workers() == workers)
        guard
            case .existing = try await store.submit(
                [place.submission { $0.keys = [key] }], allOrNothing: false
            ).first
        else { throw LonghaulError(.internal, "the key was forgotten") }
        try await store.verify(lease.token)
        await store.close()
    }

    @Test func aSecondStoreOnTheFileIsRefused() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let error = await thrownError { _ = try place.open() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("in use by process \(getpid())") == true)
        try await store.checkReady()
        await store.close()
        await (try place.open()).close()
    }

    @Test func aFileThatIsNoDatabaseIsRefusedUntouched() async throws {
        let place = try TemporaryStore()
        let path = place.folder + "/notes.txt"
        let bytes = Data("Dear diary, this is not a database.".utf8)
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = await thrownError { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("not a Longhaul store") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder) == ["notes.txt"])
    }

    @Test func anotherProgramsDatabaseIsRefusedUntouched() async throws {
        let place = try TemporaryStore()
        let path = place.folder + "/other.db"
        Database(path: path).run("CREATE TABLE jobs (id); PRAGMA user_version = 1;")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = await thrownError { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("another program's") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    @Test func aStoreOfANewerVersionIsRefused() async throws {
        let place = try TemporaryStore()
        await (try place.open()).close()
        Database(path: place.path).run("PRAGMA user_version = 999")
        let error = await thrownError { _ = try place.open() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("999") == true)
        #expect(error?.detail.contains("newer") == true)
        #expect(Database(path: place.path).integer("PRAGMA user_version") == 999)
    }

    @Test func partiallyCreatedStoreIsCompletedAtTheNextOpen() async throws {
        let place = try TemporaryStore()
        let path = place.folder + "/begun.db"
        Database(path: path).run("PRAGMA application_id = \(0x4C48_554C)")
        let store = try SQLiteStore.open(path: path)
        _ = try await store.submit([place.submission()], allOrNothing: true)
        await store.close()
        #expect(Database(path: path).integer("PRAGMA user_version") >= 1)
    }

    @Test func closingRunsWaitingCalls() async throws {
        try await TemporaryStore().closeWhileCallersWait()
    }
}
