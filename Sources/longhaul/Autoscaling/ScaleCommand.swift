import Foundation
import LonghaulCore

/// Scales workers with a shell command that gets the desired number.
actor ScaleCommand: ScaleDriver {
    /// The placeholder of the number in the command.
    static let reference = "{desired}"

    private let command: String
    private(set) var current: Int

    /// Creates a driver.
    ///
    /// - Parameter current: the current number of workers.
    init(_ command: String, current: Int) {
        self.command = command
        self.current = current
    }

    /// Runs the command. After a failure, the next call runs it again.
    func scale(to desired: Int) async {
        guard desired != current else { return }
        let line = command.replacing(Self.reference, with: "\(desired)")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        var environment = ProcessInfo.processInfo.environment
        environment["LONGHAUL_DESIRED_WORKERS"] = "\(desired)"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        do {
            let status = try await run(process)
            if status == 0 { return current = desired }
            EventLog.log(Note("the scale command ended with status \(status): \(line)", level: .warning))
        } catch {
            EventLog.log(Note("the scale command cannot be started: \(error)", level: .error))
        }
    }

    /// Does nothing: the workers keep running.
    func stop() async {}

    private func run(_ process: Process) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }
}
