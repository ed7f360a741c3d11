import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Synchronization
import Testing

/// Calls whose transactions conflict with others in the database.
@Suite(.overPostgresAlone)
struct ConflictTests {
    /// Makes statements of the server's writing connections fail: each text once, one for each call.
    private final class Injector: Sendable {
        private struct State {
            var failed: Set<String> = []
            var isArmed = false
        }

        private let code: String
        private let state = Mutex(State())

        init(code: String) {
            self.code = code
        }

        /// Lets the next statement fail whose text has not failed yet.
        func arm() {
            state.withLock { $0.isArmed = true }
        }

        /// Returns whether a statement has failed.
        func disarm() -> Bool {
            state.withLock { state in
                defer { state.isArmed = false }
                return !state.isArmed
            }
        }

        /// Returns the texts that have failed, and starts again with all texts.
        func reset() -> Set<String> {
            state.withLock { state in
                defer { state.failed = [] }
                return state.failed
            }
        }

        func action(_ statement: PostgresProxy.Statement) -> PostgresProxy.Action {
            // Only connections that write have settings. A rollback cannot conflict.
            guard statement.earlier.contains(where: { $0.hasPrefix("SET lock_timeout") }),
                statement.sql != "ROLLBACK"
            else { return .pass }
            return state.withLock { state in
                guard state.isArmed, state.failed.insert(statement.sql).inserted else { return .pass }
                state.isArmed = false
                return .fail(code: code)
            }
        }
    }

    /// A serialization failure, and a deadlock.
    @Test(arguments: ["40001", "40P01"])
    func callThatMeetsAConflictAtAnyStatementSucceeds(code: String) async throws {
        let proxy = try PostgresProxy(to: PostgresServer.shared.get())
        defer { proxy.stop() }
        let injector = Injector(code: code)
        proxy.onStatement { injector.action($0) }
        let server = try await TestServer(database: proxy.url)
        var took: [Duration] = []
        for situation in Situation.allCases {
            var isFailed = true
            var number = 0
            while isFailed {
                number += 1
                let call = try await situation.prepare(server, "\(situation)-\(number)")
                injector.arm()
                let began = ContinuousClock.now
                let answer = try await server.call(call.method, call.path, call.body)
                took.append(began.duration(to: .now))
                isFailed = injector.disarm()
                #expect((200..<300).contains(answer.status), "\(situation): \(answer)")
            }
            // At least the beginning, the state of the store, a change and the commit.
            let failed = injector.reset()
            #expect(failed.count >= 4, "\(situation): \(failed)")
            #expect(failed.contains("COMMIT"), "\(situation): \(failed)")
        }
        // A retry needs no pause. A busy machine may delay some calls.
        #expect(took.count { $0 < .seconds(2) } > took.count / 2, "\(took)")
    }

    /// One call that changes the store.
    private enum Situation: CaseIterable {
        case submit, submitBatch, lease, heartbeat, appendLog, putStep, complete, fail, release, cancel,
            retry, delete,
            setQueue, putSchedule

        /// A call of the API.
        struct Call {
            var method = "POST"
            var path: String
            var body: String?
        }

        /// Creates what the call needs, with names that no earlier call used.
        func prepare(_ server: TestServer, _ name: String) async throws -> Call {
            let job = #"{"kind": "a", "queue": "\#(name)", "max_attempts": 1, "tags": {"n": "1"}}"#
            switch self {
            case .submit:
                return Call(
                    path: "/v1/jobs",
                    body:
                        #"{"kind": "a", "queue": "\#(name)", "idempotency_key": "\#(name)", "tags": {"n": "1"}}"#
                )
            case .submitBatch:
                let first = try await server.submit(job)
                return Call(
                    path: "/v1/jobs/batch",
                    body: #"{"jobs": [{"kind": "b"}, {"kind": "c", "depends_on": ["\#(first)"]}]}"#)
            case .lease:
                _ = try await server.submit(job)
                return Call(path: "/v1/leases", body: #"{"worker": {"id": "w"}, "queues": ["\#(name)"]}"#)
            case .setQueue:
                return Call(method: "PUT", path: "/v1/queues/\(name)", body: #"{"max_depth": 50}"#)
            case .putSchedule:
                return Call(
                    method: "PUT", path: "/v1/schedules/\(name)",
                    body: #"{"cron": "0 3 * * *", "job": {"kind": "a"}}"#)
            case .cancel, .delete, .retry:
                let id = try await server.submit(job)
                if self == .retry {
                    let lease = try #require(try await server.lease(queue: name))
                    _ = try await server.call("POST", "/v1/leases/\(lease.token)/fail", Self.error)
                }
                if self == .delete { _ = try await server.call("POST", "/v1/jobs/\(id)/cancel") }
                return self == .delete
                    ? Call(method: "DELETE", path: "/v1/jobs/\(id)") : Call(path: "/v1/jobs/\(id)/\(self)")
            default:
                _ = try await server.submit(job)
                return attempt(of: try #require(try await server.lease(queue: name)).token)
            }
        }

        private static let error = #"{"error": {"type": "io", "message": "disk"}, "retryable": false}"#

        /// The call of the worker that has this token.
        private func attempt(of token: String) -> Call {
            let path = "/v1/leases/\(token)/"
            switch self {
            case .heartbeat:
                return Call(
                    path: "/v1/leases/heartbeat",
                    body:
                        #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(token)", "progress": {"percent": 40}}]}"#
                )
            case .appendLog:
                let line = #"{"at": "2026-11-24T09:15:00.000Z", "message": "line"}"#
                return Call(path: path + "logs", body: #"{"lines": [\#(line)]}"#)
            case .putStep: return Call(method: "PUT", path: path + "steps/one", body: #"{"output": 1}"#)
            case .fail: return Call(path: path + "fail", body: Self.error)
            case .release: return Call(path: path + "release")
            default: return Call(path: path + "complete", body: #"{"result": 1, "next": [{"kind": "b"}]}"#)
            }
        }
    }
}
