/// Checks the chain of audit records. It receives all records, newest first.
///
/// ```swift
/// let verification = try await AuditVerification.run {
///     try await store.auditRecords(AuditFilter(), before: $0, limit: 500)
/// }
/// print(verification.breaks)
/// ```
public struct AuditVerification: Sendable {
    /// A place at which the chain is broken.
    public struct Break: Sendable, Hashable, CustomStringConvertible {
        /// The number of the record.
        public var number: Int64
        /// What is wrong.
        public var description: String
    }

    /// The maximum number of reported breaks.
    public static let maxBreaks = 20

    /// The first breaks that were found, the newest first.
    public private(set) var breaks: [Break] = []
    /// The number of records.
    public private(set) var count = 0
    /// The ends of the chain: the last record when the check began, and the last one that was removed before its end.
    public private(set) var chain: AuditChain
    /// The latest record that was added, whose predecessor is not known yet.
    private var pending: AuditRecord?

    /// Checks all records.
    ///
    /// - Parameter page: reads the page of records before a number; nil for the newest.
    public static func run(_ page: (Int64?) async throws -> AuditPage) async throws -> AuditVerification {
        let first = try await page(nil)
        var verification = AuditVerification(of: first.chain)
        verification.add(first)
        var next = first.next
        while let number = next {
            let older = try await page(number)
            verification.add(older)
            next = older.next
        }
        verification.finish()
        return verification
    }

    /// The check of a chain.
    init(of chain: AuditChain) {
        self.chain = chain
    }

    /// Adds the next older page.
    mutating func add(_ page: AuditPage) {
        for record in page.records { add(record) }
        chain.removed = page.chain.removed
    }

    /// Adds the next older record.
    private mutating func add(_ record: AuditRecord) {
        count += 1
        if let pending {
            check(pending, after: record.link)
        } else {
            checkEnd(record.link)
        }
        pending = record
    }

    /// Ends the check.
    mutating func finish() {
        guard let pending else { return checkEnd(chain.removed) }
        // Retention may have removed records since they were read.
        if chain.removed.number < pending.number { check(pending, after: chain.removed) }
    }

    /// Compares the newest record with the end that the store has noted.
    private mutating func checkEnd(_ newest: AuditLink) {
        let last = chain.last
        if newest.number < last.number {
            report(newest.number + 1, missing(newest.number + 1, last.number))
        } else if newest.number > last.number {
            report(last.number + 1, "was added outside of the chain")
        } else if newest.hash != last.hash {
            report(last.number, "has another hash than the end of the chain")
        }
    }

    private mutating func check(_ record: AuditRecord, after previous: AuditLink) {
        guard previous.number < record.number else {
            return report(record.number, "is repeated or not in order")
        }
        guard previous.number == record.number - 1 else {
            return report(previous.number + 1, missing(previous.number + 1, record.number - 1))
        }
        if record.hash != record.expectedHash(after: previous.hash) {
            report(record.number, "was changed, or the record before it was: its hash does not match")
        }
    }

    private func missing(_ first: Int64, _ last: Int64) -> String {
        first == last ? "is missing" : "is missing, and all up to \(last)"
    }

    private mutating func report(_ number: Int64, _ message: String) {
        guard breaks.count < Self.maxBreaks else { return }
        breaks.append(Break(number: number, description: "record \(number) \(message)"))
    }
}
