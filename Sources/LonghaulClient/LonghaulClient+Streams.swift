import LonghaulConcurrency
public import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension LonghaulClient {
    /// The job's history and its live changes until it has ended. After a lost connection the stream continues at the same
    /// position. It throws if the server refuses the call, or stays unreachable.
    public func events(_ id: JobID) -> AsyncThrowingStream<JobChange, any Error> {
        Self.producing { output in
            var follower = EventFollower(client: self, path: "/v1/jobs/\(id)/events")
            var isOver = false
            while !isOver {
                try await follower.read { event in
                    let change = try JobChange.decode(answer: Array(event.data.utf8))
                    // A retried job has an earlier final state as well, so only the last change counts.
                    isOver = change.state.isFinal
                    output.yield(change)
                }
            }
        }
    }

    /// The live changes of all jobs, or of the jobs of a queue. After a lost connection the stream continues at the same
    /// position, as far back as the server keeps changes. It throws if the server refuses the call, or stays unreachable.
    ///
    /// - Parameter onMissed: called when changes are missing in the stream, because this client was too slow or was
    ///   disconnected for longer than the server keeps changes. Read the displayed data again.
    public func events(
        ofQueue queue: String? = nil, onMissed: @escaping @Sendable () -> Void = {}
    ) -> AsyncThrowingStream<JobChange, any Error> {
        let query = queue.map { "?queue=" + PathSegment.encode($0) } ?? ""
        return Self.producing { output in
            var follower = EventFollower(client: self, path: "/v1/events" + query)
            while true {
                try await follower.read { event in
                    switch event.event {
                    case "resync": onMissed()
                    case "state", "progress":
                        output.yield(try JobChange.decode(answer: Array(event.data.utf8)))
                    default: break
                    }
                }
            }
        }
    }

    /// The lines of the job's log and its live lines until it has ended. Lost connections are handled as in
    /// ``events(_:)``.
    public func followLogs(_ id: JobID) -> AsyncThrowingStream<StoredLogLine, any Error> {
        Self.producing { output in
            var follower = EventFollower(client: self, path: "/v1/jobs/\(id)/logs?follow=true")
            var isOver = false
            while !isOver {
                // Checks the job before it reads the lines: the log of an ended job is then complete.
                let hasEnded = try await follower.persisting { _ in try await self.job(id).state.isFinal }
                let isWhole = try await follower.read { event in
                    output.yield(try StoredLogLine.decode(answer: Array(event.data.utf8)))
                }
                isOver = hasEnded == true && isWhole
            }
        }
    }

    /// A stream of the elements that `body` yields, until the stream is no longer read.
    private static func producing<Element: Sendable>(
        _ body:
            @escaping @Sendable (AsyncThrowingStream<Element, any Error>.Continuation) async throws -> Void
    ) -> AsyncThrowingStream<Element, any Error> {
        AsyncThrowingStream { output in
            let task = Task {
                do {
                    try await body(output)
                    output.finish()
                } catch {
                    output.finish(throwing: error)
                }
            }
            output.onTermination = { _ in task.cancel() }
        }
    }
}

/// Reads server-sent events of one path. After a lost connection it continues after the last event.
private struct EventFollower {
    let client: LonghaulClient
    let path: String
    private var lastID: String?
    /// The number of consecutive failures to reach the server.
    private var failures = 0
    private var backoff: ExponentialBackoff
    private var hasAnswered = false
    /// Whether the server ended the last connection without an event.
    private var wasEmpty = false

    /// The maximum number of consecutive failures to reach the server, about half a minute.
    private static let maxFailures = 8
    /// The idle timeout of a connection. The server sends a comment every 15 s.
    private static let silence = Duration.seconds(60)
    private static let maxProblemBytes = 1 << 20

    init(client: LonghaulClient, path: String) {
        self.client = client
        self.path = path
        backoff = client.eventBackoff
    }

    /// Reads one connection to its end.
    ///
    /// - Returns: whether the server ended the stream; false if the connection was lost.
    @discardableResult
    mutating func read(_ each: (ServerSentEvent) throws -> Void) async throws -> Bool {
        if wasEmpty { try await Task.sleep(for: .seconds(backoff.next())) }
        var headers: HTTPHeaders = ["Accept": "text/event-stream"]
        if let lastID { headers["Last-Event-ID"] = lastID }
        let request = HTTPClientRequest(
            url: client.base + path, headers: headers, stallTimeout: Self.silence)
        var place = lastID
        var count = 0
        let isWhole: Void? = try await persisting { [client] isReached in
            let response = try await client.authorized(request, status: \.status) {
                try await client.http.stream($0)
            }
            guard response.isSuccess else {
                let body = try await response.body.collect(maxBytes: Self.maxProblemBytes)
                throw LonghaulClient.problem(
                    HTTPClientResponse(status: response.status, headers: response.headers, body: body))
            }
            isReached = true
            for try await event in response.events {
                try each(event)
                place = event.id ?? place
                count += 1
            }
        }
        lastID = place
        if count > 0 { backoff.reset() }
        wasEmpty = isWhole != nil && count == 0
        return isWhole != nil
    }

    /// Runs a call. If the server is unreachable, waits for the back-off and returns nil.
    ///
    /// - Parameter call: sets its argument when the stream begins. A stream that is lost later is no failure to reach the server.
    /// - Throws: the error of the call if the server refuses it, was never reached, or stays unreachable.
    mutating func persisting<Value>(_ call: (inout Bool) async throws -> Value) async throws -> Value? {
        var isReached = false
        do {
            let value = try await call(&isReached)
            hasAnswered = true
            if isReached { failures = 0 }
            return value
        } catch {
            if isReached { (hasAnswered, failures) = (true, 0) }
            guard LonghaulClient.isTransient(error), hasAnswered, failures < Self.maxFailures else {
                throw error
            }
            try await Task.sleep(for: .seconds(backoff.next()))
            failures += 1
            return nil
        }
    }
}
