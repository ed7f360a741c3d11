/// The rights of a caller: scopes, and the queues and kinds to which they are limited.
public struct KeyGrant: Sendable, Hashable {
    /// The scopes. ``KeyScope/admin`` includes all others.
    public var scopes: Set<KeyScope>
    /// Patterns of queues, in which `*` matches any characters; empty for all queues.
    public var queues: [String]
    /// Patterns of kinds, in which `*` matches any characters; empty for all kinds.
    public var kinds: [String]

    /// The rights of these scopes, limited to these queues and kinds.
    public init(scopes: Set<KeyScope>, queues: [String] = [], kinds: [String] = []) {
        self.scopes = scopes
        self.queues = queues
        self.kinds = kinds
    }

    /// All rights.
    public static let everything = KeyGrant(scopes: [.admin])

    /// Whether the grant has a scope.
    public func includes(_ scope: KeyScope) -> Bool {
        scopes.contains(scope) || scopes.contains(.admin)
    }

    /// Whether the grant is limited to some queues or kinds.
    public var isLimited: Bool { !queues.isEmpty || !kinds.isEmpty }

    /// Whether the grant covers a queue.
    public func covers(queue: String) -> Bool {
        queues.isEmpty || queues.contains { RoutingTable.Rule.matches(queue, pattern: $0) }
    }

    /// Whether the grant covers a kind.
    public func covers(kind: String) -> Bool {
        kinds.isEmpty || kinds.contains { RoutingTable.Rule.matches(kind, pattern: $0) }
    }

    /// Whether the grant covers a job.
    public func covers(_ spec: JobSpec) -> Bool {
        covers(queue: spec.queue) && covers(kind: spec.kind)
    }
}

/// Checks that throw `forbidden` and name what is missing.
extension KeyGrant {
    /// Throws unless the grant has a scope.
    public func require(_ scope: KeyScope) throws(LonghaulError) {
        guard !includes(scope) else { return }
        throw LonghaulError(.forbidden, "the API key lacks the scope \(scope.rawValue)")
    }

    /// Throws unless the grant covers a queue.
    public func require(queue: String) throws(LonghaulError) {
        guard !covers(queue: queue) else { return }
        throw LonghaulError(
            .forbidden,
            "the API key does not cover the queue \"\(queue)\"; it is limited to \(Self.list(queues))")
    }

    /// Throws unless the grant covers a kind.
    public func require(kind: String) throws(LonghaulError) {
        guard !covers(kind: kind) else { return }
        throw LonghaulError(
            .forbidden,
            "the API key does not cover jobs of kind \"\(kind)\"; it is limited to \(Self.list(kinds))")
    }

    /// Throws unless the grant covers a job.
    public func require(_ spec: JobSpec) throws(LonghaulError) {
        try require(queue: spec.queue)
        try require(kind: spec.kind)
    }

    /// Throws if the grant is limited, for calls that concern all queues.
    public func requireAllQueues() throws(LonghaulError) {
        guard isLimited else { return }
        throw LonghaulError(
            .forbidden, "the call concerns all queues and kinds; use an API key that is not limited to some")
    }

    /// Throws unless the grant covers a request for jobs.
    ///
    /// A key that is limited to kinds must name them, because a request without kinds is for all kinds.
    public func require(_ request: LeaseRequest) throws(LonghaulError) {
        for queue in request.queues { try require(queue: queue) }
        for kind in request.kinds { try require(kind: kind) }
        guard request.kinds.isEmpty, !kinds.isEmpty else { return }
        throw LonghaulError(
            .forbidden,
            "the API key is limited to jobs of kind \(Self.list(kinds)); name the kinds in the request")
    }

    private static func list(_ patterns: [String]) -> String {
        let shown = patterns.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
        return patterns.count > 10 ? shown + ", …" : shown
    }
}
