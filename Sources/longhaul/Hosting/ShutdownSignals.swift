import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT: the first asks for a graceful end, the second ends the process at once.
///
/// They are handled, not ignored: a program that a worker starts gets the default back when it is started.
enum ShutdownSignals {
    /// Where the handler writes the number of a signal; -1 before there is one.
    private static let writer = Atomic<Int32>(-1)

    /// `timeout` and terminals signal a process and then its group: what comes so soon again is the same wish.
    private static let oneWish = Duration.milliseconds(250)

    /// Begins to handle both. The stream gives the first of them, and then nothing more.
    ///
    /// - Throws: ``RunError`` if the system gives no pipe.
    static func install() throws(RunError) -> AsyncStream<Int32> {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw RunError("cannot watch for signals: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        writer.store(ends[1], ordering: .releasing)
        let stream = watch(ends[0])
        for number in [SIGTERM, SIGINT] { signal(number, handle) }
        return stream
    }

    /// Runs inside the signal: it may only write.
    private static let handle: @convention(c) (Int32) -> Void = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writer.load(ordering: .acquiring), &byte, 1)
        errno = saved
    }

    private static func watch(_ descriptor: Int32) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        let clock = ContinuousClock()
        let first = Mutex<ContinuousClock.Instant?>(nil)
        let source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "longhaul.signals"))
        source.setEventHandler {
            // Holds the source for as long as the process lives.
            _ = source
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1 {
                let now = clock.now
                let begun = first.withLock { first in
                    defer { first = first ?? now }
                    return first
                }
                if let begun {
                    if now - begun > oneWish { _exit(128 + Int32(byte)) }
                } else {
                    continuation.yield(Int32(byte))
                    continuation.finish()
                }
            }
        }
        source.activate()
        return stream
    }
}

extension AsyncStream<Int32> {
    /// Waits for the first signal, and tells of it.
    func untilFirst() async {
        for await number in self {
            EventLog.tell("\(number == SIGINT ? "SIGINT" : "SIGTERM"): stopping")
            return
        }
    }
}
