import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Delivers webhooks: claims due deliveries, sends them, and records the outcomes.
///
/// Each host has a bounded number of attempts at the same time, and hosts take turns, so that a slow receiver does not delay
/// the webhooks of others; ``PromptReceivers`` bounds all slow ones together. A server that ends during an attempt leaves its claim, and after the end of the claim any server
/// sends the webhook again.
final class WebhookLoop: BackgroundLoop, ChangeObserver {
    /// The pause after a round, in seconds. Due deliveries can be left: all attempts to their hosts are under way, or another
    /// server is claiming them.
    private static let busySeconds = 0.5
    /// The pause after an error of the store, in seconds.
    private static let errorSeconds = 1.0

    private struct State {
        var wake: Event<Bool>?
        /// Whether a wake-up arrived while the loop was not waiting.
        var isWoken = false
        var prompt = PromptReceivers()
        /// The hosts at which the latest claims ended. The next claims begin after them.
        var lastPromptHost = ""
        var lastOtherHost = ""
        /// Whether the latest slot went to a prompt receiver. The next one goes to another, if there is one.
        var isPromptServed = true
        /// The number of attempts under way, by host.
        var sending: [String: Int] = [:]
        var counters = WebhookCounters()
    }

    private let store: any JobStore
    private let settings: WebhookSettings?
    private let time: any TimeSource
    let background = BackgroundTask()
    private let state = Mutex(State())

    /// - Parameter settings: nil to deliver nothing. The store keeps the deliveries for another server.
    init(store: any JobStore, settings: WebhookSettings?, time: any TimeSource) {
        self.store = store
        self.settings = settings
        self.time = time
    }

    /// The attempts of this server.
    var counters: WebhookCounters {
        state.withLock { state in
            var counters = state.counters
            counters.sending = state.sending.values.reduce(0, +)
            return counters
        }
    }

    /// Whether this server delivers webhooks.
    var isActive: Bool { settings != nil }

    func observe(_ batch: ChangeBatch) {
        guard isActive, batch.changes.contains(where: { $0.hasWebhook && $0.state.isFinal }) else { return }
        wake()
    }

    /// Makes the loop search for due deliveries.
    func wake() {
        let wake = state.withLock { state in
            state.isWoken = true
            return state.wake
        }
        wake?.fire(true)
    }

    func run() async {
        guard let settings else { return }
        // The end of the group cancels the attempts under way. Their claims end by themselves.
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let pause = await round(settings) { delivery in
                    group.addTask { await self.deliver(delivery, settings) }
                }
                await wait(seconds: pause)
            }
            group.cancelAll()
        }
    }

    private func wait(seconds: Double) async {
        let wake = Event<Bool>()
        let isWoken = state.withLock { state in
            state.wake = wake
            defer { state.isWoken = false }
            return state.isWoken
        }
        if !isWoken {
            _ = try? await wake.wait(until: time.now().adding(seconds: seconds), time: time)
        }
        state.withLock { state in
            state.wake = nil
            state.isWoken = false
        }
    }

    /// Claims due deliveries, and starts their attempts. Returns the pause before the next round, in seconds.
    private func round(_ settings: WebhookSettings, start: (WebhookDelivery) -> Void) async -> Double {
        do {
            guard let next = try await store.secondsToNextDelivery() else { return settings.pollSeconds }
            guard next <= 0 else { return min(settings.pollSeconds, next) }
            if state.withLock(\.isPromptServed) {
                try await sendToOthers(settings, start)
                try await sendToPrompt(settings, start)
            } else {
                try await sendToPrompt(settings, start)
                try await sendToOthers(settings, start)
            }
            return Self.busySeconds
        } catch {
            return Self.errorSeconds
        }
    }

    private func sendToPrompt(_ settings: WebhookSettings, _ start: (WebhookDelivery) -> Void) async throws {
        var hosts = state.withLock { $0.prompt.hosts(after: $0.lastPromptHost) }[...]
        while !hosts.isEmpty, !Task.isCancelled {
            let page = Array(hosts.prefix(WebhookClaim.maxHosts))
            guard let claimed = try await claim(.hosts(page), settings, start) else { return }
            let last = claimed.lastHost ?? page[page.count - 1]
            let isSlotUsed = !claimed.deliveries.isEmpty
            state.withLock { state in
                state.lastPromptHost = last
                if isSlotUsed { state.isPromptServed = true }
            }
            hosts = hosts.drop { $0 != last }.dropFirst()
        }
    }

    private func sendToOthers(_ settings: WebhookSettings, _ start: (WebhookDelivery) -> Void) async throws {
        var (host, prompt) = state.withLock { ($0.lastOtherHost, $0.prompt.hosts) }
        // First the hosts after the latest one, and then those from the first one on.
        var isAtEnd = host.isEmpty
        while !Task.isCancelled {
            let receivers = WebhookClaim.Receivers.others(after: host, except: prompt)
            guard let claimed = try await claim(receivers, settings, start) else { return }
            host = claimed.lastHost ?? ""
            let isSlotUsed = !claimed.deliveries.isEmpty
            state.withLock { state in
                state.lastOtherHost = host
                if isSlotUsed { state.isPromptServed = false }
                prompt = state.prompt.hosts
            }
            guard host.isEmpty else { continue }
            if isAtEnd { return }
            isAtEnd = true
        }
    }

    /// Claims as many deliveries as there are slots for these receivers, and starts their attempts. Returns nil without a
    /// slot.
    private func claim(
        _ receivers: WebhookClaim.Receivers, _ settings: WebhookSettings, _ start: (WebhookDelivery) -> Void
    ) async throws -> ClaimedWebhooks? {
        let (busy, others) = state.withLock { ($0.sending, $0.prompt.others(in: $0.sending)) }
        var room = settings.maxSending - busy.values.reduce(0, +)
        if case .others = receivers { room = min(room, (settings.maxSending + 1) / 2 - others) }
        // The end of an attempt wakes the loop.
        guard room > 0 else { return nil }
        let claimed = try await store.claimDeliveries(
            WebhookClaim(
                to: receivers, limit: room, perHost: settings.maxSendingPerHost, busy: busy,
                leaseSeconds: settings.leaseSeconds))
        state.withLock { state in
            for delivery in claimed.deliveries { state.sending[delivery.host, default: 0] += 1 }
        }
        for delivery in claimed.deliveries { start(delivery) }
        return claimed
    }

    /// Makes one attempt and records its outcome.
    private func deliver(_ delivery: WebhookDelivery, _ settings: WebhookSettings) async {
        let began = time.now()
        let steady = time.steadySeconds()
        let answer = try? await settings.send(delivery, began)
        let seconds = max(0, time.steadySeconds() - steady)
        var recorded: WebhookDelivery?
        // A cancelled attempt has no outcome: the server stops.
        if let answer {
            let attempt = WebhookAttempt(
                at: began, seconds: seconds, status: answer.status, error: answer.error)
            let outcome = WebhookOutcome(of: delivery, attempt, answer.outcome)
            // If the store does not answer, the claim ends, and the webhook is sent again.
            recorded = (try? await store.recordDeliveries([outcome]).first?.get()) ?? nil
        }
        state.withLock { state in
            let left = state.sending[delivery.host, default: 1] - 1
            state.sending[delivery.host] = left > 0 ? left : nil
            guard let answer else { return }
            state.prompt.record(delivery.host, isPrompt: seconds <= settings.promptSeconds)
            if answer.error == nil { state.counters.delivered += 1 } else { state.counters.failed += 1 }
            if recorded?.state == .failed { state.counters.abandoned += 1 }
        }
        wake()
    }
}

/// What a server has counted of its webhooks since its start.
struct WebhookCounters: Sendable, Hashable {
    /// Attempts under way.
    var sending = 0
    /// Attempts that a receiver has accepted.
    var delivered = 0
    /// Attempts that have failed.
    var failed = 0
    /// Deliveries that have failed without another retry.
    var abandoned = 0
}
