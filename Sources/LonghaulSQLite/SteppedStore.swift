package import LonghaulCore
package import LonghaulStore
import Synchronization

/// The driver without its threads: the caller runs each transaction, read and checkpoint itself, in any order.
///
/// The simulation uses it to choose that order by seed, on files of its own. It neither prepares nor locks the file. One
/// thread uses it.
package final class SteppedStore {
    /// The settings that a store with threads does not have.
    package struct Settings: Sendable {
        /// The name of the SQLite VFS that holds the files.
        package var vfs: String
        /// The length of the log, in pages, from which it is copied into the database.
        package var checkpointPages: Int
        /// SQL that the writer's connection runs after it is opened.
        package var writerSQL = ""
        /// SQL that the checkpointer's connection runs after it is opened.
        package var checkpointerSQL = ""

        package init(vfs: String, checkpointPages: Int) {
            self.vfs = vfs
            self.checkpointPages = checkpointPages
        }
    }

    private let writer: Writer
    private let checkpointer: Checkpointer
    private let reader: ReadingConnection

    /// Opens the database of this file.
    ///
    /// - Parameter firstBytes: returns the first 100 bytes of a file; fewer if it is shorter, none if it does not exist.
    package init(
        path: String, firstBytes: (String) -> [UInt8], options: SQLiteStoreOptions, settings: Settings,
        time: any TimeSource, random: any RandomSource
    ) throws(LonghaulError) {
        do {
            _ = try StoreFile.isStore(path, firstBytes: firstBytes)
            let opening = StoreOpening(path: path, options: options, vfs: settings.vfs)
            let writing = try opening.writer()
            try writing.execute(settings.writerSQL)
            let copying = try opening.checkpointer()
            try copying.execute(settings.checkpointerSQL)
            checkpointer = Checkpointer(copying)
            writer = try Writer(
                connection: writing, lock: nil, log: LogBound(maxBytes: options.maxLogBytes),
                checkpointer: checkpointer, checkpoints: CheckpointSchedule(pages: settings.checkpointPages),
                retention: options.retention, time: time, random: random)
            reader = ReadingConnection(connection: try opening.reader(), server: writer.server)
        } catch {
            throw LonghaulError(error)
        }
    }

    /// Sets the observer of changes.
    package func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        writer.observer.withLock { $0 = Writer.Observer(observe: observer) }
    }

    /// Sets the limits of all queues together.
    package func configure(_ limits: StoreLimits) {
        writer.limits.withLock { $0 = limits }
    }

    /// The outages since the store was opened.
    package var outageTotals: OutageTotals { writer.server.leases.outages.totals }

    /// Runs calls in one transaction, and answers them after the commit.
    package func run(_ calls: [any Call<any StoreTransaction>]) {
        writer.run(calls.map(TransactionCall.init))
    }

    /// Runs `body` on one state of the database.
    package func read<Value>(
        _ body: @escaping (any StoreReader) throws -> Value
    ) throws(LonghaulError) -> Value {
        try read { (loader: JobLoader) in try body(loader) }
    }

    private func read<Value>(_ body: @escaping (JobLoader) throws -> Value) throws(LonghaulError) -> Value {
        let call = ReadCall(body)
        reader.run(call)
        return try call.outcome.get()
    }

    /// Whether the writer has started a checkpoint that has not run.
    package var isCheckpointWaiting: Bool { !checkpointer.isIdle }

    /// Runs the checkpoint that the writer has started.
    package func checkpoint() {
        checkpointer.runWaiting()
    }

    /// What the checks of `longhaul doctor` find.
    ///
    /// - Parameter moment: the time at which they judge leases.
    package func problems(at moment: Timestamp) throws(LonghaulError) -> [String] {
        try read { (loader: JobLoader) in
            try SQLiteChecks.all.compactMap { check in
                let symptom = try check.look(loader, moment)
                return symptom.count == 0 ? nil : "\(check.name): \(symptom.example ?? "")"
            }
        }
    }

    /// Closes the database.
    package func close() {
        reader.close()
        writer.close()
    }
}

/// A call as the writer runs it.
private final class TransactionCall: Call {
    let weight: Int
    private let call: any Call<any StoreTransaction>

    init(_ call: any Call<any StoreTransaction>) {
        self.call = call
        weight = call.weight
    }

    func run(in transaction: Transaction) throws { try call.run(in: transaction) }
    func answer() { call.answer() }
    func fail(_ error: LonghaulError) { call.fail(error) }
}

/// A read that keeps its result. Only the thread of its store uses it.
private final class ReadCall<Value>: Call, @unchecked Sendable {
    let weight = 1
    private let body: (JobLoader) throws -> Value
    private(set) var outcome: Result<Value, LonghaulError>

    init(_ body: @escaping (JobLoader) throws -> Value) {
        self.body = body
        outcome = .failure(LonghaulError(.internal, "the read has not run"))
    }

    func run(in loader: JobLoader) throws {
        do {
            outcome = .success(try body(loader))
        } catch let error as LonghaulError {
            outcome = .failure(error)
        }
    }

    func answer() {}
    func fail(_ error: LonghaulError) { outcome = .failure(error) }
}
