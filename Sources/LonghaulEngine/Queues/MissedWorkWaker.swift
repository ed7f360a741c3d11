import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Wakes workers for work that no change announces (``MissedWork``).
///
/// It wakes them after a pause. Locked jobs need it: their workers would find them locked again. After missed
/// notifications, the pause covers a worker that queried the store just before and does not wait yet.
final class MissedWorkWaker: BackgroundLoop {
    /// The pause in seconds.
    private static let pauseSeconds = 0.5

    private struct Plan {
        var queues: Set<String> = []
        var wakesAll = false
    }

    private let queue: any JobQueue
    private let time: any TimeSource
    let background = BackgroundTask()
    private let wakeUps = Inbox<Void>(capacity: 1)
    private let plan = Mutex(Plan())

    init(queue: any JobQueue, time: any TimeSource) {
        self.queue = queue
        self.time = time
    }

    /// Plans a wake-up. The store calls it on its own thread.
    func wake(for work: MissedWork) {
        plan.withLock { plan in
            switch work {
            case .notifications: plan.wakesAll = true
            case .lockedJobs(let queues): plan.queues.formUnion(queues)
            }
        }
        if work == .notifications { queue.wakeAll() }
        wakeUps.put(())
    }

    func run() async {
        while await wakeUps.next() != nil {
            do {
                try await time.sleep(seconds: Self.pauseSeconds)
            } catch {
                return
            }
            let plan = plan.withLock { plan in
                defer { plan = Plan() }
                return plan
            }
            if plan.wakesAll {
                queue.wakeAll()
            } else if !plan.queues.isEmpty {
                queue.wake(QueueInterest(queues: plan.queues.sorted(), kinds: []))
            }
        }
    }
}
