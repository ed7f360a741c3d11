import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Synchronization
import Testing

/// Two servers over one database. The second one loses the connection on which it listens, and misses notifications.
@Suite(.overPostgresAlone)
struct MissedNotificationTests {
    /// The way of the second server to the database.
    private final class Link: Sendable {
        let proxy: PostgresProxy
        private let isDeaf = Atomic(false)

        init() throws {
            proxy = try PostgresProxy(to: PostgresServer.shared.get())
            proxy.onStatement { [weak self] statement in
                let isDeaf = self?.isDeaf.load(ordering: .acquiring) ?? false
                return isDeaf && Self.isListening(statement.sql) ? .disconnect : .pass
            }
        }

        private static func isListening(_ sql: String) -> Bool { sql.hasPrefix("LISTEN") }

        /// Closes the connection that listens, and each new one.
        func deafen() {
            isDeaf.store(true, ordering: .releasing)
            proxy.disconnect(where: Self.isListening)
        }

        /// Lets the server listen again.
        func restore() {
            isDeaf.store(false, ordering: .releasing)
        }
    }

    /// Runs a body with two servers, and the way of the second one to the database.
    private func withServers(_ body: (TestServer, TestServer, Link) async throws -> Void) async throws {
        let one = try await TestServer()
        let link = try Link()
        defer { link.proxy.stop() }
        try await body(one, try await TestServer(in: one.folder, database: link.proxy.url), link)
    }

    /// After a pause, a claim of the second server no longer looks into the empty list of the kind by itself.
    @Test func jobWhoseNotificationWasMissedIsLeased() async throws {
        try await withServers { one, other, link in
            for number in 0..<3 {
                _ = try await one.submit(#"{"kind": "a", "queue": "q\#(number)"}"#)
                let lease = try #require(try await one.lease(queue: "q\(number)"))
                try await one.complete(lease.token)
                #expect(try await other.lease(queue: "q\(number)") == nil)
            }
            try await Task.sleep(for: .seconds(5.5))
            try await promptly("the job is leased after the server listens again") { number in
                link.deafen()
                let id = try await one.submit(#"{"kind": "a", "queue": "q\#(number)"}"#)
                // The call reads the store at once, and polls it five seconds later.
                async let lease = other.lease(queue: "q\(number)", wait: 30)
                try await Task.sleep(for: .milliseconds(300))
                link.restore()
                let began = ContinuousClock.now
                #expect(try await lease?.lease.string("job.id") == id)
                return began.duration(to: .now)
            }
        }
    }

    @Test func waitEndsForAJobWhoseEndWasMissed() async throws {
        try await withServers { one, other, link in
            try await promptly("the wait ends after the server listens again") { number in
                let queue = "q\(number)"
                let id = try await one.submit(#"{"kind": "a", "queue": "\#(queue)"}"#)
                let lease = try #require(try await one.lease(queue: queue))
                link.deafen()
                async let ended = other.call("GET", "/v1/jobs/\(id)?wait_seconds=60")
                // The call reads the job at once, and polls it five seconds later.
                try await Task.sleep(for: .milliseconds(300))
                try await one.complete(lease.token)
                link.restore()
                let began = ContinuousClock.now
                #expect(try await ended.string("state") == "completed")
                return began.duration(to: .now)
            }
        }
    }

    @Test func settingsWhoseNotificationWasMissedApply() async throws {
        try await withServers { one, other, link in
            try await promptly("the routing table applies after the server listens again") { number in
                link.deafen()
                let rules = #"{"rules": [{"kinds": ["a"], "queue": "routed-\#(number)"}]}"#
                let answer = try await one.call("PUT", "/v1/routing", rules)
                #expect(answer.status == 200, "\(answer)")
                link.restore()
                let began = ContinuousClock.now
                try await eventually("the second server routes the job") {
                    let job = try await other.call("POST", "/v1/jobs", #"{"kind": "a"}"#)
                    return try job.string("queue") == "routed-\(number)"
                }
                return began.duration(to: .now)
            }
        }
    }
}
