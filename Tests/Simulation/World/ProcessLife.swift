import LonghaulCore

/// Whether a server's process is alive.
final class ProcessLife: @unchecked Sendable {
    static let over = LonghaulError(.unavailable, "the process has died")

    private(set) var isAlive = true
    private let onEnd: () -> Void

    /// - Parameter onEnd: called when the process ends.
    init(onEnd: @escaping () -> Void) {
        self.onEnd = onEnd
    }

    /// Ends the process at once.
    func end() {
        guard isAlive else { return }
        isAlive = false
        onEnd()
    }

    /// Throws if the process has died.
    func check() throws {
        if !isAlive { throw Self.over }
    }
}
