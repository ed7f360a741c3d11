import Synchronization

/// The multipart uploads of this process. The sweep keeps them.
final class RunningUploads: Sendable {
    private let ids = Mutex<Set<String>>([])

    func add(_ id: String) { ids.withLock { _ = $0.insert(id) } }

    func remove(_ id: String) { ids.withLock { _ = $0.remove(id) } }

    func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }
}
