internal import LonghaulCore
internal import LonghaulEngine

/// Removes what is left of deleted machines, at intervals, while a server runs.
///
/// Each server over a store has one. They share the work without a lock: each change is conditional on the record that was read.
public final class DeletedMachineCleaner: Sendable {
    /// The mean time between two rounds, in seconds.
    static let intervalSeconds = DeletedMachine.delaySeconds

    private let service: StepFunctions
    private let background = BackgroundTask()

    /// A cleaner, which does not run yet.
    public init(_ service: StepFunctions) {
        self.service = service
    }

    /// Starts the rounds unless they run.
    public func start() {
        background.start { [self] in await run() }
    }

    /// Ends the rounds, and waits for their end.
    public func stop() async {
        await background.stop()
    }

    private func run() async {
        while !Task.isCancelled {
            // Servers that have started together do not do the same work together.
            let seconds = Self.intervalSeconds * (0.5 + service.random.fraction())
            guard (try? await service.time.sleep(seconds: seconds)) != nil else { return }
            await clean()
        }
    }

    /// Removes what can be removed now. If the store does not answer, the next round tries again.
    private func clean() async {
        while !Task.isCancelled, (try? await service.removeDeletedMachines()) == true {}
    }
}
