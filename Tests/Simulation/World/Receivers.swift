import LonghaulCore
import LonghaulEngine

/// The receivers of webhooks: a few hosts that accept a webhook, refuse it, answer late or not at all, or are gone.
///
/// They check that no webhook is under way twice within one claim.
final class Receivers: @unchecked Sendable {
    /// The time after which a server gives up an attempt, in seconds.
    static let timeoutSeconds = 4.0
    private static let hosts = 3

    /// The latest attempt to deliver a webhook.
    private struct Attempt {
        var claim: Int
        /// When another server may claim the webhook.
        var claimEnd: Timestamp
        var body: [UInt8]
        /// Whether the server got an answer, or has given up.
        var isOver = false
        /// The number of attempts.
        var count = 1
    }

    private let scheduler: Scheduler
    private let scenario: Scenario
    private let auditor: Auditor
    private var attempts: [JobID: Attempt] = [:]
    /// The webhooks that a receiver has accepted.
    private(set) var accepted: Set<JobID> = []
    /// Whether receivers fail.
    var isFaulty = true

    init(scheduler: Scheduler, scenario: Scenario, auditor: Auditor) {
        self.scheduler = scheduler
        self.scenario = scenario
        self.auditor = auditor
    }

    private var dice: Dice { scheduler.dice }

    /// The URL of one of the receivers.
    func url() -> String { "https://receiver-\(dice.below(Self.hosts)).example/hook" }

    /// The number of attempts that have reached a receiver.
    func attemptCount(of id: JobID) -> Int { attempts[id]?.count ?? 0 }

    /// The settings of a server that sends to the receivers.
    func settings(of life: ProcessLife) -> WebhookSettings {
        var settings = WebhookSettings { [self] delivery, _ in try await receive(delivery, from: life) }
        settings.timeoutSeconds = Self.timeoutSeconds
        if scenario.isPunctual {
            settings.pollSeconds = 3600
            // A webhook that waits for the end of others is not late.
            settings.maxSendingPerHost = settings.maxSending
        } else {
            settings.maxSendingPerHost = 2
        }
        return settings
    }

    /// Answers an attempt of a server's process.
    private func receive(_ delivery: WebhookDelivery, from life: ProcessLife) async throws -> WebhookAnswer {
        try life.check()
        begin(delivery)
        let answer = try await answer(delivery)
        try life.check()
        if attempts[delivery.id]?.claim == delivery.claim { attempts[delivery.id]?.isOver = true }
        return answer
    }

    private func begin(_ delivery: WebhookDelivery) {
        let name = auditor.name(of: delivery)
        let now = scheduler.now()
        let claimEnd = delivery.dueAt ?? now
        auditor.trace.note(
            delivery.id.low, UInt64(delivery.claim), words: "\(name) is sent by claim \(delivery.claim)")
        var attempt = Attempt(claim: delivery.claim, claimEnd: claimEnd, body: delivery.body)
        if let last = attempts[delivery.id] {
            if last.body != attempt.body { auditor.report("\(name) has another body in another attempt") }
            if last.claim == delivery.claim { auditor.report("\(name) is sent twice by one claim") }
            // A server that is slow can begin an attempt after its claim.
            if !last.isOver, min(last.claimEnd, claimEnd) > now {
                auditor.report("\(name) is under way twice within one claim")
            }
            attempt.count += last.count
        }
        attempts[delivery.id] = attempt
    }

    private func answer(_ delivery: WebhookDelivery) async throws -> WebhookAnswer {
        if isFaulty, dice.chance(scenario.webhookStalls) {
            auditor.trace.fault("webhook without an answer")
            try await scheduler.sleep(until: scheduler.now().adding(seconds: Self.timeoutSeconds))
            return WebhookAnswer(error: "the receiver did not answer")
        }
        if isFaulty, dice.chance(scenario.webhookStalls) {
            try await scheduler.sleep(until: scheduler.now().adding(seconds: dice.seconds(0.001...3)))
        } else {
            await scheduler.yield()
        }
        if isFaulty, dice.chance(scenario.webhookFailures) {
            auditor.trace.fault("refused webhook")
            if dice.chance(100) { return WebhookAnswer(status: 410) }
            let pause = dice.chance(200) ? dice.seconds(0...20) : nil
            return WebhookAnswer(status: 503, retryAfterSeconds: pause)
        }
        accepted.insert(delivery.id)
        return WebhookAnswer(status: 200)
    }
}
