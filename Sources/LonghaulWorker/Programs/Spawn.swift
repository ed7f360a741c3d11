import CProcess
import LonghaulPlatform

/// Starts programs. Each has its own process group, default signal handlers, a working folder, resource limits, and only
/// the three standard descriptors.
enum Spawn {
    /// A program that could not be started.
    struct Fault: Error {
        let message: String
    }

    /// A started program and the worker's non-blocking ends of its pipes.
    struct Started {
        let process: pid_t
        /// Becomes readable when the process ends; -1 if the system does not support it.
        let ended: Int32
        let input: Int32
        let output: Int32
        let errors: Int32
    }

    /// Starts a program and registers it with the ``Subreaper`` and the ``Guardian``.
    static func start(
        _ arguments: [String], environment: [String: String], folder: String, limits: ProgramLimits
    ) throws(Fault) -> Started {
        let input = try Pipe()
        let output = try Pipe()
        let errors = try Pipe()
        let process = try spawn(
            arguments, environment, folder, limits,
            descriptors: (input.reading.number, output.writing.number, errors.writing.number))
        Guardian.shared.programStarted(process)
        let ended = longhaul_process_descriptor(process)
        return Started(
            process: process, ended: ended, input: input.writing.keep(), output: output.reading.keep(),
            errors: errors.reading.keep())
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ folder: String, _ limits: ProgramLimits,
        descriptors: (input: Int32, output: Int32, errors: Int32)
    ) throws(Fault) -> pid_t {
        guard let name = arguments.first else { throw Fault(message: "the command is empty") }
        let file = try ProgramSearch.file(of: name)
        let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        let process = Subreaper.start {
            argv.withUnsafeBufferPointer { argv in
                envp.withUnsafeBufferPointer { envp in
                    file.withCString { file in
                        folder.withCString { folder in
                            var program = longhaul_program(
                                file: file, arguments: argv.baseAddress, environment: envp.baseAddress,
                                folder: folder, input: descriptors.input, output: descriptors.output,
                                errors: descriptors.errors, limits: longhaul_limits(limits))
                            return longhaul_start_program(&program)
                        }
                    }
                }
            }
        }
        guard process > 0 else {
            throw Fault(message: "cannot start \(name): \(String(cString: strerror(-process)))")
        }
        return process
    }
}

extension longhaul_limits {
    /// Converts the limits to the C structure.
    fileprivate init(_ limits: ProgramLimits) {
        func value(_ limit: Int?) -> Int64 { Int64(limit ?? -1) }
        self.init(
            memory_bytes: value(limits.memoryBytes), file_bytes: value(limits.fileBytes),
            processes: value(limits.processes), open_files: value(limits.openFiles),
            cpu_seconds: value(limits.cpuSeconds))
    }
}

/// A pipe that closes its ends unless `keep()` was called.
private struct Pipe: ~Copyable {
    let reading: End
    let writing: End

    init() throws(Spawn.Fault) {
        var ends: [Int32] = [-1, -1]
        guard longhaul_pipe(&ends) == 0 else {
            throw Spawn.Fault(message: "cannot create a pipe: \(String(cString: strerror(errno)))")
        }
        reading = End(ends[0])
        writing = End(ends[1])
    }

    final class End {
        let number: Int32
        private var isOurs = true

        init(_ number: Int32) {
            self.number = number
        }

        /// Transfers the descriptor to the caller and makes it non-blocking.
        func keep() -> Int32 {
            isOurs = false
            _ = fcntl(number, F_SETFL, O_NONBLOCK)
            return number
        }

        deinit {
            if isOurs { close(number) }
        }
    }
}
