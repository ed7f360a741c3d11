import LonghaulCore
import LonghaulFlaws
import LonghaulMemory
import LonghaulStore

/// A fault of the database inside a transaction. The transaction is rolled back.
///
/// It is not a `LonghaulError`: no rule may handle it.
enum DatabaseFault: String, Error, CaseIterable {
    case busy = "busy database"
    case fullDisk = "full disk"
    case crash

    /// The error that the caller of the store gets.
    var answer: LonghaulError {
        switch self {
        case .busy: LonghaulError(.unavailable, "the database is busy")
        case .fullDisk: LonghaulError(.unavailable, "no space left on device")
        case .crash: ProcessLife.over
        }
    }
}

/// The effects of a transaction that no change reports.
struct UnpublishedEffects {
    /// The queues whose settings the transaction replaces.
    var settings: [(queue: String, settings: QueueSettings)] = []
    /// The jobs that the transaction removes.
    var removed: [JobID] = []
    /// The webhooks that the transaction stores or changes.
    var webhooks: [StoredWebhook] = []
    /// What the transaction stores of journals.
    var journals: [JournalEffect] = []
    /// Whether every pending job is now in the partition that the settings of its queue give it.
    var hasSortedPartitions = false
}

/// A webhook that a transaction stores or changes.
struct StoredWebhook {
    let delivery: WebhookDelivery
    /// The number of webhooks of its job that are kept, if it is new; nil for a change.
    var kept: Int?
}

/// The fault that strikes one transaction, if any, and the effects of the transaction that no change reports.
final class PlannedFault {
    private static let maxVerbs = 24

    var effects = UnpublishedEffects()
    /// Whether other servers are notified, and read the settings again.
    var changesSettings = false
    private let fault: DatabaseFault?
    /// The number of verbs before the fault.
    private var verbsLeft: Int
    private var hasStruck = false
    private let world: World
    var maxWebhooksPerJob: Int { world.scenario.maxWebhooksPerJob }

    init(_ world: World) {
        self.world = world
        let strikes = world.faultOccurs(world.scenario.verbFaults)
        let faults = DatabaseFault.allCases.filter { $0 != .crash || !world.scenario.isPunctual }
        fault = strikes ? world.dice.pick(faults) : nil
        verbsLeft = strikes ? world.dice.below(Self.maxVerbs) : .max
    }

    /// Throws the fault if it is due before this verb.
    func willCall() throws {
        defer { verbsLeft -= 1 }
        if verbsLeft == 0 { try strike() }
    }

    /// Throws the fault at the commit if it was not due before.
    func commit() throws {
        if hasStruck {
            world.auditor.report("a call handled a fault of the database as if it were an error of its own")
        }
        try strike()
    }

    private func strike() throws {
        guard let fault else { return }
        hasStruck = true
        throw fault
    }
}

/// A transaction whose verbs fail as planned.
final class FaultyTransaction: JournalRecorder {
    let inner: any StoreTransaction
    private let fault: PlannedFault

    init(inner: any StoreTransaction, fault: PlannedFault) {
        self.inner = inner
        self.fault = fault
    }

    func willCall() throws { try fault.willCall() }

    func record(_ effect: JournalEffect) { fault.effects.journals.append(effect) }

    func update(_ queue: QueueState, _ name: String) throws {
        try willCall()
        fault.effects.settings.append((name, queue.settings))
        fault.changesSettings = true
        try inner.update(queue, name)
    }

    func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) throws {
        try willCall()
        let kept = min(count, fault.maxWebhooksPerJob)
        fault.effects.webhooks.append(StoredWebhook(delivery: delivery, kept: kept))
        try inner.insert(delivery, of: row, keeping: kept)
    }

    func update(_ delivery: WebhookDelivery) throws {
        try willCall()
        fault.effects.webhooks.append(StoredWebhook(delivery: delivery))
        try inner.update(delivery)
    }

    func announceSettings() { fault.changesSettings = true }

    func delete(_ row: JobRow) throws {
        try willCall()
        fault.effects.removed.append(row.job.id)
        try inner.delete(row)
    }

    func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        let before = fault.effects
        do {
            return try inner.savepoint(body)
        } catch let error as LonghaulError {
            fault.effects = before
            throw error
        }
    }
}
