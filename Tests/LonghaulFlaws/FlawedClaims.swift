import LonghaulCore
import LonghaulMemory
import LonghaulStore

/// Takes no token for a job that starts.
final class FreeStarts: VerbWrapper {
    let inner: any MemoryVerbs

    init(inner: any MemoryVerbs) {
        self.inner = inner
    }

    func consumeToken(of queue: String) throws {}
}

/// Checks the room of a queue once in a transaction.
final class OneRoomCheck: VerbWrapper {
    let inner: any MemoryVerbs
    private var seen: [String: Int] = [:]

    init(inner: any MemoryVerbs) {
        self.inner = inner
    }

    func room(in queue: String) throws -> Int {
        if let room = seen[queue] { return room }
        let room = try inner.room(in: queue)
        seen[queue] = room
        return room
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
