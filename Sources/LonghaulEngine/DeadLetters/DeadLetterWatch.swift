import LonghaulConcurrency
public import LonghaulCore
import Synchronization

/// Raises an alert when the dead letters of a queue grow faster than the configured rate, at most once a minute for each
/// queue.
///
/// All servers count all dead letters. The server that reports the last one in its metrics raises the alert.
final class DeadLetterWatch: BackgroundLoop, ChangeObserver {
    /// The length of the window, in seconds.
    private static let window: Int64 = 60
    /// The maximum number of attempts to deliver an alert.
    private static let maxDeliveries = 5

    private struct Growth {
        /// The number of new dead letters in each second of the window, oldest first.
        var seconds: [(at: Int64, count: Int)] = []
        var alertedAt: Timestamp?
        var raised = 0

        /// Counts a dead letter. Returns the number in the last minute.
        private mutating func count(at second: Int64) -> Int {
            seconds.removeAll { $0.at <= second - DeadLetterWatch.window }
            if seconds.last?.at == second {
                seconds[seconds.count - 1].count += 1
            } else {
                seconds.append((second, 1))
            }
            return seconds.reduce(0) { $0 + $1.count }
        }

        /// Counts a dead letter. Returns the number in the last minute if this server raises an alert.
        mutating func alert(at moment: Timestamp, above threshold: Int, countsInMetrics: Bool) -> Int? {
            let count = count(at: moment.milliseconds / 1000)
            let isQuiet =
                alertedAt.map { moment.seconds(since: $0) >= Double(DeadLetterWatch.window) } ?? true
            guard count > threshold, isQuiet else { return nil }
            alertedAt = moment
            guard countsInMetrics else { return nil }
            raised += 1
            return count
        }
    }

    private let threshold: Int?
    private let deliver: DeadLetterDelivery?
    private let time: any TimeSource
    let background = BackgroundTask()
    private let growth = Mutex<[String: Growth]>([:])
    private let alerts = Inbox<DeadLetterAlert>(capacity: 100, .dropOldest)

    init(threshold: Int?, deliver: DeadLetterDelivery?, time: any TimeSource) {
        self.threshold = threshold
        self.deliver = deliver
        self.time = time
    }

    func run() async {
        while let alert = await alerts.next() { await send(alert) }
    }

    /// The number of alerts of each queue.
    var raised: [String: Int] {
        growth.withLock { growth in growth.mapValues(\.raised).filter { $0.value > 0 } }
    }

    /// Removes the counts of queues that had no new dead letter for an hour. Their alert counters restart at 0.
    func prune(at now: Timestamp) {
        let horizon = now.milliseconds / 1000 - 3600
        growth.withLock { growth in
            growth = growth.filter { ($0.value.seconds.last?.at ?? 0) >= horizon }
        }
    }

    func observe(_ batch: ChangeBatch) {
        guard let threshold else { return }
        for change in batch.changes where change.state == .failed && change.previous != .failed {
            guard let error = change.error else { continue }
            let count = growth.withLock { growth in
                growth[change.queue, default: Growth()]
                    .alert(at: change.at, above: threshold, countsInMetrics: batch.countsInMetrics)
            }
            guard let count else { continue }
            alerts.put(
                DeadLetterAlert(
                    queue: change.queue, count: count, threshold: threshold,
                    example: DeadLetterGroup.Example(jobID: change.jobID, error: error), kind: change.kind,
                    at: change.at))
        }
    }

    private func send(_ alert: DeadLetterAlert) async {
        guard let deliver else { return }
        var backoff = ExponentialBackoff(initialSeconds: 1, maxSeconds: 64, factor: 4, jitter: 0)
        for delivery in 1...Self.maxDeliveries {
            if Task.isCancelled { return }
            do {
                return try await deliver(alert)
            } catch {
                // Later alerts wait for this one, so there is no pause after the last delivery.
                if delivery == Self.maxDeliveries { return }
                try? await time.sleep(seconds: backoff.next())
            }
        }
    }
}

/// Delivers an alert. If it throws, the engine calls it again, at most five times in all.
public typealias DeadLetterDelivery = @Sendable (DeadLetterAlert) async throws -> Void
