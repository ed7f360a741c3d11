import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// `kill -9` of all processes of PostgreSQL.
///
/// After SIGKILL, the operating system still has every page that PostgreSQL wrote, whether it was synced or not. So no
/// test on one machine can tell `fsync=off` from `fsync=on` in this way. What SIGKILL loses is the memory of
/// PostgreSQL: the part of the log that was not yet written when a commit was acknowledged. PostgreSQL acknowledges
/// such commits with `synchronous_commit=off`, which is the default of the databases here. Longhaul must not rely on the
/// default. Its twin, which does, must lose jobs.
@Suite(.overPostgresAlone)
struct DatabaseCrashTests {
    /// A database that acknowledges commits before it writes them, and writes them ten seconds later.
    private func database() throws -> PostgresServer {
        try PostgresServer(settings: [
            "synchronous_commit=off", "wal_writer_delay=10s", "wal_writer_flush_after=1GB",
            "wal_buffers=16MB",
        ])
    }

    /// Submits jobs from several clients, kills the database, and returns the acknowledged jobs that it has lost.
    private func lostJobs(_ server: TestServer, _ database: PostgresServer) async throws -> Set<String> {
        // The tables of the server's start are not to be lost.
        try database.query("CHECKPOINT")
        let acknowledged = Recorder<String>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while let answer = try? await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#),
                        answer.status == 202
                    {
                        acknowledged.add(try answer.string("id"))
                    }
                }
            }
            group.addTask {
                try await acknowledged.wait(for: "50 jobs") { $0.count >= 50 }
                try await onThread { try database.kill() }
            }
            try await group.waitForAll()
        }
        let ids = Set(acknowledged.values)
        let stored = try database.query("SELECT id FROM \(server.folder.name).jobs")
        return ids.subtracting(stored.split(separator: "\n").map(String.init))
    }

    @Test func acknowledgedJobsSurviveSIGKILLOfTheDatabase() async throws {
        let database = try database()
        defer { database.stop() }
        let server = try await TestServer(database: database.url)
        try await promptly("the server accepts jobs after the database has started") { _ in
            #expect(try await lostJobs(server, database).isEmpty)
            let began = ContinuousClock.now
            try await eventually("the server accepts a job") {
                try await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#).status == 202
            }
            return began.duration(to: .now)
        }
    }

    /// The twin: a proxy keeps Longhaul from demanding durable commits.
    @Test func jobsAreLostIfTheDatabaseAcknowledgesThemTooEarly() async throws {
        let database = try database()
        defer { database.stop() }
        let proxy = try PostgresProxy(to: database)
        defer { proxy.stop() }
        proxy.replace("SET synchronous_commit = on", with: "SET synchronous_commit = off")
        let server = try await TestServer(database: proxy.url)
        #expect(try await !lostJobs(server, database).isEmpty)
    }
}
