import CBacktrace
import Synchronization

/// Counts the work that one component has accepted and the progress that it makes, for the ``Watchdog``.
///
/// A component stands still when work is waiting and nothing progresses. All calls are a few atomic operations.
public final class WorkMeter: Sendable {
    /// One reading of a meter.
    public struct Sample: Sendable, Equatable {
        /// The component, such as `store writer`.
        public var name: String
        /// Whether work is waiting or under way.
        public var isBusy: Bool
        /// A number that changes with every step of progress.
        public var progress: UInt64

        /// A sample of these parts.
        public init(name: String, isBusy: Bool, progress: UInt64) {
            self.name = name
            self.isBusy = isBusy
            self.progress = progress
        }
    }

    private struct Registration {
        weak var meter: WorkMeter?
    }

    private static let registered = Mutex<[Registration]>([])

    /// The meters of this process.
    public static var all: [WorkMeter] { registered.withLock { $0.compactMap(\.meter) } }

    /// The component that it measures.
    public let name: String
    private let waiting = Atomic<Int>(0)
    private let progress = Atomic<UInt64>(0)

    /// A meter of this component, which the watchdog of this process reads for as long as it exists.
    public init(_ name: String) {
        self.name = name
        Self.registered.withLock { registered in
            registered.removeAll { $0.meter == nil }
            registered.append(Registration(meter: self))
        }
    }

    /// Records work that was accepted.
    public func accept(_ count: Int = 1) {
        waiting.add(count, ordering: .relaxed)
    }

    /// Records work that is done, which is progress.
    public func finish(_ count: Int = 1) {
        waiting.subtract(count, ordering: .relaxed)
        progress.add(1, ordering: .relaxed)
    }

    /// Records progress within a piece of work.
    public func tick() {
        progress.add(1, ordering: .relaxed)
    }

    /// The present state.
    public var sample: Sample {
        Sample(
            name: name, isBusy: waiting.load(ordering: .relaxed) > 0,
            progress: progress.load(ordering: .relaxed))
    }

    /// Makes it the meter of the calling thread, for ``tickThread()``. It must exist for as long as the thread.
    public func adoptThread() {
        longhaul_set_thread_pointer(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Records progress of the calling thread's component: called from inside long work, such as a statement of the
    /// database. Does nothing on a thread without a meter.
    public static func tickThread() {
        guard let pointer = longhaul_thread_pointer() else { return }
        Unmanaged<WorkMeter>.fromOpaque(pointer).takeUnretainedValue().tick()
    }
}
