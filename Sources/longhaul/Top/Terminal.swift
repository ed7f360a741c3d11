import Glibc
import LonghaulConcurrency
import Synchronization

/// The terminal of a command that takes the whole screen and reads single keys. However the process ends, except by
/// SIGKILL, the terminal is as it was before.
enum Terminal {
    /// What happens at the terminal.
    enum Event: Sendable, Hashable {
        case key(Key)
        /// The window has another size, or the process continues after a stop.
        case redraw
        /// The terminal is gone.
        case closed
    }

    private static let enterScreen = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leaveScreen = Array("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l".utf8)
    /// The time after which an escape character is the Escape key, and not the beginning of a sequence, in milliseconds.
    private static let escapeMilliseconds: Int32 = 50

    /// What the handler of signals needs. It is written before the handlers are installed.
    private struct Saved {
        var attributes = termios()
        var hasKeys = false
        /// The writing end of a pipe that wakes the reader of events.
        var wakeUp: Int32 = -1
        var leaveScreen: UnsafeMutablePointer<UInt8>?
        var leaveCount = 0
    }

    nonisolated(unsafe) private static let saved: UnsafeMutablePointer<Saved> = {
        let pointer = UnsafeMutablePointer<Saved>.allocate(capacity: 1)
        pointer.initialize(to: Saved())
        return pointer
    }()

    /// The size of the window, in characters.
    static var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Takes the screen, runs `body` with the events, and gives the screen back.
    ///
    /// Keys are read if standard input is a terminal.
    static func take(_ body: (AsyncStream<Event>) async throws -> Void) async throws {
        let pointer = saved
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw RunError("cannot watch the terminal: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        pointer.pointee.hasKeys = tcgetattr(STDIN_FILENO, &pointer.pointee.attributes) == 0
        pointer.pointee.wakeUp = ends[1]
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: leaveScreen.count)
        bytes.initialize(from: leaveScreen, count: leaveScreen.count)
        (pointer.pointee.leaveScreen, pointer.pointee.leaveCount) = (bytes, leaveScreen.count)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, endBySignal) }
        for number in [SIGWINCH, SIGCONT] { signal(number, wakeUp) }
        enter()
        defer { leave() }
        let (stream, output) = AsyncStream<Event>.makeStream()
        let keys = pointer.pointee.hasKeys
        let reader = ends[0]
        guard BlockingThread.start("lh-keys", { read(keys: keys, wakeUp: reader, output) }) else {
            throw RunError("cannot read keys: \(NoThread())")
        }
        try await body(stream)
    }

    /// Gives the screen back, stops the process as Ctrl-Z does, and takes the screen again.
    static func suspend() {
        leave()
        raise(SIGSTOP)
        enter()
    }

    /// Ends the process as Ctrl-C does.
    static func interrupt() -> Never {
        leave()
        signal(SIGINT, SIG_DFL)
        // To the process: threads of tasks block signals. This thread writes nothing more.
        kill(getpid(), SIGINT)
        while true { pause() }
    }

    private static func enter() {
        if saved.pointee.hasKeys {
            var raw = saved.pointee.attributes
            raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
            raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        }
        try? Console.printRaw(enterScreen)
    }

    private static func leave() { restore() }

    /// Restores the terminal. It only calls async-signal-safe functions.
    private static let restore: @convention(c) () -> Void = {
        let pointer = saved
        guard let bytes = pointer.pointee.leaveScreen else { return }
        _ = write(STDOUT_FILENO, bytes, pointer.pointee.leaveCount)
        if pointer.pointee.hasKeys { tcsetattr(STDIN_FILENO, TCSANOW, &pointer.pointee.attributes) }
    }

    /// Restores the terminal, and ends the process by the signal.
    private static let endBySignal: @convention(c) (Int32) -> Void = { number in
        restore()
        signal(number, SIG_DFL)
        raise(number)
    }

    private static let wakeUp: @convention(c) (Int32) -> Void = { _ in
        let before = errno
        var byte: UInt8 = 0
        _ = write(saved.pointee.wakeUp, &byte, 1)
        errno = before
    }

    // MARK: Reading

    /// Reads keys and wake-ups until the terminal is closed.
    private static func read(
        keys: Bool, wakeUp: Int32, _ output: AsyncStream<Event>.Continuation
    ) {
        var parser = KeyParser()
        var sources = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        if keys { sources.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
        var piece = [UInt8](repeating: 0, count: 512)
        while true {
            let count = poll(&sources, nfds_t(sources.count), parser.isPartial ? escapeMilliseconds : -1)
            if count < 0, errno != EINTR { break }
            if count == 0 { for key in parser.finish() { output.yield(.key(key)) } }
            guard count > 0 else { continue }
            if sources[0].revents != 0 {
                while Glibc.read(wakeUp, &piece, piece.count) == piece.count {}
                output.yield(.redraw)
            }
            guard keys, sources[1].revents != 0 else { continue }
            let length = Glibc.read(STDIN_FILENO, &piece, piece.count)
            if length < 0, errno == EINTR || errno == EAGAIN { continue }
            if length <= 0 { break }
            for key in parser.parse(piece[..<length]) { output.yield(.key(key)) }
        }
        output.yield(.closed)
        output.finish()
    }
}
