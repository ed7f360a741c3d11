import LonghaulCore
import LonghaulStoreRules
import LonghaulThreads
import LonghaulWatch
import Synchronization

/// What the writer's transactions have in common.
struct WriterContext {
    let ledger: Ledger
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

/// The one thread of this server that writes. It takes all the calls that wait, runs them in one
/// transaction, commits, and only then answers: many callers share the price of making the disk keep their
/// changes, and the price of each exchange with the database. Other servers do the same beside it.
///
/// The end of a transaction, from what it writes to the answers, is left to the committer's thread. Where enough
/// calls wait meanwhile, the next transaction is made beside it, on a second connection; its end begins when the
/// first has landed, so that changes are told in the order of their commits. The two are to each other like
/// those of two servers, but for the ledger, which knows at once which jobs the first has claimed.
///
/// Its sessions and ledger are touched by that thread alone once it has started.
final class Writer: @unchecked Sendable {
    /// How many entries one transaction takes.
    private static let entriesPerTransaction = 2048
    /// How many entries must wait for a transaction to be made beside another: fewer gain more by company.
    private static let entriesBeside = 64
    /// How often a transaction that met another is run again.
    private static let mostConflicts = 20

    /// How often everything is looked at from its beginning where nothing is heard of others, in seconds.
    private static let deafSeconds = 1.0

    let inbox: Inbox<WriteCall>
    /// Of this thread and of the committer: while one of them waits, the other may work.
    private let meter = WorkMeter("store writer")
    private let sessions: [Session]
    private let context: WriterContext
    private let committer: Committer
    private let teller: Teller
    private let news: News
    /// Whether nothing is heard of other servers.
    private let isDeaf: Bool
    private let limits = Mutex(StoreLimits())
    private let finished = Latch()
    /// The transaction that the committer has.
    private var flight: Flight?

    /// - Parameter sessions: two; the second is only used under load.
    init(_ sessions: [Session], _ context: WriterContext, teller: Teller, news: News, isDeaf: Bool) {
        self.sessions = sessions
        self.context = context
        self.teller = teller
        inbox = Inbox(meter: meter)
        committer = Committer(teller, meter: meter, counts: isDeaf || ServerID.counts(context.serverID))
        self.news = news
        self.isDeaf = isDeaf
    }

    /// Starts the threads.
    func start() throws(LonghaulError) {
        let started =
            committer.start { [inbox] in inbox.nudge() }
            && OwnThread.start("lh-writer", meter: meter) {
                self.work()
                self.committer.stop()
                self.committer.waitUntilStopped()
                for session in self.sessions + [self.context.aside] { session.close() }
                self.finished.open()
            }
        guard started else {
            committer.stop()
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
            let calls = inbox.take(
                upTo: Self.entriesPerTransaction, atLeast: flight == nil ? 1 : Self.entriesBeside,
                unless: { flight?.hasLanded ?? false }, weight: \.call.weight)
            // What has been answered must be known to what comes after it.
            if calls == nil || flight?.hasLanded ?? false {
                guard flight != nil || calls != nil else { return }
                settle(replacedBy: nil)
            }
            if let calls, !calls.isEmpty {
                run(Batch(calls))
                inbox.finish(calls.count)
            }
        }
    }

    /// Runs the calls of a batch in a transaction, and leaves that to the committer.
    private func run(_ batch: Batch) {
        do {
            let next = try makeFlight(batch)
            settle(replacedBy: next)
        } catch {
            take(error, for: batch)
        }
    }

    /// Waits for the transaction that the committer has, and gives it the next one.
    private func settle(replacedBy next: Flight?) {
        let previous = flight
        let fault = previous.flatMap(fault)
        flight = next
        // What the next one notes of workers is not settled with this one.
        if fault == nil, next == nil { context.workers.commit() }
        // Before a failed one is run again: it may wait for what the next has locked.
        if let next { committer.take(next) }
        if let previous, let fault { take(fault, for: previous.batch) }
    }

    /// Waits for a transaction to land; what went wrong with it, if anything did.
    private func fault(of flight: Flight) -> (any Error)? {
        do {
            let changedData = try flight.land()
            flight.transaction.remember()
            context.outages.succeed(flight.transaction.start, changedData: changedData)
            return nil
        } catch {
            noteOutage(error)
            context.workers.rollBack()
            flight.transaction.takeBack()
            return error
        }
    }

    /// Deals with what a batch met.
    private func take(_ error: any Error, for batch: Batch) {
        var again = batch
        switch error {
        case let error as PostgresError where error.isConflict && batch.conflicts < Self.mostConflicts:
            again.conflicts += 1
            // The cache may be what conflicts: a lane in it was deleted.
            if error.isSerializationFailure { context.ledger.readAgain() }
            run(again)
        case let error as PostgresError where error.isRepeatedJob && !batch.isCareful:
            // Some new job has the identifier of another. Whose it is shows when they are looked up first.
            again.isCareful = true
            run(again)
        case _ where batch.calls.count > 1 && Self.isOwn(error):
            // One of them met a fault that is its own: apart, the others pass.
            for call in batch.calls {
                again = Batch([call])
                again.isCareful = batch.isCareful
                run(again)
            }
        default:
            for call in batch.calls { call.call.fail(LonghaulError(error)) }
        }
    }

    /// Notes an outage if the database answers but cannot store changes, such as with a full disk.
    private func noteOutage(_ error: any Error) {
        if (error as? PostgresError)?.rejectsWrites ?? false { context.outages.fail() }
    }

    /// Whether an error is that of a call, and not of the surroundings.
    private static func isOwn(_ error: any Error) -> Bool {
        (error as? PostgresError).map { !$0.isEnvironmental || $0.isLocked } ?? (error is CorruptValue)
    }

    /// Runs the calls of a batch in a transaction that is not written yet.
    private func makeFlight(_ batch: Batch) throws -> Flight {
        for note in news.take() { context.ledger.note(note) }
        if news.takeGap() || isDeaf && Connection.seconds() - context.ledger.forgottenAt > Self.deafSeconds {
            context.ledger.lookFromTheBeginning()
            if isDeaf { teller.tellOfSettings() }
        }
        if let due = news.takeDue() { context.ledger.agendaFloor = min(context.ledger.agendaFloor, due) }
        let place = flight?.session == 0 ? 1 : 0
        let session = sessions[place]
        var begun: Transaction?
        do {
            let transaction = try session.use {
                try Transaction(
                    context, $0, limits: limits.withLock { $0 }, needs: batch.needs,
                    beside: flight?.transaction)
            }
            begun = transaction
            for call in batch.calls { try call.call.run(in: transaction) }
            return try Flight(batch, transaction, session: place)
        } catch {
            noteOutage(error)
            context.workers.rollBack()
            begun?.takeBack()
            if session.isConnected { try session.use().rollBack() }
            throw error
        }
    }
}
