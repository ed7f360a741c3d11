package import LonghaulCore

/// Samples of queues, one for each minute.
extension MemoryReader {
    package func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) -> [QueueSample] {
        let found = tables.samples.values.filter { sample in
            sample.at >= moment && (queue == nil || sample.queue == queue)
                && (place.map { $0 < sample.place } ?? true)
        }
        return Array(found.sorted { $0.place < $1.place }.prefix(limit))
    }
}
