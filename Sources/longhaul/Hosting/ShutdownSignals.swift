import Foundation
import Glibc
import LonghaulConcurrency
import LonghaulCore
import LonghaulWatch
import Synchronization

/// SIGTERM and SIGINT: the first signal stops the process gracefully, the second ends it at once. SIGHUP reloads what can be
/// reloaded, see ``ReloadSignal``, and never ends the process.
///
/// The signals have handlers and are not ignored, so that programs of a worker start with the default action.
enum ShutdownSignals {
    /// The descriptor to which the handler writes the number of a signal; -1 before the installation.
    private static let writer = Atomic<Int32>(-1)

    /// `timeout` and terminals signal a process and then its group. A second signal within this time is a repetition.
    private static let repetitionInterval = Duration.milliseconds(250)

    /// Represents the end of standard input. No signal has this number.
    private static let endOfInput: UInt8 = 0

    /// Installs the handlers. The stream returns the first signal and then ends.
    ///
    /// - Parameters:
    ///   - withInput: whether the end of standard input stops the process gracefully as well. It never counts as a
    ///     second signal.
    ///   - limit: the maximum time between the first signal and the end of the process, in seconds. Then the process
    ///     is killed. Nil for no limit.
    /// - Throws: ``RunError`` if the system has no pipe or no thread left.
    static func install(withInput: Bool = false, limit: Double? = nil) throws(RunError) -> AsyncStream<Int32>
    {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw RunError("cannot watch for signals: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        writer.store(ends[1], ordering: .releasing)
        ThreadStacks.prepare()
        let stream = try watch(ends[0], limit: limit)
        // SIGHUP would end the process by default.
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, handle) }
        if withInput { try watchInput() }
        return stream
    }

    /// Reads standard input to its end, on a separate thread.
    private static func watchInput() throws(RunError) {
        let isStarted = BlockingThread.start("lh-stdin") {
            var piece = [UInt8](repeating: 0, count: 512)
            while true {
                let count = read(STDIN_FILENO, &piece, piece.count)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            var byte = endOfInput
            _ = write(writer.load(ordering: .acquiring), &byte, 1)
        }
        guard isStarted else { throw RunError("cannot watch standard input: \(NoThread())") }
    }

    /// The signal handler, which may only call async-signal-safe functions.
    private static let handle: @convention(c) (Int32) -> Void = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writer.load(ordering: .acquiring), &byte, 1)
        errno = saved
    }

    /// Reads the signals on a separate thread, which works even if all other threads hang.
    private static func watch(_ descriptor: Int32, limit: Double?) throws(RunError) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        let started = BlockingThread.start("lh-signals") {
            let first = next(descriptor, within: nil) ?? 0
            let begun = ContinuousClock.now
            continuation.yield(Int32(first))
            continuation.finish()
            while true {
                let left = limit.map { $0 - (ContinuousClock.now - begun) / .seconds(1) }
                guard let number = next(descriptor, within: left) else {
                    ForcedEnd.end(
                        afterSignal: first == endOfInput ? SIGTERM : Int32(first), seconds: limit ?? 0)
                }
                if number != endOfInput, ContinuousClock.now - begun > repetitionInterval {
                    _exit(128 + Int32(number))
                }
            }
        }
        guard started else { throw RunError("cannot watch for signals: \(NoThread())") }
        return stream
    }

    /// The next signal; nil after the timeout.
    private static func next(_ descriptor: Int32, within seconds: Double?) -> UInt8? {
        let end = seconds.map { ContinuousClock.now + .seconds($0) }
        while true {
            let left = end.map { max(0, ($0 - ContinuousClock.now) / .milliseconds(1)) }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let code = poll(&entry, 1, left.map { Int32(min($0.rounded(.up), 60_000)) } ?? -1)
            var byte: UInt8 = 0
            if code > 0, read(descriptor, &byte, 1) == 1 {
                if byte != UInt8(SIGHUP) { return byte }
                ReloadSignal.handle()
            }
            if let left, left <= 0 { return nil }
        }
    }
}

extension AsyncStream<Int32> {
    /// Waits for the first signal and logs it.
    func untilFirst() async {
        for await number in self {
            let cause =
                switch number {
                case SIGINT: "SIGINT"
                case SIGTERM: "SIGTERM"
                default: "the end of standard input"
                }
            EventLog.log("\(cause): stopping")
            return
        }
    }
}
