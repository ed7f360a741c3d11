/// The bounds of a queue; nil is no bound.
public struct QueueSettings: Sendable, Hashable {
    /// The most jobs that may be pending: a submission beyond is refused as `system_busy`.
    public var maxDepth: Int?
    /// The most jobs that may be scheduled, blocked or retrying.
    public var maxWaiting: Int?
    /// Whether no job is given out. Submissions are taken all the same.
    public var paused: Bool
    /// The most jobs that may be processing at once.
    public var maxConcurrency: Int?
    /// How many jobs may start in a time.
    public var rateLimit: RateLimit?
    /// The name of a tag: the jobs of each of its values take turns, so that a flood of one value does not
    /// hold up the others. Jobs without the tag take turns as one value of their own.
    public var partitionBy: String?
    /// The greatest `size` of a job that the queue takes.
    public var maxSize: Int64?

    /// Settings; the defaults are the API's.
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

    /// Whether a job of this size may wait here. A job that tells no size may.
    public func takes(size: Int64?) -> Bool {
        guard let size, let maxSize else { return true }
        return size <= maxSize
    }

    /// Whether text is a queue's name: letters, digits and `. _ -`.
    public static func isName(_ text: String) -> Bool {
        FieldBounds.queueNameLength.contains(text.utf8.count) && text.utf8.allSatisfy(NameBytes.isNameByte)
    }

    static let nameForm =
        "must be \(FieldBounds.queueNameLength.lowerBound) to \(FieldBounds.queueNameLength.upperBound) characters of A-Z a-z 0-9 . _ -"
}

/// The bytes that names are made of.
enum NameBytes {
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
