import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The payloads that are stored ahead of their jobs.
///
/// A batch may hold 16 MiB of payloads. Other callers would wait for all of it if one transaction stored it. Therefore the
/// payloads come first, in small transactions that other calls share; then one transaction stores the jobs. Until then,
/// the table `staged_payloads` lists the payloads, so that those of an interrupted batch are deleted.
///
/// Only the writer's thread uses it.
final class StagedPayloads {
    private struct Entry {
        let id: JobID
        let payload: JSONText
    }

    /// The maximum size of the payloads that a transaction stores ahead, in bytes.
    static let bytesPerTransaction = 1 << 20
    private static let deletionsPerTransaction = 100

    /// The staged payloads of the calls that are under way, by the `seq` of the future job.
    private var entries: [Int64: Entry] = [:]
    /// The entries that this transaction has added.
    private var added: [Int64] = []

    private static let job = Query("SELECT 1 FROM jobs WHERE seq = ?1")
    private static let insert = Query("INSERT INTO payloads (seq, payload) VALUES (?1, ?2)")
    private static let list = Query("INSERT INTO staged_payloads (seq) VALUES (?1)")
    private static let listed = Query("SELECT seq FROM staged_payloads")
    private static let unlist = Query("DELETE FROM staged_payloads WHERE seq = ?1")
    private static let delete = Query("DELETE FROM payloads WHERE seq = ?1")

    /// Deletes the payloads of batches that were interrupted.
    init(_ connection: Connection) throws {
        while try delete(in: connection) > 0 {}
    }

    /// The submissions of a call whose payloads should be stored first, by transaction; empty if one transaction can store
    /// them with the jobs.
    static func groups(of call: StoreCall?) -> [[Submission]] {
        let submissions: [Submission]
        switch call {
        case .submit(let entries): submissions = entries
        case .complete(let completions): submissions = completions.flatMap(\.next)
        default: return []
        }
        let large = submissions.filter { $0.spec.payload.bytes.count > JobRow.maxInlinePayload }
        let groups = large.grouped(maxBytes: bytesPerTransaction) { $0.spec.payload.bytes.count }
        return groups.count > 1 ? groups : []
    }

    /// Stores the payloads of these submissions.
    func stage(_ submissions: [Submission], in connection: Connection) throws {
        for submission in submissions {
            let seq = JobSequence.base(of: submission.id)
            // Another generator has made an identifier with the same time and counter. The payload is stored with its job.
            guard entries[seq] == nil,
                try connection.first(Self.job, .integer(seq), read: { _ in true }) == nil
            else { continue }
            try connection.run(Self.insert, .integer(seq), .blob(submission.spec.payload.bytes))
            try connection.run(Self.list, .integer(seq))
            entries[seq] = Entry(id: submission.id, payload: submission.spec.payload)
            added.append(seq)
        }
    }

    /// Whether a `seq` is reserved for a job other than this one.
    func isReserved(_ seq: Int64, besides id: JobID) -> Bool {
        entries[seq].map { $0.id != id } ?? false
    }

    /// Makes the staged payload the one of a job that is being stored. Returns false if there is none.
    func use(for row: JobRow, in connection: Connection) throws -> Bool {
        guard let entry = entries[row.seq], entry.id == row.job.id, entry.payload == row.job.spec.payload
        else {
            return false
        }
        try connection.run(Self.unlist, .integer(row.seq))
        return connection.changedRows == 1
    }

    /// Ends the staging for a call, and deletes the first of the payloads that no job uses. Returns the number of deleted
    /// payloads: if it is not zero, there may be more.
    func release(_ submissions: [Submission], in connection: Connection) throws -> Int {
        for submission in submissions {
            let seq = JobSequence.base(of: submission.id)
            if entries[seq]?.id == submission.id { entries[seq] = nil }
        }
        return try delete(in: connection)
    }

    private func delete(in connection: Connection) throws -> Int {
        let unused = try connection.all(Self.listed, read: { $0.int64(0) }).filter { entries[$0] == nil }
        for seq in unused.prefix(Self.deletionsPerTransaction) {
            try connection.run(Self.delete, .integer(seq))
            try connection.run(Self.unlist, .integer(seq))
        }
        return min(unused.count, Self.deletionsPerTransaction)
    }

    /// Keeps the changes of the committed transaction.
    func commit() {
        added = []
    }

    /// Undoes the changes of the transaction that was rolled back.
    func rollBack() {
        for seq in added { entries[seq] = nil }
        added = []
    }
}
