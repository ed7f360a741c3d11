import LonghaulConcurrency
import LonghaulCore

/// A thread that commits transactions, one after the other, so that the writer can prepare the next one while the
/// server writes to disk.
final class Committer: Sendable {
    private let inbox = Inbox<PendingCommit>()
    private let meter: WorkMeter
    private let ended = Event<Void>()
    private let publisher: ChangePublisher
    /// Whether this server reports its changes in metrics.
    private let countsInMetrics: Bool
    /// Whether its transactions commit beside those of another committer.
    private let isSeparate: Bool

    init(_ publisher: ChangePublisher, meter: WorkMeter, countsInMetrics: Bool, isSeparate: Bool) {
        self.meter = meter
        self.publisher = publisher
        self.countsInMetrics = countsInMetrics
        self.isSeparate = isSeparate
    }

    /// Starts the thread; false if the system has none left.
    ///
    /// - Parameter hasEnded: called after each commit.
    func start(hasEnded: @escaping @Sendable () -> Void) -> Bool {
        BlockingThread.start(isSeparate ? "lh-committer-2" : "lh-committer", meter: meter) {
            while let commit = self.inbox.take() { self.run(commit, hasEnded) }
            self.ended.fire()
        }
    }

    private func run(_ commit: PendingCommit, _ hasEnded: () -> Void) {
        let changes = commit.transaction.changes
        let isShared = commit.transaction.hasPeers || isSeparate
        if isShared, !changes.isEmpty { publisher.hold(changes, isSeparate: isSeparate) }
        commit.run(publish: publish, hasEnded: hasEnded)
        if isShared, !changes.isEmpty { publisher.release(changes, isSeparate: isSeparate) }
    }

    private func publish(_ changes: [JobChange]) {
        publisher.publish(ChangeBatch(changes, countsInMetrics: countsInMetrics), isSeparate: isSeparate)
    }

    /// Leaves a transaction to the thread.
    func put(_ commit: PendingCommit) {
        inbox.put(commit)
    }

    /// The thread ends after the transactions that it has.
    func stop() {
        inbox.close()
    }

    /// Waits until all changes are published and all calls answered.
    func waitUntilStopped() {
        ended.waitOnThread()
    }
}
