import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// A queue that delivers IDs, and refuses the first publications.
final class RejectingQueue: JobQueue {
    private let rejections: Mutex<Int>
    private let ids = Inbox<JobID>()

    init(rejections: Int) {
        self.rejections = Mutex(rejections)
    }

    /// The number of publications that it still refuses.
    var rejectionsLeft: Int { rejections.withLock { $0 } }

    func publish(_ entries: [QueueEntry]) async throws {
        let isRefused = rejections.withLock { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        if isRefused { throw LonghaulError(.unavailable, "the broker does not answer") }
        for entry in entries { ids.put(entry.id) }
    }

    func observeRemote(_ entries: [QueueEntry]) {}

    var wakeCount: Int { 0 }

    /// Waits for an ID.
    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        let next = Task { await ids.next() }
        let timer = Task {
            try? await SystemTime().sleep(until: deadline)
            next.cancel()
        }
        defer { timer.cancel() }
        let id = await withTaskCancellationHandler {
            await next.value
        } onCancel: {
            next.cancel()
        }
        try Task.checkCancellation()
        return id.map { .jobs([$0]) } ?? .none
    }

    func wake(_ interest: QueueInterest) {}
    func forget(_ queues: [String]) {}
    func acknowledge(_ ids: [JobID]) async throws {}
    func checkReady() async throws {}
}

/// Holds callers until a test lets them go.
final class Gate: Sendable {
    /// Happens when all parties have arrived.
    let isFull = Event<Void>()
    /// Lets the parties go.
    let opening = Event<Void>()
    private let missing: Mutex<Int>

    init(parties: Int) {
        missing = Mutex(parties)
    }

    /// Waits for the opening.
    func arrive() async {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { isFull.fire() }
        await opening.wait()
    }
}
