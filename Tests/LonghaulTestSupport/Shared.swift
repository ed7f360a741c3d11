import Synchronization

/// A value that the tasks of a test share.
public final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    /// A shared value that begins as `value`.
    public init(_ value: Value) {
        mutex = Mutex(value)
    }

    /// Reads and changes the value; no other task does so at the same time.
    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        mutex.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }

    /// A copy of the value.
    public var value: Value { withLock { $0 } }
}
