import Foundation
import LonghaulCore

/// Somebody else's workers, by a command that is told how many there shall be.
actor ScaleCommand: ScaleDriver {
    /// What stands for the number in the command.
    static let reference = "{desired}"

    private let command: String
    private(set) var current: Int

    /// A driver by the command.
    ///
    /// - Parameter current: how many workers there are now.
    init(_ command: String, current: Int) {
        self.command = command
        self.current = current
    }

    /// Runs the command. One that fails is run again the next time.
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
            EventLog.tell(Note("the scale command ended with status \(status): \(line)", level: .warning))
        } catch {
            EventLog.tell(Note("the scale command cannot be started: \(error)", level: .error))
        }
    }

    /// Leaves the workers as they are.
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
