package import LonghaulCore

/// A queue as the store keeps it: its settings, the tokens of its rate limit, and the number of its jobs in each state.
package struct QueueState: Sendable {
    package internal(set) var settings = QueueSettings()
    package var counts = StateCounts()
    /// The number of pending jobs of each priority, for a driver that counts them.
    package internal(set) var pendingByPriority = [Int](repeating: 0, count: 10)
    /// The tokens of the rate limit; nil without a rate limit.
    package var bucket: TokenBucket?
    /// Whether pending jobs may still lack their partition.
    package internal(set) var isSorting = false
    /// When a job of the queue last changed, or its settings were set.
    package internal(set) var usedAt = Timestamp(milliseconds: 0)
    /// Whether it was deleted and not used since.
    package var isDeleted = false

    /// A queue with default settings and no jobs.
    package init() {}

    /// The priorities of pending jobs, highest first.
    package var pendingPriorities: [Int] {
        pendingByPriority.indices.reversed().filter { pendingByPriority[$0] > 0 }
    }

    /// Whether pending jobs may have partitions of their own.
    package var hasPartitions: Bool { settings.partitionBy != nil || isSorting }

    /// The partition of a job by the current settings.
    package func partition(of spec: JobSpec) -> String {
        settings.partitionBy.flatMap { spec.tags[$0] } ?? ""
    }

    /// The queue as the API shows it.
    package func record(_ name: String) -> QueueRecord {
        QueueRecord(name: name, settings: settings, counts: counts.byState, bucket: bucket)
    }
}

// MARK: - Changes

extension QueueState {
    /// Counts a job that goes from one state to another; nil stands for a job that does not exist.
    package mutating func count(
        _ spec: JobSpec, from previous: JobState?, to state: JobState?, at now: Timestamp
    ) {
        if let previous { count(previous, of: spec.priority, by: -1) }
        if let state { count(state, of: spec.priority, by: 1) }
        usedAt = max(usedAt, now)
        if let state, !state.isFinal { isDeleted = false }
    }

    /// Counts jobs of a state and priority.
    package mutating func count(_ state: JobState, of priority: Int, by number: Int) {
        counts[state] += number
        if state == .pending { pendingByPriority[priority] += number }
    }

    /// Copies the counts of another state.
    package mutating func setCounts(of other: QueueState) {
        counts = other.counts
        pendingByPriority = other.pendingByPriority
    }

    /// Changes the settings and what depends on them.
    package mutating func set(_ new: QueueSettings, at now: Timestamp) {
        if new.partitionBy != settings.partitionBy { isSorting = counts[.pending] > 0 }
        if let limit = new.rateLimit {
            // A smaller burst needs no change: the bucket never counts more tokens than the burst.
            if bucket == nil { bucket = TokenBucket(full: limit, at: now) }
        } else {
            bucket = nil
        }
        settings = new
        usedAt = max(usedAt, now)
        isDeleted = false
    }

    /// Resets the settings, and hides the queue until it is used again.
    package mutating func delete(at now: Timestamp) {
        settings = QueueSettings()
        bucket = nil
        isSorting = false
        usedAt = max(usedAt, now)
        isDeleted = true
    }

    /// Records that every pending job has its partition.
    package mutating func endSorting() { isSorting = false }

    /// Whether it can be removed without loss.
    ///
    /// - Parameter isKept: whether it is kept unless it was deleted.
    package func isUnused(since moment: Timestamp, isKept: Bool) -> Bool {
        counts.isEmpty && (isDeleted || !isKept && settings == QueueSettings() && usedAt < moment)
    }
}
