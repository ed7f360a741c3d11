import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulTestServers

/// A schema of one test's own on the shared server.
struct TemporaryDatabase {
    let server: PostgresServer
    let schema = "t" + UUID().uuidString.lowercased().filter { $0 != "-" }
    let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    init(on server: PostgresServer? = nil) throws {
        self.server = try server ?? PostgresServer.shared.get()
    }

    /// A store in the schema.
    func open(
        time: (any TimeSource)? = nil, random: any RandomSource = SystemRandom(), isPooled: Bool = false
    ) async throws -> PostgresStore {
        try await PostgresStore.open(
            url: server.url, options: PostgresStoreOptions(schema: schema, readers: 1, isPooled: isPooled),
            time: time, random: random)
    }

    /// Runs SQL as another program would, and answers what it prints.
    @discardableResult
    func query(_ sql: String) throws -> String {
        try server.query(sql)
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
    func request(_ maxJobs: Int = 1, worker: String = "w1") -> LeaseRequest {
        LeaseRequest(worker: WorkerInfo(id: worker), maxJobs: maxJobs)
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
