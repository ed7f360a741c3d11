public import LonghaulCore

/// Samples of queues, one for each minute.
extension MemoryStore {
    /// Stores samples, and removes samples from before a moment.
    public func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) async throws {
        try write { transaction in
            for sample in samples {
                if transaction.base.tables.samples[sample.place]?.merge(sample) == nil {
                    transaction.base.tables.samples[sample.place] = sample
                }
            }
            transaction.base.tables.samples = transaction.base.tables.samples.filter { $0.key.at >= horizon }
        }
    }

    /// The samples of one queue, or of all, since a moment.
    public func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) async throws -> [QueueSample] {
        let found = try read().samples.values.filter { sample in
            sample.at >= moment && (queue == nil || sample.queue == queue)
                && (place.map { $0 < sample.place } ?? true)
        }
        return Array(found.sorted { $0.place < $1.place }.prefix(limit))
    }
}
