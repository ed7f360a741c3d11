import Glibc
import LonghaulCore
import LonghaulWatch

/// Ends the process by force when it cannot go on, and leaves in the log what every thread was doing.
enum ForcedEnd {
    /// How long the log may take before the process ends in any case.
    private static let reportSeconds: UInt32 = 20

    /// Starts the watchdog as the settings say; nil if it is off.
    ///
    /// - Throws: ``RunError`` if the system has no thread left.
    static func startWatchdog(_ invocation: Invocation) throws -> Watchdog? {
        let limit = try invocation.value(Options.watchdogSeconds)
        guard limit > 0 else { return nil }
        let watchdog = Watchdog(limitSeconds: limit) { problem in
            report("\(problem); the server ends itself, to be started again")
        }
        guard watchdog.start() else { throw RunError("cannot start: the system has no thread left") }
        return watchdog
    }

    /// Ends the process, which has not stopped in time after this signal.
    static func end(afterSignal number: Int32, seconds: Double) -> Never {
        ThreadStacks.endProcess(afterSeconds: reportSeconds)
        report("the process did not stop within \(Int(seconds)) s after the signal; it is ended by force")
        _exit(128 + number)
    }

    private static func report(_ message: String) {
        EventLog.writeAtOnce(Note(message, level: .error))
        EventLog.writeAtOnce(
            Note(
                "stacks of all threads follow; addr2line -fe PROGRAM 0xOFFSET names a function", level: .error
            ))
        for line in ThreadStacks.lines() { EventLog.writeAtOnce(Note("stack: " + line, level: .error)) }
    }
}
