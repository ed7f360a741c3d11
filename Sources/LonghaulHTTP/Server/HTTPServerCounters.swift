import Synchronization

/// The reasons for which a server refuses requests and connections, for metrics.
public enum HTTPRejection: String, Sendable, CaseIterable {
    /// Too many connections, in total or from one address.
    case connections
    /// A malformed or ambiguous request.
    case malformed
    /// A request that arrived too slowly.
    case slowRequest = "slow_request"
    /// A client that read the answer too slowly.
    case slowReader = "slow_reader"
    /// The maximum memory of request bodies was exceeded.
    case bodyMemory = "body_memory"
    /// The maximum memory of answers was exceeded.
    case answerMemory = "answer_memory"
}

/// The counters of a server. Any thread may read them.
public final class HTTPServerCounters: Sendable {
    private let open = Atomic<Int>(0)
    private let closedIdle = Atomic<Int>(0)
    private let refused = Mutex<[HTTPRejection: Int]>([:])
    private let budgets = Mutex<(body: ByteBudget, answer: ByteBudget)?>(nil)
    private let served = Mutex<HTTPCertificate?>(nil)

    /// Creates counters with the value 0.
    public init() {}

    /// The open connections.
    public var connections: Int { open.load(ordering: .relaxed) }
    /// The idle connections that were closed to make room for new ones.
    public var evictedConnections: Int { closedIdle.load(ordering: .relaxed) }
    /// The bytes of request bodies in memory.
    public var bodyBytes: Int { budgets.withLock { $0?.body.reserved } ?? 0 }
    /// The bytes of answers in memory.
    public var answerBytes: Int { budgets.withLock { $0?.answer.reserved } ?? 0 }
    /// The certificate of new connections; nil without TLS.
    public var certificate: HTTPCertificate? { served.withLock { $0 } }

    /// The number of requests and connections that were refused for a reason.
    public func rejections(_ reason: HTTPRejection) -> Int { refused.withLock { $0[reason] ?? 0 } }

    /// Counts a request that ``HTTPServerConfiguration/admit`` refused.
    public func recordRejection(_ reason: HTTPRejection) { count(reason) }

    func watch(body: ByteBudget, answer: ByteBudget) { budgets.withLock { $0 = (body, answer) } }
    func use(_ certificate: HTTPCertificate) { served.withLock { $0 = certificate } }
    func countOpen(_ change: Int) { open.add(change, ordering: .relaxed) }
    func countEvicted() { closedIdle.add(1, ordering: .relaxed) }
    func count(_ reason: HTTPRejection) { refused.withLock { $0[reason, default: 0] += 1 } }
}
