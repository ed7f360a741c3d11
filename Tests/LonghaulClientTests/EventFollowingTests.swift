import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulClient

/// Streams over connections that are lost.
@Suite(.timeLimit(.minutes(1))) struct EventFollowingTests {
    private static let id = JobID(high: 1, low: 2)

    private static func change(_ number: Int, _ state: JobState) -> String {
        var change = JobChange(
            jobID: id, queue: "default", kind: "test", state: state, previous: nil, attempt: 1,
            version: number,
            at: Timestamp(milliseconds: 0), runAt: Timestamp(milliseconds: 0))
        change.runAt = change.at
        var writer = JSONWriter()
        change.write(to: &writer)
        return ServerSentEvents.text(
            id: "\(number)", event: "state", data: String(decoding: writer.bytes, as: UTF8.self))
    }

    /// An answer whose connection is lost after these events, when the client has received their number.
    private static func lost<Value>(
        after events: [String], received: Recorder<Value> = Recorder<Int>(), count: Int = 0
    ) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: ServerSentEvents.headers,
            body: .stream { writer in
                // More than the buffers hold, so that the head has left when the connection is cut.
                let comment = String(repeating: ":" + String(repeating: " ", count: 1000) + "\n", count: 300)
                for event in [comment] + events { try await writer.write(event) }
                try await received.wait(for: "the events arrive") { $0.count >= count }
                throw LonghaulError(.unavailable, "the connection is cut")
            })
    }

    private static func whole(_ events: [String]) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: ServerSentEvents.headers,
            body: .stream { writer in
                for event in events { try await writer.write(event) }
            })
    }

    @Test func streamContinuesAfterTheLastEvent() async throws {
        let places = Recorder<String>()
        let versions = Recorder<Int>()
        try await withScript { request in
            let number = places.add(request.headers["Last-Event-ID"] ?? "-")
            return switch number {
            case 1:
                Self.lost(
                    after: [Self.change(1, .pending), Self.change(2, .processing)], received: versions,
                    count: 2)
            case 2: .text(503, "down")
            case 3: Self.lost(after: [])
            default: Self.whole([Self.change(3, .completed)])
            }
        } _: { client in
            for try await change in client.events(Self.id) { versions.add(change.version) }
        }
        #expect(versions.values == [1, 2, 3])
        #expect(places.values == ["-", "2", "2", "2"])
    }

    @Test func streamOfAJobEndsWithItsFinalState() async throws {
        let calls = Atomic(0)
        try await withScript { _ in
            // The first connection ends before the job does.
            calls.add(1, ordering: .relaxed).newValue == 1
                ? Self.whole([Self.change(1, .completed), Self.change(2, .pending)])
                : Self.whole([Self.change(3, .failed)])
        } _: { client in
            var states: [JobState] = []
            for try await change in client.events(Self.id) { states.append(change.state) }
            #expect(states == [.completed, .pending, .failed])
        }
    }

    @Test func connectionsWithoutEventsNeverEndTheStream() async throws {
        let calls = Atomic(0)
        try await withScript { _ in
            calls.add(1, ordering: .relaxed).newValue <= 10
                ? Self.lost(after: []) : Self.whole([Self.change(1, .completed)])
        } _: { client in
            var count = 0
            for try await _ in client.events(Self.id) { count += 1 }
            #expect(count == 1)
        }
    }

    @Test func emptyStreamsAreReadAgainAfterPauses() async throws {
        let calls = Recorder<ContinuousClock.Instant>()
        try await withScript(
            { _ in
                calls.add(.now) < 3 ? Self.whole([]) : Self.whole([Self.change(1, .completed)])
            }, pauseSeconds: 0.3
        ) { client in
            for try await _ in client.events(Self.id) {}
        }
        let times = calls.values
        #expect(times.count == 3)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(300) })
    }

    @Test func streamThrowsIfTheServerStaysUnreachable() async throws {
        let calls = Atomic(0)
        let versions = Recorder<Int>()
        try await withScript { _ in
            calls.add(1, ordering: .relaxed).newValue == 1
                ? Self.lost(after: [Self.change(1, .pending)], received: versions, count: 1)
                : .text(503, "down")
        } _: { client in
            let problem = await error {
                for try await change in client.events(Self.id) { versions.add(change.version) }
            }
            #expect(versions.values == [1])
            #expect(problem?.code == .unavailable)
        }
        // The stream that is lost, seven more failures that are repeated, and the last one.
        let total = calls.load(ordering: .relaxed)
        #expect(total == 9)
    }

    @Test func streamThrowsAtOnceIfTheServerWasNeverReachedOrRefuses() async throws {
        for status in [503, 404] {
            let calls = Atomic(0)
            try await withScript { _ in
                calls.add(1, ordering: .relaxed)
                return .text(status, "no")
            } _: { client in
                let problem = await error { for try await _ in client.events(Self.id) {} }
                #expect(problem != nil)
            }
            let total = calls.load(ordering: .relaxed)
            #expect(total == 1)
        }
    }

    @Test func callerIsNotifiedOfMissedChanges() async throws {
        let missed = Atomic(0)
        try await withScript { request in
            #expect(request.query.first("queue") == "mail")
            return Self.whole([
                ServerSentEvents.text(id: "7", event: "resync", data: "{}"),
                ServerSentEvents.text(id: "8", event: "future", data: "not a change"),
                Self.change(9, .pending),
            ])
        } _: { client in
            let changes = client.events(ofQueue: "mail") { missed.add(1, ordering: .relaxed) }
            for try await change in changes {
                #expect(change.version == 9)
                break
            }
        }
        let count = missed.load(ordering: .relaxed)
        #expect(count == 1)
    }

    @Test func logIsFollowedUntilTheJobHasEndedAndTheLogIsWhole() async throws {
        let reads = Atomic(0)
        let messages = Recorder<String>()
        func line(_ number: Int) -> String {
            ServerSentEvents.text(
                id: "\(number)",
                data:
                    #"{"number": \#(number), "attempt": 1, "at": "2026-01-01T00:00:00Z", "level": "info", "message": "m\#(number)"}"#
            )
        }
        let lines = (0...4).map(line)
        try await withScript { request in
            guard request.path.hasSuffix("/logs") else {
                // The job ends after the first connection.
                let state = reads.load(ordering: .relaxed) == 0 ? "processing" : "completed"
                return .text(
                    200,
                    #"{"id": "\#(Self.id)", "state": "\#(state)", "kind": "test", "queue": "default", "created_at": "2026-01-01T00:00:00Z", "run_at": "2026-01-01T00:00:00Z"}"#
                )
            }
            return switch reads.add(1, ordering: .relaxed).newValue {
            case 1: Self.whole([lines[1]])
            case 2: Self.lost(after: [lines[2]], received: messages, count: 2)
            default: Self.whole([lines[3]])
            }
        } _: { client in
            for try await line in client.followLogs(Self.id) { messages.add(line.line.message) }
            #expect(messages.values == ["m1", "m2", "m3"])
        }
    }
}
