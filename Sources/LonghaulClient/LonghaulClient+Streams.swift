public import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension LonghaulClient {
    /// The job's history and then its changes as they happen, until it has ended. A cut connection is made
    /// again where it was cut; the stream throws only when the server refuses, or stays away.
    public func events(_ id: JobID) -> AsyncThrowingStream<JobChange, any Error> {
        Self.producing { output in
            var follower = EventFollower(client: self, path: "/v1/jobs/\(id)/events")
            var isOver = false
            while !isOver {
                try await follower.read { event in
                    let change = try JobChange.decode(answer: Array(event.data.utf8))
                    // A job that was asked for again has ended before, too: the last change decides.
                    isOver = change.state.isFinal
                    output.yield(change)
                }
            }
        }
    }

    /// The changes of every job of a queue, or of all, from now on. After a lost connection the stream continues where
    /// it was, as far back as the server keeps changes. It throws when the server refuses, or stays away.
    ///
    /// - Parameter onMissed: called when changes are missing from the stream: this client was too slow, or was away for
    ///   longer than the server keeps changes. Read again what you show.
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

    /// The job's log and then its lines as they come, until it has ended. Cuts are treated as by
    /// ``events(_:)``.
    public func followLogs(_ id: JobID) -> AsyncThrowingStream<StoredLogLine, any Error> {
        Self.producing { output in
            var follower = EventFollower(client: self, path: "/v1/jobs/\(id)/logs?follow=true")
            var isOver = false
            while !isOver {
                // Asked before the lines are read: what an ended job's log then holds is all of it.
                let hasEnded = try await follower.persisting { try await self.job(id).state.isFinal }
                let isWhole = try await follower.read { event in
                    output.yield(try StoredLogLine.decode(answer: Array(event.data.utf8)))
                }
                isOver = hasEnded == true && isWhole
            }
        }
    }

    /// A stream of what `body` yields, for as long as somebody reads it.
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

/// Reads server-sent events of one path, and goes on after the last of them when the connection is cut.
private struct EventFollower {
    let client: LonghaulClient
    let path: String
    private var lastID: String?
    /// How often in a row the server was not there.
    private var failures = 0
    private var hasAnswered = false

    /// How often to try before the server counts as gone: about half a minute.
    private static let patience = 8
    /// How long a connection may be silent: the server writes a comment every fifteen seconds.
    private static let silence = Duration.seconds(60)
    private static let maxProblemBytes = 1 << 20

    init(client: LonghaulClient, path: String) {
        self.client = client
        self.path = path
    }

    /// Reads one connection to its end.
    ///
    /// - Returns: whether the server ended it; false if it was cut.
    @discardableResult
    mutating func read(_ each: (ServerSentEvent) throws -> Void) async throws -> Bool {
        var headers: HTTPHeaders = ["Accept": "text/event-stream"]
        if let lastID { headers["Last-Event-ID"] = lastID }
        let request = HTTPClientRequest(
            url: client.server + path, headers: headers, stallTimeout: Self.silence)
        var place = lastID
        var count = 0
        let isWhole: Void? = try await persisting { [client] in
            let response = try await client.http.stream(request)
            guard response.isSuccess else {
                let body = try await response.body.collect(maxBytes: Self.maxProblemBytes)
                throw LonghaulClient.refusal(
                    HTTPClientResponse(status: response.status, headers: response.headers, body: body))
            }
            for try await event in response.events {
                try each(event)
                place = event.id ?? place
                count += 1
            }
        }
        lastID = place
        if count > 0 { failures = 0 }
        return isWhole != nil
    }

    /// Runs a call, and waits a while if the server is not there for now; nil then.
    ///
    /// - Throws: what the call throws if the server refuses, was never reached, or stays away.
    mutating func persisting<Value>(_ call: () async throws -> Value) async throws -> Value? {
        do {
            let value = try await call()
            hasAnswered = true
            return value
        } catch  where Self.isTransient(error) && hasAnswered && failures < Self.patience {
            try await Task.sleep(for: .milliseconds(100 << min(failures, 6)))
            failures += 1
            return nil
        }
    }

    private static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error.isTransient
        case let error as LonghaulError: error.isTransient
        default: false
        }
    }
}
