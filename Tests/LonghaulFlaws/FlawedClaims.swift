import LonghaulCore
import LonghaulStore

/// Takes no token for a job that starts.
final class FreeStarts: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func update(_ bucket: TokenBucket, of queue: String) throws {}
}

/// Checks whether a queue has room for a job, and not for how many.
final class OneRoomCheck: VerbWrapper {
    let inner: any StoreTransaction
    private var hadRoom: Set<String> = []

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) throws -> Int {
        let count = try inner.count(jobs, in: queue, near: bound)
        guard jobs == .processing, let limit = settings(of: queue).maxConcurrency else { return count }
        if count < limit { hadRoom.insert(queue) }
        return hadRoom.contains(queue) ? -1_000 : count
    }
}

/// Forgets which partition had the latest turn.
final class ForgottenTurns: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func recordTurn(of partition: String, _ key: PartitionTurns.Key) {}
}

/// Stores the rules of the routing table in reverse order.
final class ReversedRoutes: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func replaceRouting(_ table: RoutingTable) throws {
        try inner.replaceRouting(RoutingTable(rules: table.rules.reversed()))
    }
}
