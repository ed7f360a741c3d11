import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// Another session has locked the row of a job and rolls back. No change announces that the job can be leased.
@Suite(.overPostgresAlone)
struct RowLockTests {
    /// A lock on the row of a job, as another program or a server that is about to die holds it.
    private func lock(_ id: String, _ server: TestServer) throws -> PostgresServer.OpenTransaction {
        try PostgresServer.shared.get()
            .begin("SELECT FROM \(server.folder.name).jobs WHERE id = '\(id)' FOR UPDATE")
    }

    /// For five seconds after the submission, a claim looks for a job also if it was not there before. The jobs are
    /// older.
    @Test func oldPendingJobIsLeasedAfterItsLockIsReleased() async throws {
        let server = try await TestServer()
        var ids: [String] = []
        for number in 0..<3 {
            ids.append(try await server.submit(#"{"kind": "a", "queue": "q\#(number)"}"#))
        }
        try await Task.sleep(for: .seconds(5.5))
        try await promptly("the job is leased after the rollback") { number in
            let lock = try lock(ids[number], server)
            #expect(try await server.lease(queue: "q\(number)") == nil)
            // The call reads the store at once, and polls it five seconds later.
            async let lease = server.lease(queue: "q\(number)", wait: 30)
            try await Task.sleep(for: .milliseconds(300))
            try lock.end()
            let began = ContinuousClock.now
            #expect(try await lease?.lease.string("job.id") == ids[number])
            return began.duration(to: .now)
        }
    }

    @Test func dueJobBecomesPendingAfterItsLockIsReleased() async throws {
        let server = try await TestServer()
        try await promptly("the due job is leased after the rollback") { number in
            let id = try await server.submit(#"{"kind": "a", "queue": "q\#(number)", "delay_seconds": 0.5}"#)
            let lock = try lock(id, server)
            #expect(try await server.lease(queue: "q\(number)", wait: 1.5) == nil)
            async let lease = server.lease(queue: "q\(number)", wait: 30)
            try lock.end()
            let began = ContinuousClock.now
            #expect(try await lease?.lease.string("job.id") == id)
            return began.duration(to: .now)
        }
    }

    /// A job that was locked before it was due. On a busy machine, the lock may come too late for a short delay.
    private func lockedBeforeItIsDue(
        _ server: TestServer, _ database: PostgresServer
    ) async throws -> (id: String, queue: String, lock: PostgresServer.OpenTransaction) {
        var delay = 1
        while true {
            let queue = "q\(delay)"
            let id = try await server.submit(
                #"{"kind": "a", "queue": "\#(queue)", "delay_seconds": \#(delay)}"#)
            let lock = try database.begin(
                "SELECT FROM \(server.folder.name).jobs WHERE id = '\(id)' FOR UPDATE")
            let job = try await server.call("GET", "/v1/jobs/\(id)")
            if try job.string("state") == "scheduled" { return (id, queue, lock) }
            try lock.end()
            delay *= 2
        }
    }

    /// A server that begins one transaction after the other would load the database for as long as the lock is held.
    @Test func maintenancePausesWhileADueJobIsLocked() async throws {
        let database = try PostgresServer(settings: ["fsync=off", "log_statement=all"])
        defer { database.stop() }
        let server = try await TestServer(database: database.url)
        let (id, queue, lock) = try await lockedBeforeItIsDue(server, database)
        /// The number of rounds that have tried to lock the job.
        func rounds() throws -> Int {
            let log = try String(contentsOfFile: database.folder + "/log", encoding: .utf8)
            return log.components(separatedBy: "parameters: $1 = '{\(id)}'").count - 1
        }
        try await eventually("a round finds the locked job") { try rounds() > 0 }
        let before = try rounds()
        let began = ContinuousClock.now
        try await Task.sleep(for: .seconds(3))
        try await eventually("a further round tries to lock the job") { try rounds() > before }
        let perSecond = Double(try rounds() - before) / (began.duration(to: .now) / .seconds(1))
        #expect(perSecond < 10)
        try lock.end()
        #expect(try await server.lease(queue: queue, wait: 30)?.lease.string("job.id") == id)
    }
}
