import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// The work of a worker's jobs. Each attempt draws what it does: it logs, reports progress, succeeds, fails, or works beyond its
/// timeout and reacts to its cancellation early, late or not at all.
final class ScriptedHandler: @unchecked Sendable {
    private enum Reaction { case stop, succeed, ignore }

    /// The kind whose work pauses while its lease may have ended, as programs do.
    static let pausable = "pausable"
    static let kinds = ["work", pausable]

    private let world: WorkerWorld
    private let worker: String
    private var running = 0
    /// When the worker cancels its remaining attempts because it stops; nil while it does not stop.
    private var stopsAt: Timestamp?

    init(world: WorkerWorld, worker: String) {
        self.world = world
        self.worker = worker
    }

    /// Announces that the worker is about to stop.
    func willStop(afterSeconds seconds: Double) {
        stopsAt = world.now.adding(seconds: seconds)
    }

    var handlers: [Handler] {
        Self.kinds.map { kind in
            var handler = Handler(
                kind: kind, timeoutSeconds: world.scenario.timeoutSeconds,
                endSeconds: world.scenario.endSeconds
            ) { try await self.run($0) }
            handler.isPausable = kind == Self.pausable
            return handler
        }
    }

    private func run(_ context: JobContext) async throws -> Handler.Output {
        guard let attempt = world.attempt(of: context.job, by: worker) else {
            world.report("a handler runs \(world.name(context.job.id)) without a lease")
            return Handler.Output()
        }
        running += 1
        defer { running -= 1 }
        if running > world.scenario.slots { world.report("\(worker) runs more jobs than it has slots") }
        let script = Script(world)
        attempt.begunAt = world.now
        do {
            for step in 1...script.steps {
                try await work(for: world.dice.seconds(0...4), attempt, context)
                for _ in 0..<world.dice.below(4) { log(attempt, context) }
                let percent = Double(step)
                attempt.percent = percent
                context.progress(percent)
            }
            if script.isEndless { try await work(for: 10_000, attempt, context) }
        } catch is CancellationError {
            let endings = cause(of: attempt)
            if endings.isEmpty, !attempt.isGone, !world.scenario.isHarsh {
                world.report("\(worker) cancels \(world.name(attempt.job.id)) without a reason")
            }
            return try await react(script.reaction, to: endings, attempt, context)
        }
        if script.fails {
            // An error at the moment of a cancellation counts as its effect.
            attempt.endings = cause(of: attempt).union([.failed])
            throw JobFailure(type: "broken", message: "it broke", retryInSeconds: 0.2)
        }
        return success(attempt)
    }

    /// What an attempt does.
    private struct Script {
        let steps: Int
        let fails: Bool
        let isEndless: Bool
        let reaction: Reaction

        init(_ world: WorkerWorld) {
            steps = 1 + world.dice.below(5)
            fails = world.occurs(250)
            isEndless = world.occurs(250)
            reaction = world.dice.pick([.stop, .stop, .succeed, .ignore]) ?? .stop
        }
    }

    private func log(_ attempt: AttemptRecord, _ context: JobContext) {
        let line = "\(attempt.token.fence).\(attempt.lines.count)"
        attempt.lines.append(line)
        context.log(line)
    }

    private func success(_ attempt: AttemptRecord) -> Handler.Output {
        attempt.endings = [.completed]
        return Handler.Output(result: Self.result(of: attempt))
    }

    /// The result of an attempt, which no other attempt has.
    static func result(of attempt: AttemptRecord) -> JSONText {
        JSONText(validated: Array("\(attempt.token.fence)".utf8))
    }

    /// Works for some time, in small pieces, while it is not paused.
    private func work(for seconds: Double, _ attempt: AttemptRecord, _ context: JobContext) async throws {
        let end = world.now.adding(seconds: seconds)
        while world.now < end {
            try await world.scheduler.sleep(until: min(end, world.now.adding(seconds: 0.25)))
            if !context.isPaused {
                expectLease(of: attempt, isPausable: context.job.spec.kind == Self.pausable)
            }
        }
    }

    /// Work stops one lease after the worker has sent the last heartbeat that the server confirmed.
    private func expectLease(of attempt: AttemptRecord, isPausable: Bool) {
        let scenario = world.scenario
        let most = scenario.leaseSeconds + (isPausable ? 0 : scenario.outageSeconds)
        let silence = world.now.seconds(since: attempt.confirmedAt)
        // The clock of the simulation has a resolution of a millisecond.
        if silence > most + 0.01 {
            world.report("\(worker) works \(silence) s after it sent the last confirmed heartbeat")
        }
        // A pause does not count towards the timeout.
        let worked = world.now.seconds(since: attempt.begunAt)
        if worked > scenario.timeoutSeconds + 0.01, !(isPausable && scenario.isHarsh) {
            world.report("\(worker) works \(worked) s, beyond the timeout")
        }
        if attempt.isGone { world.report("\(worker) works after an answer that the lease has ended") }
    }

    // MARK: Cancellation

    /// The endings that the rules allow for an attempt that is cancelled now; empty if it has nothing to report.
    private func cause(of attempt: AttemptRecord) -> Set<AttemptRecord.Ending> {
        var endings: Set<AttemptRecord.Ending> = []
        if attempt.isGone { return [] }
        if world.now.seconds(since: attempt.begunAt) >= world.scenario.timeoutSeconds - 0.01 {
            endings.insert(.timedOut)
        }
        if let stopsAt, world.now >= stopsAt { endings.insert(.released) }
        return endings
    }

    private func react(
        _ reaction: Reaction, to endings: Set<AttemptRecord.Ending>, _ attempt: AttemptRecord,
        _ context: JobContext
    ) async throws -> Handler.Output {
        attempt.endings = endings
        switch reaction {
        case .stop:
            log(attempt, context)
            throw CancellationError()
        case .succeed:
            await outlast(world.dice.seconds(0...world.scenario.endSeconds / 2))
            log(attempt, context)
            return success(attempt)
        case .ignore:
            attempt.isOverdue = true
            await outlast(world.scenario.endSeconds + world.dice.seconds(0.1...5))
            return Handler.Output()
        }
    }

    /// Continues although the task is cancelled.
    private func outlast(_ seconds: Double) async {
        await Task { await world.scheduler.pause(seconds: seconds) }.value
    }
}
