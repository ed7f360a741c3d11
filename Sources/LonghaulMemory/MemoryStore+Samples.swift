public import LonghaulCore

/// Samples of queues, one for each minute.
extension MemoryStore {
    /// Stores samples, and removes samples from before a moment.
    public func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) async throws {
        try write { transaction in
            for sample in samples {
                let place = Tables.SamplePlace(at: sample.at, queue: sample.queue)
                if transaction.base.tables.samples[place]?.merge(sample) == nil {
                    transaction.base.tables.samples[place] = sample
                }
            }
            transaction.base.tables.samples = transaction.base.tables.samples.filter { $0.key.at >= horizon }
        }
    }

    /// The samples of one queue, or of all, since a moment.
    public func samples(of queue: String?, since moment: Timestamp) async throws -> [QueueSample] {
        try read().samples.values.filter { $0.at >= moment && (queue == nil || $0.queue == queue) }
            .sorted { ($0.at, $0.queue) < ($1.at, $1.queue) }
    }
}
