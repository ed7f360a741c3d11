import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// Sets a schedule that ticks every minute, and deletes it after the faults.
final class Planner: @unchecked Sendable {
    static let name = "minutely"

    private let world: World
    private let cluster: Cluster
    private let answers: AnswerRecord
    private let catchUp: ScheduleSpec.CatchUp

    init(world: World, cluster: Cluster, answers: AnswerRecord) {
        self.world = world
        self.cluster = cluster
        self.answers = answers
        catchUp = world.dice.pick(ScheduleSpec.CatchUp.allCases) ?? .all
    }

    /// Sets the schedule, if the scenario has one.
    func begin() async {
        guard world.scenario.hasSchedule, let cron = try? CronExpression(parsing: "* * * * *") else { return }
        var job = NewJob(JobSpec(kind: "work", payload: JSONText(validated: Array("\"tick\"".utf8))))
        job.spec.maxAttempts = 2
        job.spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
        let spec = ScheduleSpec(cron: cron, job: job, catchUp: catchUp)
        await retryUntilAnswered { _ = try await $0.putSchedule(Self.name, spec) }
        answers.scheduledSince = world.now
    }

    /// Waits for missed ticks, and deletes the schedule.
    func end() async {
        guard let since = answers.scheduledSince else { return }
        await world.scheduler.pause(seconds: 90)
        let minute: Int64 = 60_000
        var tick = Timestamp(milliseconds: (since.milliseconds / minute + 1) * minute)
        // The job of a recent tick may not be submitted yet.
        let end = world.now.adding(seconds: -30)
        while tick <= end {
            if catchUp == .all { answers.expectedTicks.append(tick) }
            if catchUp == .last { answers.expectedTicks = [tick] }
            tick.milliseconds += minute
        }
        await retryUntilAnswered { try await $0.deleteSchedule(Self.name) }
    }

    private func retryUntilAnswered(_ call: @escaping @Sendable (Engine) async throws -> Void) async {
        while true {
            do {
                return try await cluster.call(call)
            } catch {
                // An earlier call, whose answer was lost, has deleted it.
                if (error as? LonghaulError)?.code == .notFound { return }
                await world.scheduler.pause(seconds: world.dice.seconds(0.1...3))
            }
        }
    }
}
