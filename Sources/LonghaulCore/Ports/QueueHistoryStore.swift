/// Stores the history of queues: a sample of each queue for each minute, and for each hour of older times.
public protocol QueueHistoryStore: Sendable {
    /// Stores samples, and removes those that began before `horizon`. Merges a sample with an existing one of the same
    /// queue and minute (``QueueSample/merge(_:)``).
    ///
    /// - Parameter hour: the start of an hour. The samples before it become one sample for each queue and hour
    ///   (``QueueSample/extend(by:)``). With nil, nothing is merged.
    func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) async throws

    /// The samples of one queue, or of all queues, since a time; the oldest first, by name within a minute.
    ///
    /// - Parameters:
    ///   - place: only samples after this place.
    ///   - limit: the maximum number of samples.
    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) async throws -> [QueueSample]
}

extension QueueHistoryStore {
    /// Stores samples, and removes those that began before `horizon`.
    public func recordSamples(_ samples: [QueueSample], deletingBefore horizon: Timestamp) async throws {
        try await recordSamples(samples, mergingBefore: nil, deletingBefore: horizon)
    }

    /// All samples of one queue, or of all queues, since a time.
    public func samples(of queue: String?, since moment: Timestamp) async throws -> [QueueSample] {
        try await samples(of: queue, since: moment, after: nil, limit: .max)
    }
}
