import LonghaulConcurrency
import LonghaulCore
import LonghaulStore
import Synchronization

/// The dependencies of the writer's transactions.
struct WriterContext {
    let cache: WriterCache
    let workers: WorkerRegistry
    let random: any RandomSource
    let retention: Retention
    /// The time source; nil for the database's clock.
    let clock: (any TimeSource)?
    /// The number of this server in `longhaul.servers`.
    let serverID: Int64
    /// Signs the notifications of this server.
    let notificationKey: NotificationKey
    let outages: Outages
    /// The connection for changes that stay if a transaction is rolled back.
    let aside: Session
}

extension Optional where Wrapped == any TimeSource {
    /// A clock of this machine that does not step, also if the database's clock is used.
    var steadySeconds: Double { self?.steadySeconds() ?? SystemTime().steadySeconds() }
}

/// The writing thread of this server. It runs all waiting calls in one transaction and passes that to a committer, so
/// that many callers share each sync to disk and each round trip. Other servers do the same concurrently.
/// ``WriterState`` decides the next action.
///
/// In-flight transactions of this server relate to each other like those of two servers, except that each knows the
/// jobs that the others have claimed.
///
/// Once the thread has started, only it uses the sessions, the state and the cache.
final class Writer: @unchecked Sendable {
    /// The maximum weight of calls that share a transaction.
    private static let maxWeight = 2048
    /// The polling interval in seconds, if no notifications of other servers arrive.
    private static let pollingSeconds = 1.0

    let inbox: Inbox<WriteCall>
    /// Shared with the committers: while one of the threads waits, the others may work.
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
    private let finished = Event<Void>()
    private var state = WriterState<PendingCommit>()

    /// - Parameter sessions: `WriterState.sessionCount` sessions. All but the first are only used under load.
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
                self.finished.fire()
            }
        guard started else {
            for committer in committers { committer.stop() }
            throw LonghaulError(.unavailable, "the system has no thread for the store")
        }
    }

    /// Sets the limits of all queues together.
    func configure(_ new: StoreLimits) {
        limits.withLock { $0 = new }
    }

    /// Accepts no further calls. The thread ends after the waiting calls.
    func stop() {
        inbox.close()
    }

    /// Waits until the thread has ended.
    func waitUntilStopped() async {
        await finished.wait()
    }

    /// Runs calls until the inbox is closed and empty.
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
        // A caller that saw the end of a commit must be able to read its writes.
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
            // Heartbeats of a later transaction are not stored by this commit.
            if !commit.batch.isSeparate, !state.hasSharedTransaction { context.workers.commit() }
            inbox.finish(commit.batch.calls.count)
            let locked = commit.transaction.lockedQueues
            if !locked.isEmpty { publisher.publish(.lockedJobs(queues: locked)) }
        } catch {
            revert(commit.transaction, error)
            reject(state.ended(isSeparate: commit.batch.isSeparate, failure(of: error)), error)
        }
    }

    /// Runs the calls of a batch in a transaction, without writing it.
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

    /// Updates the cache with the changes of other servers.
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

    /// Reverts the changes of a failed transaction outside the database.
    private func revert(_ transaction: Transaction?, _ error: any Error) {
        if (error as? PostgresError)?.rejectsWrites ?? false { context.outages.fail() }
        context.workers.rollBack()
        transaction?.revertCache()
        // The cache may have caused the conflict: it may hold a deleted lane.
        if (error as? PostgresError)?.isSerializationFailure ?? false { context.cache.invalidate() }
    }

    /// Answers the calls of a failed batch with its error, unless the batch is nil because it runs again.
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
