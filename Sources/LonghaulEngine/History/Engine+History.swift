public import LonghaulCore

extension Engine {
    /// The range of `minutes` in a request for the history of queues.
    public static let historyMinutes = 1...Int(QueueRecorder.retentionSeconds / QueueSample.seconds)

    /// The samples of a queue in the last minutes, including the current minute, oldest first. A minute without activity
    /// and without pending jobs has no sample.
    ///
    /// - Parameters:
    ///   - place: only samples after this place.
    ///   - limit: the maximum number of samples.
    /// - Throws: ``LonghaulError`` `not_found` if there is no such queue.
    public func history(
        ofQueue name: String, minutes: Int, after place: QueueSample.Place? = nil, limit: Int = .max
    ) async throws -> [QueueSample] {
        guard let record = try await store.queue(name) else { throw LonghaulError.noQueue(name) }
        return try await history(name, minutes, place, limit) { [record] }
    }

    /// The samples of all queues in the last minutes, oldest first, by name within a minute.
    public func history(
        minutes: Int, after place: QueueSample.Place? = nil, limit: Int = .max
    ) async throws -> [QueueSample] {
        try await history(nil, minutes, place, limit) { try await self.store.queues() }
    }

    private func history(
        _ queue: String?, _ minutes: Int, _ place: QueueSample.Place?, _ limit: Int,
        records: () async throws -> [QueueRecord]
    ) async throws -> [QueueSample] {
        let minute = QueueSample.minute(of: time.now())
        let since = minute.adding(seconds: -QueueSample.seconds * Double(minutes - 1))
        // The store is read first: a sample that is written in between is then in one of the two lists at least.
        let stored = try await store.samples(of: queue, since: since, after: place, limit: limit)
        let unwritten = recorder.unwritten(of: queue).filter { sample in
            sample.at >= since && (place.map { $0 < sample.place } ?? true)
        }
        var samples = Dictionary(stored.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
        // A page that stored samples fill needs neither the current minute nor the depths of queues.
        let isFilled = stored.count == limit && unwritten.allSatisfy { $0.place > stored[limit - 1].place }
        if !isFilled {
            for sample in QueueRecorder.complete(unwritten, of: minute, with: try await records())
            where place.map({ $0 < sample.place }) ?? true {
                if samples[sample.place]?.merge(sample) == nil { samples[sample.place] = sample }
            }
        }
        return Array(samples.values.sorted { $0.place < $1.place }.prefix(limit))
    }
}
