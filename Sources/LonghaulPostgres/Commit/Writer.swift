import LonghaulCore
import LonghaulStore
import LonghaulThreads
import LonghaulWatch
import Synchronization

/// What the writer's transactions have in common.
struct WriterContext {
    let cache: WriterCache
    let workers: WorkerRegistry
    let random: any RandomSource
    let retention: Retention
    /// Where the time comes from; nil for the database's own clock.
    let clock: (any TimeSource)?
    /// This server's number among those that share the database.
    let serverID: Int64
    /// Signs what this server notifies the others of.
    let notificationKey: NotificationKey
    let outages: Outages
    /// The connection for what stands whatever becomes of a transaction.
    let aside: Session
}

/// The one thread of this server that writes. It takes all the calls that wait, runs them in one transaction, and leaves
/// that to a committer: many callers share the price of a sync to disk, and of each exchange with the database. Other
/// servers do the same at the same time. ``WriterState`` decides what comes next.
///
/// Transactions that are under way at the same time are to each other like those of two servers, except that the cache
/// knows at once which jobs the others have claimed.
///
/// The sessions, the state and the cache are touched by that thread alone once it has started.
final class Writer: @unchecked Sendable {
    /// The largest weight of calls that share a transaction.
    private static let maxWeight = 2048
    /// How often everything is read from its beginning where no notifications of other servers arrive, in seconds.
    private static let pollingSeconds = 1.0

    let inbox: Inbox<WriteCall>
    /// Of this thread and of the committers: while one of them waits, the others may work.
    private let meter = WorkMeter("store writer")
    private let sessions: [Session]
    private let context: WriterContext
    private let committer: Committer
    /// Commits large transactions beside those of `committer`.
    private let separateCommitter: Committer
    private let publisher: ChangePublisher
    private let remoteChanges: RemoteChanges
    /// Whether no notifications of other servers arrive.
    private let isPolling: Bool
    private let limits = Mutex(StoreLimits())
    private let finished = Latch()
    private var state = WriterState<PendingCommit>()

    /// - Parameter sessions: `WriterState.sessionCount`; the others than the first are only used under load.
    init(
        _ sessions: [Session], _ context: WriterContext, publisher: ChangePublisher,
        remoteChanges: RemoteChanges, isPolling: Bool
    ) {
        self.sessions = sessions
        self.context = context
        self.publisher = publisher
        inbox = Inbox(meter: meter)
        let countsInMetrics = isPolling || ServerID.counts(context.serverID)
        committer = Committer(
            publisher, meter: meter, countsInMetrics: countsInMetrics, isSeparate: false)
        separateCommitter = Committer(
            publisher, meter: meter, countsInMetrics: countsInMetrics, isSeparate: true)
        self.remoteChanges = remoteChanges
        self.isPolling = isPolling
    }

    /// Starts the threads.
    func start() throws(LonghaulError) {
        let committers = [committer, separateCommitter]
        let started =
            committers.allSatisfy { $0.start { [inbox] in inbox.signal() } }
            && BlockingThread.start("lh-writer", meter: meter) {
                self.work()
                for committer in committers { committer.stop() }
                for committer in committers { committer.waitUntilStopped() }
                for session in self.sessions + [self.context.aside] { session.close() }
                self.finished.open()
            }
        guard started else {
            for committer in committers { committer.stop() }
            throw LonghaulError(.unavailable, "the system has no thread for the store")
        }
    }

    /// Sets what holds for all queues together.
    func configure(_ new: StoreLimits) {
        limits.withLock { $0 = new }
    }

    /// Takes no further calls; the thread ends after those that wait.
    func stop() {
        inbox.close()
    }

    /// Waits until the thread has ended.
    func waitUntilStopped() async {
        await finished.wait()
    }

    /// Does calls until there are none and no more will come.
    private func work() {
        while true {
            switch state.next() {
            case .receive(let least): receive(atLeast: least)
            case .prepare(let batch, let session): prepare(batch, session: session)
            case .commit(let commit, let isSeparate): (isSeparate ? separateCommitter : committer).put(commit)
            case .await(let commit): finish(commit)
            case .stop: return
            }
        }
    }

    private func receive(atLeast least: Int) {
        let underWay = state.commitsUnderWay
        let calls = inbox.take(
            upTo: Self.maxWeight, atLeast: least, unless: { underWay.contains(where: \.hasEnded) },
            weight: \.plan.weight)
        // A call may be from a caller that has seen the end of a commit: it must find what that wrote.
        for commit in underWay where commit.hasEnded { finish(commit) }
        state.receive(calls)
    }

    /// Waits for the end of a commit, and records it.
    private func finish(_ commit: PendingCommit) {
        do {
            let changedData = try commit.wait()
            commit.transaction.updateCache()
            context.outages.succeed(commit.transaction.start, changedData: changedData)
            _ = state.ended(isSeparate: commit.batch.isSeparate, nil)
            // The signs of life of workers in a later transaction are not settled with this one.
            if !commit.batch.isSeparate, !state.hasSharedTransaction { context.workers.commit() }
            inbox.finish(commit.batch.calls.count)
        } catch {
            revert(commit.transaction, error)
            reject(state.ended(isSeparate: commit.batch.isSeparate, failure(of: error)), error)
        }
    }

    /// Runs the calls of a batch in a transaction that is not written yet.
    private func prepare(_ batch: Batch, session: Int) {
        receiveChanges()
        var begun: Transaction?
        do {
            let transaction = try sessions[session].use {
                try Transaction(
                    context, $0, limits: limits.withLock { $0 }, prefetch: batch.prefetch,
                    beside: state.commitsUnderWay.map(\.transaction))
            }
            begun = transaction
            for call in batch.calls { try call.call.run(in: transaction) }
            state.prepared(try PendingCommit(batch, transaction), of: batch, session: session)
        } catch {
            revert(begun, error)
            if sessions[session].isConnected { try? sessions[session].use().rollBack() }
            reject(state.failedToPrepare(batch, failure(of: error)), error)
        }
    }

    /// Brings the cache up to date with what other servers have changed.
    private func receiveChanges() {
        let cache = context.cache
        for change in remoteChanges.takePending() { cache.recordPending(change) }
        let mayHaveMissed = remoteChanges.takeGap()
        if mayHaveMissed || isPolling && Connection.seconds() - cache.resetAt > Self.pollingSeconds {
            cache.resetPositions()
            if isPolling { publisher.publishSettingsChange() }
        }
        if let due = remoteChanges.takeNextDue() { cache.agendaFloor = min(cache.agendaFloor, due) }
    }

    /// Undoes what a failed transaction has changed outside of the database.
    private func revert(_ transaction: Transaction?, _ error: any Error) {
        if (error as? PostgresError)?.rejectsWrites ?? false { context.outages.fail() }
        context.workers.rollBack()
        transaction?.revertCache()
        // The cache may be what conflicts: it may hold a lane that was deleted.
        if (error as? PostgresError)?.isSerializationFailure ?? false { context.cache.invalidate() }
    }

    /// Answers the calls of a failed batch with its error; nil if it is run again.
    private func reject(_ batch: Batch?, _ error: any Error) {
        guard let batch else { return }
        for call in batch.calls { call.call.fail(LonghaulError(error)) }
        inbox.finish(batch.calls.count)
    }

    private func failure(of error: any Error) -> WriterState<PendingCommit>.Failure {
        guard let error = error as? PostgresError else { return .init(isOfOneCall: error is CorruptValue) }
        return .init(
            isConflict: error.isConflict, isRepeatedJob: error.isRepeatedJob,
            isOfOneCall: !error.isEnvironmental || error.isLocked)
    }
}
