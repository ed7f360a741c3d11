package import LonghaulCore
import LonghaulJSON

/// A difference between the code of a durable job and a journal.
package struct JournalReplayDifference: Error, Sendable {
    /// The recorded operation.
    package let recorded: JournalOperation
    /// The type of the operation for which the code asks in its place.
    package let type: OperationType
    /// The name of the operation for which the code asks in its place.
    package let name: String
}

/// Replays a journal against code, without a server and without running steps.
package enum JournalReplay {
    /// Runs the code with the outcomes of the journal, up to the end of the journal.
    ///
    /// - Throws: ``JournalReplayDifference``.
    package static func check<Process: DurableJob>(
        _ process: Process, job: Job, journal: [JournalOperation]
    ) async throws {
        let run = FlowRun(job: job, journal: journal, environment: FlowEnvironment())
        let code = Task(executorPreference: run.executor) { await run.perform(process) }
        defer {
            run.abandon()
            code.cancel()
        }
        while true {
            switch run.advance() {
            case .finish, .replay(.wait): return
            case .replay(.deliver), .replay(.run): continue
            case .replay(.cancelWaits): code.cancel()
            case .replay(.send):
                guard run.isReplaying else { return }
                // Such as the end of a wait that the journal does not have yet.
                _ = run.takeUpdates()
            case .replay(.report(let request)):
                guard let recorded = run.operation(request.id) else { return }
                throw JournalReplayDifference(recorded: recorded, type: request.type, name: request.name)
            }
        }
    }
}
