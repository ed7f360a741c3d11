import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Delivers webhooks: claims due deliveries, sends them, and records the outcomes.
///
/// Each host has a bounded number of attempts at the same time, and hosts take turns, so that a slow receiver does not delay
/// the webhooks of others. A server that ends during an attempt leaves its claim, and after the end of the claim any server
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
        /// The host at which the latest round ended. The next round begins after it.
        var lastHost = ""
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

    /// Claims due deliveries of all hosts, and starts their attempts. Returns the pause before the next round, in seconds.
    private func round(_ settings: WebhookSettings, start: (WebhookDelivery) -> Void) async -> Double {
        do {
            guard let next = try await store.secondsToNextDelivery() else { return settings.pollSeconds }
            guard next <= 0 else { return min(settings.pollSeconds, next) }
            var host = state.withLock(\.lastHost)
            // A round visits the hosts after the latest one, and then those from the first one on.
            var isAtEnd = host.isEmpty
            while !Task.isCancelled {
                let busy = state.withLock(\.sending)
                let room = settings.maxSending - busy.values.reduce(0, +)
                // The end of an attempt wakes the loop.
                guard room > 0 else { return settings.pollSeconds }
                let claimed = try await store.claimDeliveries(
                    WebhookClaim(
                        afterHost: host, limit: room, perHost: settings.maxSendingPerHost, busy: busy,
                        leaseSeconds: settings.leaseSeconds))
                host = claimed.lastHost ?? ""
                state.withLock { state in
                    for delivery in claimed.deliveries { state.sending[delivery.host, default: 0] += 1 }
                    state.lastHost = host
                }
                for delivery in claimed.deliveries { start(delivery) }
                guard host.isEmpty else { continue }
                if isAtEnd { break }
                isAtEnd = true
            }
            return Self.busySeconds
        } catch {
            return Self.errorSeconds
        }
    }

    /// Makes one attempt and records its outcome.
    private func deliver(_ delivery: WebhookDelivery, _ settings: WebhookSettings) async {
        let began = time.now()
        let steady = time.steadySeconds()
        let answer = try? await settings.send(delivery, began)
        var recorded: WebhookDelivery?
        // A cancelled attempt has no outcome: the server stops.
        if let answer {
            let attempt = WebhookAttempt(
                at: began, seconds: max(0, time.steadySeconds() - steady), status: answer.status,
                error: answer.error)
            let outcome = WebhookOutcome(of: delivery, attempt, answer.outcome)
            // If the store does not answer, the claim ends, and the webhook is sent again.
            recorded = (try? await store.recordDeliveries([outcome]).first?.get()) ?? nil
        }
        state.withLock { state in
            let left = state.sending[delivery.host, default: 1] - 1
            state.sending[delivery.host] = left > 0 ? left : nil
            guard let answer else { return }
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
