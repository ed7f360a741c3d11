import Glibc
import LonghaulCore

/// Standard output and standard error.
enum Console {
    /// Writes a line to standard output.
    ///
    /// - Throws: ``ClosedPipe`` if the reader has closed the pipe, ``RunError`` for any other error.
    static func print(_ text: String) throws {
        try write(Array((text + "\n").utf8), to: STDOUT_FILENO)
    }

    /// Writes text without a line end.
    static func printRaw(_ text: String) throws {
        try write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Writes a line of JSON.
    static func print(json bytes: [UInt8]) throws {
        try write(bytes + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    /// Writes to standard error and ignores errors.
    static func note(_ text: String, end: String = "\n") {
        try? write(Array((text + end).utf8), to: STDERR_FILENO)
    }

    /// Whether standard output is a terminal.
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Whether standard error is a terminal that can redraw a line.
    static let canRedraw = isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"
    /// Whether standard output may be coloured.
    static let hasColour = isTerminal && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
    /// Whether standard output is a terminal that can redraw its screen.
    static let canRedrawOutput = isTerminal && variable("TERM") != "dumb"
    /// The number of characters in a line of standard error.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno == EPIPE {
                throw ClosedPipe()
            } else if errno != EINTR {
                throw RunError("cannot write the output: \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// The reader of the output has closed the pipe, for example `head`. The command ends without an error.
struct ClosedPipe: Error {}

extension String {
    /// The text with control and text direction characters escaped, so that the data of a job cannot control the
    /// terminal or imitate other text.
    var printable: String {
        guard unicodeScalars.contains(where: \.isInvisibleControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isInvisibleControl {
                text += scalar.escaped(asASCII: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
