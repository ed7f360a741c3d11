import LonghaulCore
import LonghaulEngine

/// The changes that people made, and how often the audit log may have each. Every call has a request ID of its own.
final class AuditedChanges: @unchecked Sendable {
    /// The numbers of records that the calls may have, by their request IDs.
    private(set) var expected: [String: ClosedRange<Int>] = [:]

    private let cluster: Cluster

    init(cluster: Cluster) {
        self.cluster = cluster
    }

    /// Makes a call that changes something, and records what the audit log must then have.
    ///
    /// - Parameters:
    ///   - what: the call, for people.
    ///   - records: the number of records if the call succeeds. A refused call has no record, unless it has several
    ///   transactions. A call without an answer may have all or none.
    /// - Returns: the answer; nil if the call was refused or its outcome is unknown.
    func make<Value: Sendable>(
        _ what: String, records: ClosedRange<Int> = 1...1,
        _ body: @escaping @Sendable (Engine) async throws -> Value
    ) async -> Value? {
        try? await attempt(what, records: records, body)
    }

    /// Makes a call in the same way, and throws its error.
    func attempt<Value: Sendable>(
        _ what: String, records: ClosedRange<Int> = 1...1,
        _ body: @escaping @Sendable (Engine) async throws -> Value
    ) async throws -> Value {
        let request = "\(what)-\(expected.count + 1)"
        expected[request] = 0...records.upperBound
        let source = AuditSource(caller: "operator", requestID: request)
        do {
            let value = try await AuditSource.$current.withValue(source) { try await cluster.call(body) }
            expected[request] = records
            return value
        } catch {
            let isRefused = (error as? LonghaulError)?.isTransient == false
            if isRefused, records.upperBound == 1 { expected[request] = 0...0 }
            throw error
        }
    }
}

/// The checks of the audit log at the end of a run.
struct AuditChecks {
    private static let pageSize = 500

    let world: World
    let changes: AuditedChanges
    private var auditor: Auditor { world.auditor }

    func check(_ store: any JobStore) async throws {
        let verification = try await AuditVerification.run {
            try await store.auditRecords(AuditFilter(), before: $0, limit: Self.pageSize)
        }
        for fault in verification.breaks { auditor.report("the audit log is broken: \(fault)") }
        var found: [String: [AuditAction]] = [:]
        var number: Int64?
        repeat {
            let page = try await store.auditRecords(AuditFilter(), before: number, limit: Self.pageSize)
            for record in page.records {
                found[record.entry.source.requestID ?? "", default: []].append(record.entry.action)
            }
            number = page.next
        } while number != nil
        for request in Set(found.keys).union(changes.expected.keys).sorted() {
            let actions = found[request] ?? []
            guard let expected = changes.expected[request] else {
                auditor.report("the audit log has a change of an unknown request: \(request)")
                continue
            }
            if !expected.contains(actions.count) {
                let names = actions.map(\.rawValue).joined(separator: ", ")
                auditor.report("the audit log has [\(names)] for \(request), and not \(expected) records")
            }
        }
    }
}
