import CBacktrace
import Glibc
import LonghaulConcurrency
import Synchronization

/// Ends the process when a component makes no progress, so that its supervisor restarts it.
///
/// It has its own thread, and takes no lock that other components hold during their work. It reads every ``WorkMeter``,
/// and tests Swift's cooperative pool with a periodic task. At half of the limit, ``standstills`` has the component, so
/// that `/readyz` fails. At the limit it calls `report`, which logs the stacks of all threads, and aborts.
public final class Watchdog: Sendable {
    /// The interval between two checks.
    private static let intervalSeconds = 0.5
    /// The maximum time for the report before the process ends in any case.
    private static let reportSeconds: UInt32 = 20

    private let limitSeconds: Double
    private let report: @Sendable (String) -> Void
    private let pool = WorkMeter("cooperative thread pool")
    private let isProbing = Atomic(false)
    private let late = Mutex<[String]>([])

    /// - Parameters:
    ///   - limitSeconds: the maximum time without progress, in seconds.
    ///   - report: logs the problem and the stacks, on the watchdog's thread.
    public init(limitSeconds: Double, report: @escaping @Sendable (String) -> Void) {
        self.limitSeconds = limitSeconds
        self.report = report
    }

    /// Descriptions of the components without progress for half of the limit.
    public var standstills: [String] { late.withLock { $0 } }

    /// Starts the thread, which runs until the process ends. Returns false if the system has no thread left.
    public func start() -> Bool {
        ThreadStacks.prepare()
        return BlockingThread.start("lh-watchdog") { self.watch() }
    }

    private func watch() {
        var judge = StandstillJudge(maxGapSeconds: max(2, Self.intervalSeconds * 4))
        var last = Self.seconds()
        while true {
            usleep(UInt32(Self.intervalSeconds * 1_000_000))
            probePool()
            let now = Self.seconds()
            let seconds = judge.judge(WorkMeter.all.map(\.sample), elapsed: now - last)
            last = now
            let names = seconds.filter { $0.value >= limitSeconds / 2 }.keys.sorted()
            late.withLock { $0 = names }
            if let (name, longest) = seconds.max(by: { $0.value < $1.value }), longest >= limitSeconds {
                end("\(name) has stood still for \(Int(longest)) s while work is waiting")
            }
        }
    }

    /// Starts a task in the cooperative pool unless the last one is still pending.
    private func probePool() {
        if isProbing.exchange(true, ordering: .acquiringAndReleasing) { return }
        pool.accept()
        Task.detached { [self] in
            pool.finish()
            isProbing.store(false, ordering: .releasing)
        }
    }

    private func end(_ problem: String) -> Never {
        longhaul_end_after(Self.reportSeconds)
        report(problem)
        longhaul_abort()
    }

    /// A monotonic clock that stops while the machine is suspended.
    private static func seconds() -> Double {
        var value = timespec()
        clock_gettime(CLOCK_MONOTONIC, &value)
        return Double(value.tv_sec) + Double(value.tv_nsec) / 1e9
    }
}
