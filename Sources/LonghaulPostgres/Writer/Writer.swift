import LonghaulCore
import LonghaulStoreRules
import LonghaulThreads
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
    /// The connection for what stands whatever becomes of a transaction.
    let aside: Session
}

extension JobChange {
    /// The change, for another process to count.
    fileprivate var uncounted: JobChange {
        var change = self
        change.isCounted = false
        return change
    }
}

/// The one thread of this server that writes. It takes all the calls that wait, runs them in one
/// transaction, commits, and only then answers: many callers share the price of making the disk keep their
/// changes, and the price of each exchange with the database. Other servers do the same beside it.
///
/// Its connections and ledger are touched by that thread alone once it has started.
final class Writer: @unchecked Sendable {
    /// How many entries one transaction takes.
    private static let entriesPerTransaction = 2048
    /// How often a transaction that met another is run again.
    private static let mostConflicts = 20

    /// How often everything is looked at from its beginning where nothing is heard of others, in seconds.
    private static let deafSeconds = 1.0

    private static let rollBack = Query("ROLLBACK")

    let inbox = Inbox<WriteCall>()
    let teller: Teller
    private let session: Session
    private let context: WriterContext
    private let news: News
    /// Whether nothing is heard of other servers.
    private let isDeaf: Bool
    /// Whether this process counts its changes itself.
    private let counts: Bool
    private let limits = Mutex(StoreLimits())
    private let finished = Latch()

    init(_ session: Session, _ context: WriterContext, teller: Teller, news: News, isDeaf: Bool) {
        self.session = session
        self.context = context
        self.teller = teller
        self.news = news
        self.isDeaf = isDeaf
        counts = isDeaf || ServerID.counts(context.serverID)
    }

    /// Starts the thread.
    func start() throws(LonghaulError) {
        let started = OwnThread.start {
            while let calls = self.inbox.take(upTo: Self.entriesPerTransaction, weight: \.call.weight) {
                self.run(calls)
            }
            self.session.close()
            self.context.aside.close()
            self.finished.open()
        }
        guard started else { throw LonghaulError(.unavailable, "the system has no thread for the store") }
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

    private func run(_ calls: [WriteCall], isCareful: Bool = false) {
        do {
            let changes = try commit(calls, isCareful: isCareful)
            if !changes.isEmpty { teller.tell(counts ? changes : changes.map(\.uncounted)) }
            for call in calls { call.call.answer() }
        } catch let error as PostgresError where error.isRepeatedJob && !isCareful {
            // Some new job has the identifier of another. Whose it is shows when they are looked up first.
            run(calls, isCareful: true)
        } catch  where calls.count > 1 && Self.isOwn(error) {
            // One of them met a fault that is its own: apart, the others pass.
            for call in calls { run([call], isCareful: isCareful) }
        } catch {
            for call in calls { call.call.fail(LonghaulError(error)) }
        }
    }

    /// Whether an error is that of a call, and not of the surroundings.
    private static func isOwn(_ error: any Error) -> Bool {
        (error as? PostgresError).map { !$0.isEnvironmental } ?? (error is CorruptValue)
    }

    private func commit(_ calls: [WriteCall], isCareful: Bool) throws -> [JobChange] {
        var needs = calls.reduce(into: Needs()) { $0 = $0 + $1.needs() }
        if isCareful { needs.ids += needs.newIDs }
        for _ in 1..<Self.mostConflicts {
            do {
                return try attempt(calls, needs)
            } catch let error as PostgresError where error.isConflict {
                continue
            }
        }
        return try attempt(calls, needs)
    }

    private func attempt(_ calls: [WriteCall], _ needs: Needs) throws -> [JobChange] {
        for note in news.take() { context.ledger.note(note) }
        if news.takeGap() || isDeaf && Connection.seconds() - context.ledger.forgottenAt > Self.deafSeconds {
            context.ledger.lookFromTheBeginning()
            if isDeaf { teller.tellOfSettings() }
        }
        if let due = news.takeDue() { context.ledger.agendaFloor = min(context.ledger.agendaFloor, due) }
        do {
            let transaction = try session.use {
                try Transaction(context, $0, limits: limits.withLock { $0 }, needs: needs)
            }
            for call in calls { try call.call.run(in: transaction) }
            try transaction.finish()
            context.workers.commit()
            return transaction.changes
        } catch {
            context.workers.rollBack()
            if session.isConnected { _ = try session.use().run(Request(Self.rollBack)) }
            throw error
        }
    }
}
