import Foundation
import LonghaulTestSupport
import Synchronization

/// A process of the built binary. It is killed when the test releases it. Its output can be read afterwards.
final class LonghaulProcess: Sendable {
    /// The binary under test: `LONGHAUL_BINARY`, or the binary that was built with the tests.
    static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["LONGHAUL_BINARY"] { return path }
        let folder = Bundle.main.bundleURL.deletingLastPathComponent()
        let beside = folder.appendingPathComponent("longhaul").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return Bundle.main.executableURL?.deletingLastPathComponent()
            .appendingPathComponent("longhaul").path ?? beside
    }()

    private let process = Mutex(Process())
    /// The folder of its output, which can be read at any time, also after its end.
    private let said: TemporaryFolder
    let processID: Int32

    /// Starts `longhaul`, or another program, with these arguments.
    ///
    /// - Parameter terminal: its standard input and output, and its standard error; nil for files.
    init(
        _ arguments: [String], environment: [String: String] = [:], folder: String? = nil,
        executable: String = LonghaulProcess.binary, terminal: TestTerminal? = nil
    ) throws {
        let said = try TemporaryFolder()
        self.said = said
        processID = try process.withLock { process in
            process.executableURL = URL(fileURLWithPath: executable)
            process.arguments = arguments
            // The number of a planted fault reaches the process: see Tests/Mutants.
            var variables = ProcessInfo.processInfo.environment.filter {
                !$0.key.hasPrefix("LONGHAUL_") || $0.key == "LONGHAUL_MUTANT"
            }
            variables.merge(Pair.current.environment) { _, new in new }
            variables.merge(environment) { _, new in new }
            process.environment = variables
            if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
            let files = try terminal == nil ? ["output", "errors"].map { try Self.file(said.file($0)) } : []
            // Foundation never frees a process with its handles. With 1,300 open files it reads beyond their list, and crashes.
            defer { files.forEach { try? $0.close() } }
            process.standardInput = terminal?.device ?? FileHandle.nullDevice
            process.standardOutput = terminal?.device ?? files[0]
            process.standardError = terminal?.device ?? files[1]
            try process.run()
            return process.processIdentifier
        }
    }

    deinit {
        kill(processID, SIGKILL)
    }

    private static func file(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    var isRunning: Bool { process.withLock(\.isRunning) }

    /// The standard output so far.
    var outputText: String { text(of: "output") }

    /// The standard error so far.
    var errorText: String { text(of: "errors") }

    private func text(of name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: said.file(name)) ?? Data(), as: UTF8.self)
    }

    func signal(_ number: Int32) {
        kill(processID, number)
    }

    /// Waits for its end. Returns the exit code, or the negative number of the signal that ended it.
    func exitCode(within seconds: Double = 60) async throws -> Int32 {
        try await eventually("the end of longhaul \(processID): \(errorText)", within: seconds) { !isRunning }
        return process.withLock { process in
            process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }
    }

    /// Kills the process, like a crash.
    func crash() async throws {
        signal(SIGKILL)
        try await eventually("the end of longhaul \(processID)") { !isRunning }
    }

    /// The address in the first line of its output.
    func address() async throws -> String {
        try await eventually("the first line of longhaul: \(errorText)") {
            if !isRunning, !outputText.contains("\n") {
                throw TestFailure("longhaul ended before it listened: \(errorText)")
            }
            return outputText.contains("\n")
        }
        let line = outputText.prefix { $0 != "\n" }
        return try JSONValue(parsing: line).string("listening")
    }
}

/// Runs the binary, or another program, and waits for its end.
func longhaul(
    _ arguments: [String], environment: [String: String] = [:], folder: String? = nil,
    within seconds: Double = 60, executable: String = LonghaulProcess.binary
) async throws -> (code: Int32, output: String, errors: String) {
    let process = try LonghaulProcess(
        arguments, environment: environment, folder: folder, executable: executable)
    let code = try await process.exitCode(within: seconds)
    return (code, process.outputText, process.errorText)
}
