import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite

/// A folder for one test's store, removed when the test lets go of it.
final class TemporaryStore: Sendable {
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

    /// A submission whose payload has about so many bytes.
    func submission(bytes: Int = 2, _ change: (inout Submission) -> Void = { _ in }) -> Submission {
        let payload = JSONText(
            validated: Array("\"\(String(repeating: "x", count: max(0, bytes - 2)))\"".utf8))
        var submission = Submission(
            id: ids.next(), spec: JobSpec(kind: "work", payload: payload), caller: "tests")
        change(&submission)
        return submission
    }

    /// A request of a worker for so many jobs.
    func request(_ maxJobs: Int = 1) -> LeaseRequest {
        LeaseRequest(worker: WorkerInfo(id: "w1"), maxJobs: maxJobs)
    }
}

/// The error of a body in the words of the port; nil if there was none.
func refusal(_ body: () async throws -> Void) async -> LonghaulError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LonghaulError
    }
}
