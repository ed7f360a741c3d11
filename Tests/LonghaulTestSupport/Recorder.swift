public import LonghaulCore
import Synchronization

/// The values that a callback was called with, in order.
///
/// ```swift
/// let changes = Recorder<JobChange>()
/// store.observe { changes.add(contentsOf: $0.changes) }
/// try await changes.wait(for: "the job ends") { $0.contains { $0.state == .completed } }
/// ```
public final class Recorder<Value: Sendable>: Sendable {
    private let recorded = Mutex<[Value]>([])

    /// A recorder without values.
    public init() {}

    /// All values so far.
    public var values: [Value] { recorded.withLock { $0 } }

    /// Records a value, and returns the number of values.
    @discardableResult
    public func add(_ value: Value) -> Int {
        recorded.withLock { values in
            values.append(value)
            return values.count
        }
    }

    /// Records several values.
    public func add(contentsOf values: [Value]) {
        recorded.withLock { $0 += values }
    }

    /// Waits until a condition on the values holds, and returns the values.
    ///
    /// - Throws: ``TestFailure`` after the deadline.
    @discardableResult
    public func wait(
        for expectation: String, within seconds: Double = 60, file: String = #fileID, line: Int = #line,
        until condition: ([Value]) -> Bool
    ) async throws -> [Value] {
        try await eventually(expectation, within: seconds, every: .milliseconds(2), file: file, line: line) {
            condition(values)
        }
        return values
    }
}

extension Recorder: LonghaulLogger where Value == Note {
    /// Records a log message.
    public func log(_ note: Note) { add(note) }
}
