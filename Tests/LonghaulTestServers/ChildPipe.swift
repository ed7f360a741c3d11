import CTestProcess
import Foundation

/// A pipe to a child process that no other process inherits.
///
/// With a `Pipe`, a process that another thread starts at the same moment may inherit the writing end. Then the reader waits
/// for that process as well, which may be a server that runs as long as the tests.
struct ChildPipe: Sendable {
    /// The end from which data is read.
    let reading: FileHandle
    /// The end to which data is written.
    let writing: FileHandle

    /// A new pipe.
    ///
    /// - Throws: `POSIXError` if this process has too many open files.
    init() throws {
        var ends: [Int32] = [-1, -1]
        guard test_pipe(&ends) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EMFILE) }
        reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    }
}

extension Process {
    /// Starts the process, and closes this process's copies of the ends of pipes that the child uses.
    func run(passing ends: FileHandle...) throws {
        defer { for end in ends { try? end.close() } }
        try run()
    }
}
