import Glibc
import LonghaulCore
import LonghaulWatch

/// Ends a process that makes no progress, and logs the stacks of all threads.
enum ForcedEnd {
    /// The maximum time for the log before the process ends, in seconds.
    private static let reportSeconds: UInt32 = 20

    /// Starts the watchdog; nil if the settings turn it off.
    ///
    /// - Throws: ``RunError`` if the system has no thread left.
    static func startWatchdog(_ invocation: Invocation) throws -> Watchdog? {
        let limit = try invocation.value(Options.watchdogSeconds)
        guard limit > 0 else { return nil }
        let watchdog = Watchdog(limitSeconds: limit) { problem in
            report("\(problem); the server ends, so that its supervisor restarts it")
        }
        guard watchdog.start() else { throw RunError("cannot start: the system has no thread left") }
        return watchdog
    }

    /// Ends a process that has not stopped in time after a signal.
    static func end(afterSignal number: Int32, seconds: Double) -> Never {
        ThreadStacks.endProcess(afterSeconds: reportSeconds)
        report("the process did not stop within \(Int(seconds)) s after the signal; it is killed")
        _exit(128 + number)
    }

    private static func report(_ message: String) {
        EventLog.logSynchronously(Note(message, level: .error))
        EventLog.logSynchronously(
            Note(
                "stacks of all threads follow; addr2line -fe PROGRAM 0xOFFSET names a function", level: .error
            ))
        for line in ThreadStacks.lines() { EventLog.logSynchronously(Note("stack: " + line, level: .error)) }
    }
}
