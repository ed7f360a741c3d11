import Glibc
import LonghaulCore

/// Standard output and standard error.
enum Console {
    /// Writes a line for whoever runs the command, or the program that does.
    ///
    /// - Throws: ``ClosedPipe`` if nobody reads any more, ``RunError`` if it cannot be written.
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

    /// Writes to standard error. Nobody there is nothing to fail over.
    static func note(_ text: String, end: String = "\n") {
        try? write(Array((text + end).utf8), to: STDERR_FILENO)
    }

    /// Whether somebody looks at standard output.
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Whether somebody looks at standard error, on a terminal that can redraw a line.
    static let canRedraw = isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"
    /// Whether standard output may be coloured.
    static let hasColour = isTerminal && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
    /// Whether somebody looks at standard output, on a terminal that can redraw it.
    static let canRedrawOutput = isTerminal && variable("TERM") != "dumb"
    /// How many lines the terminal has at which somebody looks at standard output.
    static var outputHeight: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }
    /// How many characters a line of standard error has.
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

/// Nobody reads the output any more, as with `| head`: the command has done what was wanted.
struct ClosedPipe: Error {}

extension String {
    /// The text with control and text direction characters made visible, so that what a job says cannot steer a
    /// terminal, or look like another text.
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
