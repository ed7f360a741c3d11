import Glibc

/// Reports the input that crashed or blocked a decoder, from a signal handler, with async-signal-safe calls only.
enum CrashReport {
    /// The maximum time for 1,000 inputs, in seconds.
    private static let timeoutSeconds: UInt32 = 60
    private nonisolated(unsafe) static let name = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    private nonisolated(unsafe) static var nameLength = 0
    private nonisolated(unsafe) static var number: UInt64 = 0

    /// Installs the handler of fatal signals.
    static func arm() {
        for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
            Glibc.signal(signal) { CrashReport.tell($0) }
        }
    }

    /// Records the current target.
    static func begin(_ target: String) {
        nameLength = 0
        for byte in target.utf8.prefix(64) {
            name[nameLength] = byte
            nameLength += 1
        }
    }

    /// Records the next input.
    static func note(_ input: UInt64) {
        number = input
        if input % 1000 == 0 { alarm(timeoutSeconds) }
    }

    private static func tell(_ signal: Int32) {
        say(signal == SIGALRM ? "hangs: " : "crashes: ")
        write(STDERR_FILENO, name, nameLength)
        say(", input ")
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { buffer in
            var at = buffer.count
            var rest = number
            repeat {
                at -= 1
                buffer[at] = UInt8(48 + rest % 10)
                rest /= 10
            } while rest > 0
            write(STDERR_FILENO, buffer.baseAddress.map { $0 + at }, buffer.count - at)
        }
        say("\n")
        _exit(1)
    }

    private static func say(_ text: StaticString) {
        write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
