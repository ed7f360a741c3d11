public import LonghaulCore

extension Engine {
    /// What a queue asks of its workers, or all queues together. What is pending in a paused queue asks nothing;
    /// a queue that has never been used is empty.
    public func scalingLoad(ofQueue name: String? = nil) async throws -> ScalingLoad {
        let records: [QueueRecord]
        if let name {
            records = try await store.queue(name).map { [$0] } ?? []
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
