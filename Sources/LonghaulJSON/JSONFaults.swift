/// One thing wrong with a request's body, and where.
public struct JSONFault: Sendable, Hashable {
    /// The value at fault.
    public let pointer: JSONPointer
    /// What is wrong, naming what was expected and what was found.
    public let message: String

    /// Makes a fault.
    public init(pointer: JSONPointer, message: String) {
        self.pointer = pointer
        self.message = message
    }
}

/// Collects the faults of one body, so that its sender hears of all of them at once.
public final class JSONFaults {
    /// The faults in the order they were found, at most `limit` of them.
    public private(set) var list: [JSONFault] = []
    private let limit: Int

    /// An empty list.
    ///
    /// - Parameter limit: Faults past this many are dropped, so that a small body made of faults does not
    ///   earn a huge answer.
    public init(limit: Int = 100) {
        self.limit = limit
    }

    /// True if nothing was found.
    public var isEmpty: Bool { list.isEmpty }

    /// True once further faults would be dropped.
    public var isFull: Bool { list.count >= limit }

    /// Records a fault.
    public func add(_ pointer: JSONPointer, _ message: String) {
        if !isFull {
            list.append(JSONFault(pointer: pointer, message: message))
        }
    }
}
