import LonghaulCore
import LonghaulMemory
import LonghaulStore

/// Takes no token for a job that starts.
final class FreeStarts: VerbWrapper {
    let inner: any MemoryVerbs

    init(inner: any MemoryVerbs) {
        self.inner = inner
    }

    func update(_ bucket: TokenBucket, of queue: String) throws {}
}

/// Checks whether a queue has room for a job, and not for how many.
final class OneRoomCheck: VerbWrapper {
    let inner: any MemoryVerbs
    private var hadRoom: Set<String> = []

    init(inner: any MemoryVerbs) {
        self.inner = inner
    }

    func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) throws -> Int {
        let count = try inner.count(jobs, in: queue, near: bound)
        guard jobs == .processing, let limit = settings(of: queue).maxConcurrency else { return count }
        if count < limit { hadRoom.insert(queue) }
        return hadRoom.contains(queue) ? -1_000 : count
    }
}

/// Forgets the partition of the latest turn: the request of each claim seems to be different from all earlier ones.
final class ForgottenTurns: VerbWrapper {
    let inner: any MemoryVerbs

    init(inner: any MemoryVerbs) {
        self.inner = inner
    }

    func claim(_ request: LeaseRequest) throws -> [Lease] {
        var request = request
        request.worker.labels["request"] = "\(random.next())"
        return try inner.claim(request)
    }
}

/// Stores the rules of the routing table in reverse order.
final class ReversedRoutes: VerbWrapper {
    let inner: any MemoryVerbs

    init(inner: any MemoryVerbs) {
        self.inner = inner
    }

    func setRouting(_ table: RoutingTable) throws {
        try inner.setRouting(RoutingTable(rules: table.rules.reversed()))
    }
}
