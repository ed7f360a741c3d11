import LonghaulPlatform

/// The pipes of a program. Only the program's thread uses them.
struct ProgramPipes: ~Copyable {
    private var input: Int32
    private var rest: ArraySlice<UInt8>
    private var output: Int32
    private var errors: Int32
    private let ended: Int32
    private let wake: Int32
    private var outputLines = LineSplitter()
    private var errorLines = LineSplitter()
    private let line: (Program.Output, String) -> Void
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Parameter wake: becomes readable to wake the program's thread.
    init(
        _ started: Spawn.Started, wake: Int32, input bytes: [UInt8],
        line: @escaping (Program.Output, String) -> Void
    ) {
        input = started.input
        output = started.output
        errors = started.errors
        ended = started.ended
        self.wake = wake
        rest = bytes[...]
        self.line = line
    }

    /// Writes and reads as much as possible without blocking. Waits up to `milliseconds` for the first event.
    mutating func exchange(milliseconds: Int32) {
        var waits = [
            pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ended, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        // poll() ignores negative descriptors, which are closed ones.
        guard poll(&waits, nfds_t(waits.count), milliseconds) > 0 else { return }
        if waits[0].revents != 0 { writeInput() }
        if waits[1].revents != 0 { readOutput() }
        if waits[2].revents != 0 { readErrors() }
        if waits[4].revents != 0 {
            var count: UInt64 = 0
            _ = LonghaulPlatform.read(wake, &count, 8)
        }
    }

    /// Reads the remaining output and closes all pipes. Call it after the last writer has ended.
    mutating func finish() {
        Self.shut(&input)
        readOutput()
        readErrors()
        if let last = outputLines.finish() { line(.standard, last) }
        if let last = errorLines.finish() { line(.errors, last) }
        Self.shut(&output)
        Self.shut(&errors)
    }

    /// A program does not have to read its input: a write error only closes the pipe.
    private mutating func writeInput() {
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        Self.shut(&input)
    }

    private mutating func readOutput() {
        while let bytes = Self.read(&output, &buffer) {
            for text in outputLines.add(bytes) { line(.standard, text) }
        }
    }

    private mutating func readErrors() {
        while let bytes = Self.read(&errors, &buffer) {
            for text in errorLines.add(bytes) { line(.errors, text) }
        }
    }

    /// The available bytes; nil if there are none. Closes a pipe that is at its end.
    private static func read(_ descriptor: inout Int32, _ buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
        guard descriptor >= 0 else { return nil }
        var count = LonghaulPlatform.read(descriptor, &buffer, buffer.count)
        while count < 0, errno == EINTR { count = LonghaulPlatform.read(descriptor, &buffer, buffer.count) }
        if count > 0 { return buffer[..<count] }
        if count == 0 || errno != EAGAIN { shut(&descriptor) }
        return nil
    }

    private static func shut(_ descriptor: inout Int32) {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    deinit {
        for descriptor in [input, output, errors, ended] where descriptor >= 0 { close(descriptor) }
    }
}
