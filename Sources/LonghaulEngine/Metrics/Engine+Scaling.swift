public import LonghaulCore

extension Engine {
    /// The load of a queue, or of all queues together. Pending jobs of a paused queue do not count.
    ///
    /// - Throws: ``LonghaulError`` `not_found` if there is no such queue, so that a mistyped name does not scale to zero.
    public func scalingLoad(ofQueue name: String? = nil) async throws -> ScalingLoad {
        let records: [QueueRecord]
        if let name {
            guard let record = try await store.queue(name) else { throw LonghaulError.noQueue(name) }
            records = [record]
        } else {
            records = try await store.queues()
        }
        let now = time.now()
        var load = ScalingLoad(pending: 0, running: 0)
        for record in records {
            load.running += record.counts[.processing] ?? 0
            if record.settings.paused { continue }
            load.pending += record.depth
            load.arrivalRate += meter.rates(of: record.name, at: now).enqueueRate
        }
        load.runSeconds = meter.meanRunSeconds(of: records.map(\.name))
        return load
    }
}
