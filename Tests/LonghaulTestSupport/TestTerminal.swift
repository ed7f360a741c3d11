import CTestProcess
public import Foundation
import Glibc
import Synchronization

/// A pseudo-terminal for a process under test.
public final class TestTerminal: Sendable {
    /// The modes of a terminal.
    public struct Modes: Hashable, Sendable {
        let input: UInt32
        let local: UInt32
    }

    private let person: Int32
    private let program: Int32
    private let received = Mutex<[UInt8]>([])

    /// Makes a terminal with a window of this size.
    public init(width: Int = 120, height: Int = 24) throws {
        var ends: [Int32] = [-1, -1]
        guard test_terminal(&ends) == 0 else { throw TestFailure("there is no pseudo-terminal: \(errno)") }
        (person, program) = (ends[0], ends[1])
        resize(width: width, height: height)
    }

    deinit {
        close(person)
        close(program)
    }

    /// The side of the program, for its standard input and output.
    public var device: FileHandle { FileHandle(fileDescriptor: program, closeOnDealloc: false) }

    /// The present modes.
    public var modes: Modes {
        var attributes = termios()
        tcgetattr(program, &attributes)
        return Modes(input: attributes.c_iflag, local: attributes.c_lflag)
    }

    /// Changes the size of the window. The caller sends SIGWINCH: the terminal controls no process.
    public func resize(width: Int, height: Int) {
        _ = test_resize(person, Int32(width), Int32(height))
    }

    /// Presses keys.
    public func send(_ keys: String) {
        var bytes = Array(keys.utf8)
        _ = write(person, &bytes, bytes.count)
    }

    /// Everything that the program has written.
    public var text: String {
        received.withLock { received in
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(person, &piece, piece.count)
                guard count > 0 else { break }
                received += piece[..<count]
            }
            return String(decoding: received, as: UTF8.self)
        }
    }

    /// The lines of the last complete drawing, from the first line of the screen on, without colours.
    public var screen: [String] {
        let end = "\u{1B}[1;1H"
        let frames = text.components(separatedBy: "\u{1B}[H").dropFirst().filter { $0.contains(end) }
        guard let frame = frames.last?.components(separatedBy: end).first else { return [] }
        return frame.components(separatedBy: "\r\n").map {
            $0.replacingOccurrences(of: "\u{1B}\\[[0-9;?]*[A-Za-z]", with: "", options: .regularExpression)
        }
    }
}
