import Synchronization

/// Gathers what handlers saw.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func add(_ value: Value) {
        values.withLock { $0.append(value) }
    }

    /// Everything so far, in order.
    var all: [Value] { values.withLock { $0 } }
}
