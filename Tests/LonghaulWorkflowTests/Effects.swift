import Synchronization

/// Records the effects of steps.
final class Effects: Sendable {
    private let entries = Mutex<[String]>([])

    var all: [String] { entries.withLock { $0 } }

    func add(_ entry: String) { entries.withLock { $0.append(entry) } }

    func count(of entry: String) -> Int { all.count { $0 == entry } }
}
