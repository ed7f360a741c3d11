import CBacktrace
import Synchronization

/// Counts the work that one component has accepted and the progress that it makes, for the watchdog of the process.
///
/// A component hangs if work is waiting and makes no progress. Each call is a few atomic operations.
public final class WorkMeter: Sendable {
    /// A sample of a meter.
    public struct Sample: Sendable, Equatable {
        /// The component, such as `store writer`.
        public var name: String
        /// Whether work is waiting or in progress.
        public var isBusy: Bool
        /// A number that changes with every step of progress.
        public var progress: UInt64

        /// Creates a sample.
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

    /// The name of the component.
    public let name: String
    private let waiting = Atomic<Int>(0)
    private let progress = Atomic<UInt64>(0)

    /// Creates a meter of a component. The watchdog reads it until its deallocation.
    public init(_ name: String) {
        self.name = name
        Self.registered.withLock { registered in
            registered.removeAll { $0.meter == nil }
            registered.append(Registration(meter: self))
        }
    }

    /// Records accepted work.
    public func accept(_ count: Int = 1) {
        waiting.add(count, ordering: .relaxed)
    }

    /// Records completed work, which is progress.
    public func finish(_ count: Int = 1) {
        waiting.subtract(count, ordering: .relaxed)
        progress.add(1, ordering: .relaxed)
    }

    /// Records progress within a piece of work.
    public func tick() {
        progress.add(1, ordering: .relaxed)
    }

    /// The current state.
    public var sample: Sample {
        Sample(
            name: name, isBusy: waiting.load(ordering: .relaxed) > 0,
            progress: progress.load(ordering: .relaxed))
    }

    /// Sets the meter of the calling thread, for ``tickThread()``. It must outlive the thread.
    public func adoptThread() {
        longhaul_set_thread_pointer(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Records progress of the calling thread's component. Long work calls it, such as a database statement. Does nothing on
    /// a thread without a meter.
    public static func tickThread() {
        guard let pointer = longhaul_thread_pointer() else { return }
        Unmanaged<WorkMeter>.fromOpaque(pointer).takeUnretainedValue().tick()
    }
}
