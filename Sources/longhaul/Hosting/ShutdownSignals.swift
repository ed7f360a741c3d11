import Dispatch
import Foundation
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

    /// What stands for the end of standard input: no signal has this number.
    private static let endOfInput: UInt8 = 0

    /// Begins to handle both. The stream gives the first of them, and then nothing more.
    ///
    /// - Parameter withInput: whether the end of standard input asks for a graceful end as well. It never is a
    ///   second signal.
    /// - Throws: ``RunError`` if the system gives no pipe.
    static func install(withInput: Bool = false) throws(RunError) -> AsyncStream<Int32> {
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
        if withInput { watchInput() }
        return stream
    }

    /// Reads standard input to its end, on a thread of its own.
    private static func watchInput() {
        Thread {
            var piece = [UInt8](repeating: 0, count: 512)
            while true {
                let count = read(STDIN_FILENO, &piece, piece.count)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            var byte = endOfInput
            _ = write(writer.load(ordering: .acquiring), &byte, 1)
        }.start()
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
                    if byte != endOfInput, now - begun > oneWish { _exit(128 + Int32(byte)) }
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
            let cause =
                switch number {
                case SIGINT: "SIGINT"
                case SIGTERM: "SIGTERM"
                default: "the end of standard input"
                }
            EventLog.tell("\(cause): stopping")
            return
        }
    }
}
