public import LonghaulCore

/// A request for the history of queues.
public struct HistoryQuery: Sendable {
    /// The range of ``minutes``.
    public static let minutes = 1...Int(QueueRecorder.retentionSeconds / QueueSample.seconds)
    /// The range of ``stepMinutes``: from a minute to a day.
    public static let stepMinutes = 1...1440
    /// The name of the queue in samples of all queues together.
    public static let totalName = "*"

    /// One queue; all queues if nil.
    public var queue: String?
    /// How far back, in minutes.
    public var minutes: Int
    /// The duration that a sample covers, in minutes. Before the last day the store has samples of hours only, so a step that
    /// may begin there is rounded up to hours.
    public var stepMinutes: Int
    /// Whether the samples of all queues are added up.
    public var isTotal: Bool
    /// Only samples after this place.
    public var place: QueueSample.Place?
    /// The maximum number of samples.
    public var limit: Int

    /// A request for the samples of the last minutes.
    public init(
        queue: String? = nil, minutes: Int, stepMinutes: Int = 1, isTotal: Bool = false,
        after place: QueueSample.Place? = nil, limit: Int = .max
    ) {
        self.queue = queue
        self.minutes = minutes
        self.stepMinutes = stepMinutes
        self.isTotal = isTotal
        self.place = place
        self.limit = limit
    }

    /// The duration of a sample of the answer in milliseconds.
    var stepMilliseconds: Int64 {
        // A step that does not divide the hour may begin before the samples of minutes.
        let first = 60 % stepMinutes == 0 ? minutes : minutes + stepMinutes
        let isLong = first > QueueRecorder.detailMinutes
        return Int64(isLong ? (stepMinutes + 59) / 60 * 60 : stepMinutes) * 60_000
    }

    /// The start of the step that contains a time.
    func start(of moment: Timestamp) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - moment.milliseconds % stepMilliseconds)
    }

    /// The start of the first sample, at this time.
    func since(_ now: Timestamp) -> Timestamp {
        start(of: QueueSample.minute(of: now).adding(seconds: -QueueSample.seconds * Double(minutes - 1)))
    }
}
