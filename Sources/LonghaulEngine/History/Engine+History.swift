public import LonghaulCore

extension Engine {
    /// The number of samples in one read of the store for longer steps.
    private static let readAtOnce = 2000
    private static let advice = "repeat the request later, for less time or for one queue"

    /// The samples of queues in the last minutes, including the current minute: oldest first, by name within a step. A
    /// step without activity and without pending jobs has no sample.
    ///
    /// - Parameter covers: whether a queue is included in a total.
    /// - Throws: ``LonghaulError`` `not_found` if there is no such queue; `system_busy` if a longer history must wait too long
    ///   for searches and other long histories.
    public func history(
        _ query: HistoryQuery, covers: (String) -> Bool = { _ in true }
    ) async throws -> [QueueSample] {
        let records: () async throws -> [QueueRecord]
        if let name = query.queue {
            guard let record = try await store.queue(name) else { throw LonghaulError.noQueue(name) }
            records = { [record] }
        } else {
            records = { try await self.store.queues() }
        }
        let since = query.since(time.now())
        if query.stepMilliseconds == 60_000, !query.isTotal {
            return try await minutes(query.queue, since, query.place, query.limit, records)
        }
        return try await steps(query, since, covers, records)
    }

    private func steps(
        _ query: HistoryQuery, _ since: Timestamp, _ covers: (String) -> Bool,
        _ records: () async throws -> [QueueRecord]
    ) async throws -> [QueueSample] {
        var found: [QueueSample] = []
        var merger = StepMerger(query)
        // The step of the place is read again from its start, because it can have further queues.
        let first = max(since, query.place?.at ?? since)
        var place: QueueSample.Place?
        repeat {
            try Task.checkCancellation()
            let samples =
                if let place {
                    // Histories of many queues take turns with searches.
                    try await searches.run(orElse: Self.advice) {
                        try await minutes(query.queue, first, place, Self.readAtOnce, records)
                    }
                } else {
                    try await minutes(query.queue, first, nil, Self.readAtOnce, records)
                }
            for sample in samples where !query.isTotal || covers(sample.queue) {
                found += merger.add(sample)
            }
            place = samples.count == Self.readAtOnce ? samples.last?.place : nil
            if place == nil { found += merger.finish() }
            if let last = query.place { found.removeAll { $0.place <= last } }
        } while place != nil && found.count < query.limit
        return Array(found.prefix(query.limit))
    }

    private func minutes(
        _ queue: String?, _ since: Timestamp, _ place: QueueSample.Place?, _ limit: Int,
        _ records: () async throws -> [QueueRecord]
    ) async throws -> [QueueSample] {
        let minute = QueueSample.minute(of: time.now())
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
