import LonghaulCore

/// A position in the list of workers. The list has workers that are not gone before those that are gone, and in each
/// group the worker first seen most recently comes first. Heartbeats do not move a worker within its group.
///
/// A worker that changes its group between two pages moves: one that becomes gone may appear on both pages, and a gone
/// one that returns may appear on none.
struct WorkerCursor: Comparable {
    private let isGone: Bool
    private let firstSeenAt: Int64
    private let id: String

    /// The position after this worker.
    init(after worker: WorkerRecord, at now: Timestamp) {
        isGone = worker.health(at: now) == .gone
        firstSeenAt = worker.firstSeenAt.milliseconds
        id = worker.info.id
    }

    /// Parses the opaque text of the API; nil if it is invalid.
    init?(_ text: String) {
        // By scalars, because a dot and a combining mark at the start of an ID are one character.
        let parts = text.unicodeScalars.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 4, parts[0] == "w1", parts[1] == "0" || parts[1] == "1", let at = Int64(parts[2])
        else { return nil }
        isGone = parts[1] == "1"
        firstSeenAt = at
        id = parts[3]
    }

    /// The opaque text of the API.
    var description: String { "w1.\(isGone ? 1 : 0).\(firstSeenAt).\(id)" }

    static func < (left: WorkerCursor, right: WorkerCursor) -> Bool {
        if left.isGone != right.isGone { return right.isGone }
        if left.firstSeenAt != right.firstSeenAt { return left.firstSeenAt > right.firstSeenAt }
        return left.id < right.id
    }
}
