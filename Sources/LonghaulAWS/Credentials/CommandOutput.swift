import CProcess
import Glibc

/// The output of a shell command that has ended. Its standard input and error are `/dev/null`.
struct CommandOutput: Sendable {
    /// Why a command has no output.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The maximum size of the output.
    private static let maxBytes = 64 * 1024

    let bytes: [UInt8]
    /// The exit code; nil if another part of this process has read it, or if a signal ended the command.
    let exitCode: Int32?
    /// Whether `SIGKILL` ended the command.
    let wasKilled: Bool

    /// Runs a command and waits for its end. Blocks the thread.
    ///
    /// - Throws: ``Failure`` if the command cannot be started, does not end in time or prints too much.
    init(of command: String, environment: [String: String], timeoutSeconds: Double) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard longhaul_pipe(&ends) == 0 else {
            throw Failure(description: "cannot be started: no pipe is left")
        }
        defer { close(ends[0]) }
        let process = Self.start(command, environment, output: ends[1])
        close(ends[1])
        guard process > 0 else {
            throw Failure(description: "cannot be started: \(String(cString: strerror(-process)))")
        }
        do throws(Failure) {
            bytes = try Self.read(ends[0], seconds: timeoutSeconds)
        } catch {
            kill(-process, SIGKILL)
            _ = Self.wait(process)
            throw error
        }
        // The command may have closed its output before its end, or left processes behind.
        kill(-process, SIGKILL)
        guard let status = Self.wait(process) else {
            (exitCode, wasKilled) = (nil, false)
            return
        }
        let signal = status & 0x7f
        exitCode = signal == 0 ? (status >> 8) & 0xff : nil
        wasKilled = signal == SIGKILL
    }

    private static func start(_ command: String, _ environment: [String: String], output: Int32) -> pid_t {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return -errno }
        defer { close(null) }
        let words = ["/bin/sh", "-c", command]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        return arguments.withUnsafeBufferPointer { arguments in
            variables.withUnsafeBufferPointer { variables in
                "/bin/sh".withCString { file in
                    "/".withCString { folder in
                        var program = longhaul_program(
                            file: file, arguments: arguments.baseAddress, environment: variables.baseAddress,
                            folder: folder, input: null, output: output, errors: null,
                            limits: longhaul_limits(
                                memory_bytes: -1, file_bytes: -1, processes: -1, open_files: -1,
                                cpu_seconds: -1))
                        return longhaul_start_program(&program)
                    }
                }
            }
        }
    }

    /// Reads to the end of the output.
    private static func read(_ descriptor: Int32, seconds: Double) throws(Failure) -> [UInt8] {
        let end = ContinuousClock.now + .seconds(seconds)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = (end - .now) / .milliseconds(1)
            guard left > 0 else { throw Failure(description: "did not end within \(Int(seconds)) s") }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(min(left.rounded(.up), 60_000)))
            if ready == 0 || (ready < 0 && errno == EINTR) { continue }
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= maxBytes else {
                throw Failure(description: "printed more than \(maxBytes) bytes")
            }
        }
    }

    /// The status of an ended process; nil if another part of this process has read it.
    private static func wait(_ process: pid_t) -> Int32? {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        return status
    }
}
