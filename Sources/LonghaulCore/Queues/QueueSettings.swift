/// The settings of a queue. Nil stands for no limit.
public struct QueueSettings: Sendable, Hashable {
    /// The maximum number of pending jobs. A submission beyond it is rejected with `system_busy`.
    public var maxDepth: Int?
    /// The maximum number of scheduled, blocked and retrying jobs.
    public var maxWaiting: Int?
    /// Whether the queue is paused: workers receive no jobs from it. It accepts submissions.
    public var paused: Bool
    /// The maximum number of processing jobs.
    public var maxConcurrency: Int?
    /// The rate limit of starts.
    public var rateLimit: RateLimit?
    /// The partition key: the name of a tag. The jobs of its values take turns, so a flood of one value does not delay
    /// the others. Jobs without the tag form one value of their own.
    public var partitionBy: String?
    /// The maximum `size` of a job that a routing rule sends to the queue.
    public var maxSize: Int64?

    /// Settings; the default values are those of the API.
    public init(
        maxDepth: Int? = 100_000, maxWaiting: Int? = nil, paused: Bool = false, maxConcurrency: Int? = nil,
        rateLimit: RateLimit? = nil, partitionBy: String? = nil, maxSize: Int64? = nil
    ) {
        self.maxDepth = maxDepth
        self.maxWaiting = maxWaiting
        self.paused = paused
        self.maxConcurrency = maxConcurrency
        self.rateLimit = rateLimit
        self.partitionBy = partitionBy
        self.maxSize = maxSize
    }

    /// Whether the queue accepts a job of this size. It accepts jobs without a size.
    public func takes(size: Int64?) -> Bool {
        guard let size, let maxSize else { return true }
        return size <= maxSize
    }

    /// Whether the text is a valid queue name: letters, digits and `. _ -`.
    public static func isName(_ text: String) -> Bool {
        FieldBounds.queueNameLength.contains(text.utf8.count) && text.utf8.allSatisfy(NameBytes.isNameByte)
    }

    static let nameForm =
        "must be \(FieldBounds.queueNameLength.lowerBound) to \(FieldBounds.queueNameLength.upperBound) characters of A-Z a-z 0-9 . _ -"
}

/// The bytes that names may contain.
enum NameBytes {
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
