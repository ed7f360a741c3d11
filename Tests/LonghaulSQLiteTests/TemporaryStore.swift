import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulSQLite

/// A folder for one test's store, removed when the test lets go of it.
final class TemporaryStore: StorePlace {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("longhaul-sqlite-\(UUID().uuidString)").path
    let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    var path: String { folder + "/data/jobs.db" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func open(
        _ options: SQLiteStoreOptions = .init(), time: any TimeSource = SystemTime(),
        random: any RandomSource = SystemRandom()
    ) throws -> SQLiteStore {
        try SQLiteStore(path: path, options: options, time: time, random: random)
    }

    func openStore() async throws -> any JobStore {
        try open()
    }
}
