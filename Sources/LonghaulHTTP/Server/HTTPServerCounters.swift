import Synchronization

/// Why a server refused a request or a connection on its own, for metrics.
public enum HTTPRejection: String, Sendable, CaseIterable {
    /// There were too many connections, in all or from one address.
    case connections
    /// The request was malformed, or could be read in two ways.
    case malformed
    /// The request did not arrive in time, or too slowly.
    case slowRequest = "slow_request"
    /// The client read the answer too slowly.
    case slowReader = "slow_reader"
    /// The bodies of requests would have taken more memory than is allowed.
    case bodyMemory = "body_memory"
    /// The answers would have taken more memory than is allowed.
    case answerMemory = "answer_memory"
}

/// What a server counts. All members may be read from any thread.
public final class HTTPServerCounters: Sendable {
    private let open = Atomic<Int>(0)
    private let closedIdle = Atomic<Int>(0)
    private let refused = Mutex<[HTTPRejection: Int]>([:])
    private let budgets = Mutex<(body: ByteBudget, answer: ByteBudget)?>(nil)

    /// Counters that stand at zero.
    public init() {}

    /// The open connections.
    public var connections: Int { open.load(ordering: .relaxed) }
    /// The idle connections that were closed to make room for new ones.
    public var evictedConnections: Int { closedIdle.load(ordering: .relaxed) }
    /// The bytes of request bodies in memory.
    public var bodyBytes: Int { budgets.withLock { $0?.body.reserved } ?? 0 }
    /// The bytes of answers in memory.
    public var answerBytes: Int { budgets.withLock { $0?.answer.reserved } ?? 0 }

    /// How many requests or connections were refused for this reason.
    public func rejections(_ reason: HTTPRejection) -> Int { refused.withLock { $0[reason] ?? 0 } }

    /// Counts a request that ``HTTPServerConfiguration/admit`` refused.
    public func recordRejection(_ reason: HTTPRejection) { count(reason) }

    func watch(body: ByteBudget, answer: ByteBudget) { budgets.withLock { $0 = (body, answer) } }
    func countOpen(_ change: Int) { open.add(change, ordering: .relaxed) }
    func countEvicted() { closedIdle.add(1, ordering: .relaxed) }
    func count(_ reason: HTTPRejection) { refused.withLock { $0[reason, default: 0] += 1 } }
}
