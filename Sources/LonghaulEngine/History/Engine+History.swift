public import LonghaulCore

extension Engine {
    /// How far back the history of queues may be asked for, in minutes.
    public static let historyMinutes = 1...Int(QueueRecorder.memory / QueueSample.seconds)

    /// What happened in a queue in the last minutes, the running one included; oldest first. A minute in
    /// which nothing happened and nothing waited has no sample.
    ///
    /// - Throws: ``LonghaulError`` `not_found` if the queue has never been used.
    public func history(ofQueue name: String, minutes: Int) async throws -> [QueueSample] {
        guard let record = try await store.queue(name) else {
            throw LonghaulError(.notFound, "there is no queue \"\(name)\"")
        }
        return try await history(name, [record], minutes: minutes)
    }

    /// What happened in every queue in the last minutes; by name within a minute.
    public func history(minutes: Int) async throws -> [QueueSample] {
        try await history(nil, try await store.queues(), minutes: minutes)
    }

    private func history(
        _ queue: String?, _ records: [QueueRecord], minutes: Int
    ) async throws -> [QueueSample] {
        let minute = QueueSample.minute(of: time.now())
        let since = minute.adding(seconds: -QueueSample.seconds * Double(minutes - 1))
        // The store first: a minute that is written in between is not told twice.
        let stored = try await store.samples(of: queue, since: since)
        let unwritten = recorder.unwritten(of: queue)
        var samples = Dictionary(stored.map { (Place($0), $0) }, uniquingKeysWith: { first, _ in first })
        for sample in QueueRecorder.complete(unwritten, of: minute, with: records) where sample.at >= since {
            if samples[Place(sample)]?.merge(sample) == nil { samples[Place(sample)] = sample }
        }
        return samples.values.sorted { ($0.at, $0.queue) < ($1.at, $1.queue) }
    }

    private struct Place: Hashable {
        let at: Timestamp
        let queue: String

        init(_ sample: QueueSample) {
            at = sample.at
            queue = sample.queue
        }
    }
}
