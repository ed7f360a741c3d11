import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// Changes API keys, a schedule, the routing table and a queue of its own, while faults occur.
final class Administrator: @unchecked Sendable {
    /// A queue that no worker serves. Its jobs are not due before it is purged.
    private static let queue = "spare"
    private static let schedule = "yearly"

    private let world: World
    private let changes: AuditedChanges
    private let answers: AnswerRecord
    private let keys: KeyRecord
    /// A number that makes each change differ from the one before.
    private var number = 0

    private var dice: Dice { world.dice }

    init(world: World, changes: AuditedChanges, answers: AnswerRecord, keys: KeyRecord) {
        self.world = world
        self.changes = changes
        self.answers = answers
        self.keys = keys
    }

    /// Makes changes for the time of the faults.
    func run() async {
        guard let seconds = world.scenario.operatorSeconds else { return }
        let end = world.now.adding(seconds: world.scenario.faultSeconds)
        while true {
            let pause = dice.seconds(seconds...4 * seconds)
            guard world.now.adding(seconds: pause) < end else { return }
            await world.scheduler.pause(seconds: pause)
            number += 1
            switch dice.below(4) {
            case 0: await changeKeys()
            case 1: await changeSchedule()
            case 2: await changeQueue()
            default: await changeRouting()
            }
        }
    }

    /// Purges and deletes the queue, so that its jobs end.
    func end() async {
        while true {
            do {
                return try await changes.attempt("delete-queue", records: 1...10) {
                    try await $0.deleteQueue(Self.queue, purge: true)
                }
            } catch {
                // There never was such a queue, or an earlier call, whose answer was lost, has deleted it.
                if (error as? LonghaulError)?.code == .notFound { return }
                guard world.auditor.violations.isEmpty else { return }
                await world.scheduler.pause(seconds: dice.seconds(0.1...3))
            }
        }
    }

    // MARK: Keys

    private func changeKeys() async {
        let digest = (0..<32).map { _ in UInt8(dice.below(256)) }
        guard let id = dice.pick(keys.ids), dice.chance(700) else { return await createKey(digest) }
        if dice.chance(500) {
            keys.willRevoke(id)
            // A key that was revoked before stays as it is.
            let key = await changes.make("revoke", records: 0...1) { try await $0.keys.revokeKey(id) }
            if let key { keys.revoked(id, key) }
        } else {
            let replacement = APIKeyReplacement(id: "key-\(number)", digest: digest, createdBy: "operator")
            let overlap = dice.seconds(0...20)
            keys.willCreate(replacement.id)
            // There may be no such key.
            let key = await changes.make("rotate", records: keys.isCertain(id) ? 1...1 : 0...1) {
                try await $0.keys.rotateKey(id, to: replacement, overlapSeconds: overlap)
            }
            if case .some(let key) = key, key != nil || keys.isCertain(id) {
                keys.created(replacement.id, key)
            }
        }
    }

    private func createKey(_ digest: [UInt8]) async {
        let expiry = dice.chance(300) ? world.now.adding(seconds: dice.seconds(1...20)) : nil
        let new = APIKey(
            id: "key-\(number)", name: "name-\(dice.below(4))", grant: KeyGrant(scopes: [.jobsRead]),
            digest: digest, createdAt: world.now, createdBy: "operator", expiresAt: expiry)
        keys.willCreate(new.id)
        let key = await changes.make("create-key") { try await $0.keys.createKey(new) }
        if let key { keys.created(new.id, key) }
    }

    // MARK: Schedule, routing

    private func changeSchedule() async {
        switch dice.below(5) {
        case 0, 1:
            guard let cron = try? CronExpression(parsing: "0 0 1 1 *") else { return }
            var job = NewJob(JobSpec(kind: "work", payload: JSONText(validated: Array("\(number)".utf8))))
            job.spec.maxAttempts = 2
            let spec = ScheduleSpec(cron: cron, job: job, paused: dice.chance(300))
            _ = await changes.make("put-schedule") { try await $0.putSchedule(Self.schedule, spec) }
        case 2:
            let isPaused = dice.chance(500)
            _ = await changes.make("pause-schedule", records: 0...1) {
                try await $0.pauseSchedule(Self.schedule, isPaused)
            }
        case 3:
            let accepted = await changes.make("run-schedule") { try await $0.runSchedule(Self.schedule) }
            if let accepted { answers.acknowledge(accepted, payload: accepted.job.spec.payload, key: nil) }
        default:
            _ = await changes.make("delete-schedule") { try await $0.deleteSchedule(Self.schedule) }
        }
    }

    private func changeRouting() async {
        var table = Fixtures.routing
        table.rules.append(RoutingTable.Rule(kinds: ["unused-\(number)"], queue: JobSpec.defaultQueue))
        _ = await changes.make("set-routing") { [table] in try await $0.setRouting(table) }
    }

    // MARK: Queue

    private func changeQueue() async {
        switch dice.below(5) {
        case 0:
            let settings = QueueSettings(maxDepth: 10 + number, maxWaiting: 3)
            _ = await changes.make("set-spare-queue") { try await $0.setQueue(Self.queue, settings) }
        case 1, 2: await submit()
        case 3:
            let isPaused = dice.chance(500)
            _ = await changes.make("pause-queue", records: 0...1) {
                try await $0.pauseQueue(Self.queue, isPaused)
            }
        default:
            let isPurged = dice.chance(700)
            _ = await changes.make("delete-queue", records: isPurged ? 1...10 : 1...1) {
                try await $0.deleteQueue(Self.queue, purge: isPurged)
            }
        }
    }

    private func submit() async {
        var job = NewJob(JobSpec(kind: "work", payload: JSONText(validated: Array("\(number)".utf8))))
        job.spec.queue = Self.queue
        job.start = .after(seconds: 86_400)
        // A submission has no record.
        let accepted = await changes.make("submit", records: 0...0) { [job] in try await $0.submit(job) }
        if let accepted { answers.acknowledge(accepted, payload: job.spec.payload, key: nil) }
    }
}
