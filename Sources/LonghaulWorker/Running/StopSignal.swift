import LonghaulConcurrency
import LonghaulPlatform
import Synchronization

/// A signal that stops a worker.
public enum StopSignal: String, Sendable, Hashable, CaseIterable {
    /// SIGTERM, which service managers send.
    case terminate = "SIGTERM"
    /// SIGINT, which a terminal sends on Control-C.
    case interrupt = "SIGINT"

    fileprivate var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        }
    }
}

/// Waits for stop signals. The first signal calls all watches, a later one ends the process with the signal's default action.
///
/// The signals have handlers and are not ignored, so that programs of a worker start with the default action. The actions
/// from before are restored when the last watch ends.
final class StopSignalWatch: Sendable {
    private struct State {
        var watches: [ObjectIdentifier: StopSignalWatch] = [:]
        /// The actions before the first watch; nil for the default action.
        var replaced: [StopSignal: Action?] = [:]
        var firstSignalAt: ContinuousClock.Instant?
    }

    private typealias Action = @convention(c) (Int32) -> Void

    private static let state = Mutex(State())
    /// The descriptor to which the handler writes the number of a signal; -1 before the first watch.
    private static let writer = Atomic<Int32>(-1)
    /// `timeout` and terminals signal a process and then its group. A second signal within this time is a repetition.
    private static let repetitionInterval = Duration.milliseconds(250)
    /// Whether the thread that reads the signals runs. It is started once, and waits without using the processor.
    private static let isReading = startReading()

    private let signals: Set<StopSignal>
    private let onSignal: @Sendable (String) -> Void

    private init(_ signals: Set<StopSignal>, _ onSignal: @escaping @Sendable (String) -> Void) {
        self.signals = signals
        self.onSignal = onSignal
    }

    /// Starts a watch. If the system has no pipe or thread left, the signals keep their actions.
    ///
    /// - Parameter onSignal: called with the name of the first signal.
    static func start(
        _ signals: Set<StopSignal>, onSignal: @escaping @Sendable (String) -> Void
    ) -> StopSignalWatch {
        let watch = StopSignalWatch(signals, onSignal)
        guard !signals.isEmpty, isReading else { return watch }
        state.withLock { state in
            state.watches[ObjectIdentifier(watch)] = watch
            for name in signals where state.replaced.index(forKey: name) == nil {
                state.replaced.updateValue(signal(name.number, handle), forKey: name)
            }
        }
        return watch
    }

    /// Ends the watch. May be called repeatedly.
    func end() {
        Self.state.withLock { state in
            guard state.watches.removeValue(forKey: ObjectIdentifier(self)) != nil else { return }
            let used = state.watches.values.reduce(into: Set<StopSignal>()) { $0.formUnion($1.signals) }
            for (name, action) in state.replaced where !used.contains(name) {
                _ = signal(name.number, action)
                state.replaced.removeValue(forKey: name)
            }
            if state.watches.isEmpty { state.firstSignalAt = nil }
        }
    }

    /// The signal handler, which may only call async-signal-safe functions.
    private static let handle: @convention(c) (Int32) -> Void = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writer.load(ordering: .acquiring), &byte, 1)
        errno = saved
    }

    private static func startReading() -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let reader = ends[0]
        writer.store(ends[1], ordering: .releasing)
        return BlockingThread.start("lh-stop-signals") {
            var byte: UInt8 = 0
            while true {
                let count = read(reader, &byte, 1)
                if count == 1 { receive(Int32(byte)) } else if count == 0 || errno != EINTR { return }
            }
        }
    }

    private static func receive(_ number: Int32) {
        let now = ContinuousClock.now
        guard let name = StopSignal.allCases.first(where: { $0.number == number }) else { return }
        let watches = state.withLock { state -> [StopSignalWatch]? in
            let watches = state.watches.values.filter { $0.signals.contains(name) }
            // The last watch has ended since the signal arrived.
            guard !watches.isEmpty else { return [] }
            if let first = state.firstSignalAt { return now - first > repetitionInterval ? nil : [] }
            state.firstSignalAt = now
            return watches
        }
        guard let watches else {
            _ = signal(number, SIG_DFL)
            _ = kill(getpid(), number)
            return
        }
        for watch in watches { watch.onSignal(name.rawValue) }
    }
}
