import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// Backups of a store in use.
struct BackupTests {
    @Test func backupHoldsAllJobsAcknowledgedBeforeItBegan() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let isDone = Shared(false)
        let stored = Recorder<JobID>()
        let copy = place.folder + "/copy.db"
        let before = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !isDone.value {
                        let job = place.submission(bytes: 1000)
                        _ = try await store.submit([job], allOrNothing: true)
                        stored.add(job.id)
                    }
                }
            }
            let before = try await stored.wait(for: "500 jobs") { $0.count >= 500 }
            let backup = try await StoreBackup.make(of: place.path, to: copy)
            #expect(backup.jobs >= before.count)
            isDone.withLock { $0 = true }
            try await group.waitForAll()
            return before
        }
        await store.close()
        let again = try SQLiteStore.open(path: copy)
        for id in before { #expect(try await again.job(id) != nil) }
        await again.close()
        let doctor = try StoreDoctor(path: copy, repairs: false)
        #expect(try await doctor.examine().allSatisfy { $0.found == 0 })
        await doctor.close()
    }

    @Test func backupReplacesThePartOfAnInterruptedOne() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        _ = try await store.submit([place.submission()], allOrNothing: true)
        await store.close()
        let copy = place.folder + "/copy.db"
        try Data("half a database".utf8).write(to: URL(fileURLWithPath: copy + ".part"))
        #expect(try await StoreBackup.make(of: place.path, to: copy).jobs == 1)
        #expect(!FileManager.default.fileExists(atPath: copy + ".part"))
    }

    @Test func backupDoesNotReplaceAnExistingFile() async throws {
        let place = try TemporaryStore()
        await (try place.open()).close()
        let taken = place.folder + "/taken"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: taken))
        let error = await thrownError { _ = try await StoreBackup.make(of: place.path, to: taken) }
        #expect(error?.detail.contains("exists already") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: taken)) == Data("mine".utf8))
        let none = await thrownError {
            _ = try await StoreBackup.make(of: place.folder + "/none", to: place.folder + "/copy")
        }
        #expect(none?.detail.contains("there is no store") == true)
    }
}
