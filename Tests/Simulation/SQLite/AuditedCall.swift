import CSimulatedDisk
import LonghaulCore
import LonghaulFlaws
import LonghaulSQLite
import LonghaulStore

/// The effects of a call in its transaction.
struct CallRecord {
    /// The call; nil for a write that is not a call of the store.
    var call: StoreCall?
    var answer: Result<any Sendable, LonghaulError>?
    /// The changes that it published.
    var changes: [JobChange] = []
    var effects = UnpublishedEffects()
}

/// A transaction that failed for its callers, although its frames may be in the log.
struct UncertainTransaction {
    var commit: simulated_commit
    /// When it ran.
    var moment: Timestamp
    /// The server, as it was then.
    var server: AuditedServer
    var calls: [any RecordedCall]
}

/// A call that keeps a record for the auditor.
protocol RecordedCall: Call where Context == any StoreTransaction {
    var record: CallRecord { get }
    /// Whether its transaction failed.
    var hasFailed: Bool { get }
}

extension RecordedCall {
    /// The call as the store runs it.
    var inTransaction: any Call<any StoreTransaction> { self }
}

/// A call of a server, in the transaction of an SQLite store. The auditor follows it when it is committed.
final class AuditedCall<Value: Sendable>: RecordedCall, @unchecked Sendable {
    let weight: Int
    private(set) var record: CallRecord
    private(set) var hasFailed = false
    private let world: World
    private let server: AuditedServer
    private let body: @Sendable (any StoreTransaction) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private var result: Result<Value, any Error>?
    private var isAnswered = false

    init(
        _ plan: WritePlan, _ world: World, _ server: AuditedServer,
        _ continuation: CheckedContinuation<Value, any Error>,
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) {
        weight = plan.weight
        record = CallRecord(call: plan.call)
        self.world = world
        self.server = server
        self.body = body
        self.continuation = continuation
    }

    func run(in transaction: any StoreTransaction) throws {
        let recording = RecordingTransaction(
            transaction, maxWebhooksPerJob: world.scenario.maxWebhooksPerJob)
        do {
            let value = try body(recording)
            result = .success(value)
            record.answer = .success(value)
        } catch let error as LonghaulError {
            result = .failure(error)
            record.answer = .failure(error)
        }
        (record.changes, record.effects) = (recording.changes, recording.effects)
        if world.flaw == .earlyAnswer { acknowledge() }
    }

    func answer() {
        acknowledge()
    }

    func fail(_ error: LonghaulError) {
        hasFailed = true
        if error.code == .internal { world.auditor.report("the store failed by itself: \(error)") }
        guard !isAnswered else { return }
        isAnswered = true
        continuation.resume(throwing: error)
    }

    private func acknowledge() {
        guard !isAnswered, let result else { return }
        isAnswered = true
        world.auditor.follow(record, by: server)
        continuation.resume(with: result)
    }
}

extension Auditor {
    /// Follows a call that was committed.
    func follow(_ record: CallRecord, by server: AuditedServer) {
        let expectation = record.call.map { willRun($0, by: server) }
        if !record.changes.isEmpty { observe(ChangeBatch(record.changes), by: server) }
        committed(record.effects)
        guard let expectation else { return }
        switch record.answer {
        case .success(let value): answered(expectation, value, by: server)
        case .failure(let error): refused(expectation, error)
        case nil: break
        }
    }
}
