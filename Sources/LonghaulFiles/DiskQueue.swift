import Dispatch
import Synchronization

/// Runs disk operations on threads that may block, outside the cooperative pool.
struct DiskQueue: Sendable {
    private let queue = DispatchQueue(label: "longhaul.files", attributes: .concurrent)

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// The names of the files that are being written.
final class UploadNames: Sendable {
    private let names = Mutex<Set<String>>([])

    /// A new unique name.
    func begin() -> String {
        var random = SystemRandomNumberGenerator()
        let name = String(random.next(), radix: 16) + String(random.next(), radix: 16)
        names.withLock { _ = $0.insert(name) }
        return name
    }

    func end(_ name: String) {
        names.withLock { _ = $0.remove(name) }
    }

    var current: Set<String> { names.withLock { $0 } }
}
