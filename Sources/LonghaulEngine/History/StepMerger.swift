import LonghaulCore

/// Merges samples of minutes, which arrive in their order, into samples of longer steps.
struct StepMerger {
    private let query: HistoryQuery
    /// The step of ``open``.
    private var start: Timestamp?
    /// The samples of the current step by queue.
    private var open: [String: QueueSample] = [:]
    /// The sum of the depths of all queues in the latest minute, and the minute. For samples of hours, which have the maximum of
    /// their hour, the sum is an upper bound.
    private var total: (minute: Timestamp, depth: Int)?

    init(_ query: HistoryQuery) {
        self.query = query
    }

    /// Adds a sample. Returns the samples of the step before if the sample begins a new one.
    mutating func add(_ sample: QueueSample) -> [QueueSample] {
        let step = query.start(of: sample.at)
        let done = step == start ? [] : finish()
        start = step
        var sample = sample
        if query.isTotal {
            let depth = (total?.minute == sample.at ? total?.depth ?? 0 : 0) + sample.depth
            total = (sample.at, depth)
            sample.depth = depth
            sample.queue = HistoryQuery.totalName
        }
        sample.at = step
        if open[sample.queue]?.extend(by: sample) == nil { open[sample.queue] = sample }
        return done
    }

    /// The samples of the last step.
    mutating func finish() -> [QueueSample] {
        defer { open = [:] }
        return open.values.sorted { $0.place < $1.place }
    }
}
