import LonghaulConformance
import LonghaulCore
import LonghaulSQLite
import LonghaulTestSupport

/// The location of one test's store, in a temporary folder.
final class TemporaryStore: StorePlace {
    private let temporaryFolder: TemporaryFolder
    let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    var folder: String { temporaryFolder.path }
    var path: String { temporaryFolder.file("data/jobs.db") }

    init() throws {
        temporaryFolder = try TemporaryFolder()
    }

    func open(
        _ options: SQLiteStoreOptions = .init(), time: any TimeSource = SystemTime(),
        random: any RandomSource = SystemRandom()
    ) throws -> any JobStore {
        try SQLiteStore.open(path: path, options: options, time: time, random: random)
    }

    func openStore() async throws -> any JobStore {
        try open()
    }
}
