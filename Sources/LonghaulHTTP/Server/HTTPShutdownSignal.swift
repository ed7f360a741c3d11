import LonghaulConcurrency

/// Notifies handlers of held requests (long polls, streams) that the server is stopping and that they should end.
public final class HTTPShutdownSignal: Sendable {
    private let event = Event<Void>()

    /// Creates a signal.
    public init() {}

    /// Whether the server is stopping.
    public var isShuttingDown: Bool { event.value != nil }

    /// Returns when the server is stopping, or when the task is cancelled.
    public func wait() async {
        try? await event.waitUnlessCancelled()
    }

    /// Sends the signal. Later calls have no effect.
    func set() {
        event.fire()
    }
}
