public import LonghaulCore
import Synchronization

/// Watches how fast each queue's dead letters grow, and raises an alert when it is too fast: at most once a
/// minute for a queue. Of several servers that watch, the one raises it that counts the last of them.
final class DeadLetterWatch: BackgroundLoop, ChangeObserver {
    private static let window: Int64 = 60
    /// How often an alert is sent before it is given up; it stays counted.
    private static let deliveries = 5

    private struct Growth {
        /// How many died in each of the latest seconds, oldest first.
        var seconds: [(at: Int64, count: Int)] = []
        var alertedAt: Timestamp?
        var raised = 0

        /// Counts one more, and answers how many died in the last minute.
        private mutating func count(at second: Int64) -> Int {
            seconds.removeAll { $0.at <= second - DeadLetterWatch.window }
            if seconds.last?.at == second {
                seconds[seconds.count - 1].count += 1
            } else {
                seconds.append((second, 1))
            }
            return seconds.reduce(0) { $0 + $1.count }
        }

        /// Counts one more; answers how many died in the last minute if that raises an alert here.
        mutating func alarm(at moment: Timestamp, above threshold: Int, countsInMetrics: Bool) -> Int? {
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
    private let alerts = ServiceInbox<DeadLetterAlert>(capacity: 100, .dropOldest)

    init(threshold: Int?, deliver: DeadLetterDelivery?, time: any TimeSource) {
        self.threshold = threshold
        self.deliver = deliver
        self.time = time
    }

    func run() async {
        while let alert = await alerts.next() { await send(alert) }
    }

    /// How many alerts each queue has raised.
    var raised: [String: Int] {
        growth.withLock { growth in growth.mapValues(\.raised).filter { $0.value > 0 } }
    }

    /// Drops what is remembered of queues in which no job died for an hour; their counters restart at 0.
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
                    .alarm(at: change.at, above: threshold, countsInMetrics: batch.countsInMetrics)
            }
            guard let count else { continue }
            alerts.send(
                DeadLetterAlert(
                    queue: change.queue, count: count, threshold: threshold,
                    example: DeadLetterGroup.Example(jobID: change.jobID, error: error), kind: change.kind,
                    at: change.at))
        }
    }

    private func send(_ alert: DeadLetterAlert) async {
        guard let deliver else { return }
        var pause = 1.0
        for _ in 0..<Self.deliveries {
            if Task.isCancelled { return }
            do {
                return try await deliver(alert)
            } catch {
                try? await time.sleep(until: time.now().adding(seconds: pause))
                pause *= 4
            }
        }
    }
}

/// Brings an alert to whoever it is for. What it throws makes it be called again.
public typealias DeadLetterDelivery = @Sendable (DeadLetterAlert) async throws -> Void
