/// One fault in the body of a request, with its place.
public struct JSONFault: Sendable, Hashable {
    /// The place of the value.
    public let pointer: JSONPointer
    /// The message: what was expected, and what was found.
    public let message: String

    /// A fault at this place.
    public init(pointer: JSONPointer, message: String) {
        self.pointer = pointer
        self.message = message
    }
}

/// Collects the faults of one body, so that the sender receives all of them at once.
public final class JSONFaults {
    /// The faults in the order in which they were found, at most `limit`.
    public private(set) var list: [JSONFault] = []
    private let limit: Int

    /// An empty list.
    ///
    /// - Parameter limit: The maximum number of faults. Further ones are dropped, so that a small body cannot cause a
    ///   large answer.
    public init(limit: Int = 100) {
        self.limit = limit
    }

    /// Whether there are no faults.
    public var isEmpty: Bool { list.isEmpty }

    /// Whether further faults are dropped.
    public var isFull: Bool { list.count >= limit }

    /// Records a fault.
    public func add(_ pointer: JSONPointer, _ message: String) {
        if !isFull {
            list.append(JSONFault(pointer: pointer, message: message))
        }
    }
}
