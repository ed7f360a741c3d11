import LonghaulCore
import LonghaulEngine
import LonghaulFlaws

/// A queue that loses wake-ups.
final class FlawedQueue: JobQueue, @unchecked Sendable {
    private let inner: any JobQueue
    private let flaw: Flaw
    /// The number of calls whose callers have left, and which have not ended.
    private var leaving = 0

    init(_ inner: any JobQueue, flaw: Flaw) {
        self.inner = inner
        self.flaw = flaw
    }

    var carriesIdentifiers: Bool { inner.carriesIdentifiers }

    func publish(_ entries: [QueueEntry]) async throws {
        switch flaw {
        case .refusedPublication: try? await inner.publish(entries)
        case .eatenHint where leaving > 0: return
        default: try await inner.publish(entries)
        }
    }

    var wakeCount: Int { inner.wakeCount }
    func observeRemote(_ entries: [QueueEntry]) { inner.observeRemote(entries) }

    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        let hasLeft = Flag()
        defer { if hasLeft.isSet { leaving -= 1 } }
        return try await withTaskCancellationHandler {
            try await inner.receive(interest, limit: limit, until: deadline, since: wakeCount)
        } onCancel: {
            hasLeft.isSet = true
            leaving += 1
        }
    }

    /// A worker that got as many jobs as it requested passes its own interest on, which names all queues.
    func wake(_ interest: QueueInterest) {
        if flaw == .keptHint, interest.queues.count == Fixtures.queues.count { return }
        inner.wake(interest)
    }

    func wakeAll() { inner.wakeAll() }
    func forget(_ queues: [String]) { inner.forget(queues) }
    func acknowledge(_ ids: [JobID]) async throws { try await inner.acknowledge(ids) }
    func held(of queue: String) async throws -> Int? { try await inner.held(of: queue) }
    func checkReady() async throws { try await inner.checkReady() }
}

extension Flaw {
    /// Whether ``FlawedQueue`` has the flaw.
    var isInQueue: Bool { self == .refusedPublication || self == .eatenHint || self == .keptHint }
}
