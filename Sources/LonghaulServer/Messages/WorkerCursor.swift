import LonghaulCore

/// A place in the list of workers: those that are not gone come first, and of each sort those that appeared last. When a
/// worker appeared never changes, so the place stays valid while workers come, go and show signs of life.
struct WorkerCursor: Comparable {
    private let isGone: Bool
    private let firstSeenAt: Int64
    private let id: String

    /// The place behind this worker.
    init(after worker: WorkerRecord, at now: Timestamp) {
        isGone = worker.health(at: now) == .gone
        firstSeenAt = worker.firstSeenAt.milliseconds
        id = worker.info.id
    }

    /// Reads the opaque text of the API. Nil if it was not made here.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "w1", parts[1] == "0" || parts[1] == "1", let at = Int64(parts[2])
        else { return nil }
        isGone = parts[1] == "1"
        firstSeenAt = at
        id = String(parts[3])
    }

    /// The opaque text of the API.
    var description: String { "w1.\(isGone ? 1 : 0).\(firstSeenAt).\(id)" }

    static func < (left: WorkerCursor, right: WorkerCursor) -> Bool {
        if left.isGone != right.isGone { return right.isGone }
        if left.firstSeenAt != right.firstSeenAt { return left.firstSeenAt > right.firstSeenAt }
        return left.id < right.id
    }
}
