import Synchronization

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
