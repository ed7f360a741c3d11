package import LonghaulCore

/// A database, as ``Store`` uses it.
///
/// A driver runs bodies in transactions and reads, and implements the verbs of ``StoreTransaction`` and the queries of
/// ``StoreReader``. The rules of a job's life are not its business.
package protocol StoreDriver: Sendable {
    /// Runs `body` in a transaction, which it may share with other calls, and returns after the commit.
    func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value

    /// Runs `body` on one state of the database.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value

    /// Sets the observer of changes; see `JobStore.observe(_:)`.
    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void)
    /// Sets the observer of settings that other servers change; see `JobStore.observeSettings(_:)`.
    func observeSettings(_ observer: @escaping @Sendable () -> Void)
    /// Sets the observer of work that no change announces; see `JobStore.observeMissedWork(_:)`.
    func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void)
    /// Sets the limits of all queues together.
    func configure(_ limits: StoreLimits)
    /// The outages since the store was opened.
    var outageTotals: OutageTotals { get }
    /// See `JobStore.rejectedNotifications`.
    var rejectedNotifications: Int? { get }
    /// When the next moment comes at which maintenance is needed, if a read is needed to know it. Called after each
    /// maintenance; `maintenance` is its outcome.
    func completed(_ maintenance: Maintenance) async throws -> Maintenance
    /// Ends what is under way and closes the database. Later calls throw `unavailable`.
    func close() async
}

extension StoreDriver {
    package func observeSettings(_ observer: @escaping @Sendable () -> Void) {}
    package func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void) {}
    package var rejectedNotifications: Int? { nil }
    package func completed(_ maintenance: Maintenance) async throws -> Maintenance { maintenance }
}

/// What a driver knows of a write before it runs.
package struct WritePlan: Sendable {
    /// The call; nil for a write that is not a call of `JobStore`.
    package var call: StoreCall?
    /// The number of entries, for the bound of a transaction that several calls share.
    package var weight: Int
    /// Whether the driver may give the call a transaction of its own that commits beside others.
    package var isSeparable: Bool
    /// The rows that it reads.
    package var prefetch: @Sendable () -> Prefetch

    /// The plan of a call.
    package init(_ call: StoreCall) {
        self.init(weight: call.weight, isSeparable: call.isSeparable) { call.prefetch }
        self.call = call
    }

    /// - Parameters:
    ///   - weight: the number of entries.
    ///   - isSeparable: whether the driver may give the call a transaction of its own that commits beside others.
    ///   - prefetch: the rows that it reads.
    package init(
        weight: Int = 1, isSeparable: Bool = false,
        prefetch: @escaping @Sendable () -> Prefetch = { Prefetch() }
    ) {
        self.weight = max(1, weight)
        self.isSeparable = isSeparable
        self.prefetch = prefetch
    }
}

/// The rows that a write reads, so that a driver can fetch them for all calls of a transaction at once.
///
/// It only saves time: rows that it does not name are fetched when they are read.
package struct Prefetch: Sendable {
    /// Jobs, which are locked.
    package var ids: [JobID] = []
    /// The digests of submission keys.
    package var digests: [[UInt8]] = []
    /// The new jobs.
    package var newIDs: [JobID] = []
    /// Operations of journals.
    package var operations: [OperationKey] = []
    /// The jobs of `ids` that the write may end. The journals of their parents may wait for them.
    package var ending: [JobID] = []
    /// The jobs of `ids` that the write may lease, with the beginnings of their journals.
    package var leasing: [JobID] = []
    /// Records.
    package var records: [RecordKey] = []

    /// These jobs and records.
    package init(ids: [JobID] = [], records: [RecordKey] = []) {
        self.ids = ids
        self.records = records
    }

    /// Jobs that the write may end.
    package init(ending ids: [JobID]) {
        self.ids = ids
        ending = ids
    }

    /// The rows that submissions read.
    package init(_ submissions: [Submission]) {
        for submission in submissions {
            newIDs.append(submission.id)
            if !submission.dependsOn.isEmpty { ids += submission.dependsOn }
            if let parent = submission.parentID { ids.append(parent) }
            for key in submission.keys { digests.append(key.digest) }
        }
        let new = Set(newIDs)
        if !ids.isEmpty { ids.removeAll(where: new.contains) }
    }

    /// The rows that updates of the journal of a job read.
    package init(_ updates: [StoreOperationUpdate], of job: JobID) {
        ids = [job]
        for update in updates.lazy.map(\.update) {
            operations.append(OperationKey(jobID: job, id: update.id))
            if let parent = update.parentID { operations.append(OperationKey(jobID: job, id: parent)) }
        }
    }

    /// Jobs that the write may lease.
    package init(leasing ids: [JobID]) {
        self.ids = ids
        leasing = ids
    }

    /// The rows that a step of an execution reads.
    package init(_ advance: ExecutionAdvance, of id: JobID) {
        self = Prefetch(advance.children) + Prefetch(ending: advance.cancelledChildren)
        if advance.end.isFinal { ending.append(id) }
        // Those that it has already are left out.
        ids += [id] + newIDs
        records = advance.handledReports.map { RecordKey(.report, of: id, $0) }
    }

    /// The rows that writes of records read.
    package init(_ writes: [RecordWrite], starting execution: Submission?) {
        if let execution { self = Prefetch([execution]) } else { self.init() }
        ids += writes.compactMap(\.key.jobID).filter { $0 != execution?.id }
        records = writes.map(\.key)
    }

    package static func + (left: Prefetch, right: Prefetch) -> Prefetch {
        var sum = left
        sum.ids += right.ids
        sum.digests += right.digests
        sum.newIDs += right.newIDs
        sum.operations += right.operations
        sum.ending += right.ending
        sum.leasing += right.leasing
        sum.records += right.records
        return sum
    }
}

extension ExecutionAdvance.End {
    fileprivate var isFinal: Bool {
        switch self {
        case .proceed, .wait: false
        case .complete, .fail, .cancel: true
        }
    }
}

/// The job and the identifier of an operation of a journal.
package struct OperationKey: Sendable, Hashable {
    package var jobID: JobID
    package var id: String

    /// The key of this operation.
    package init(jobID: JobID, id: String) {
        self.jobID = jobID
        self.id = id
    }
}
