import LonghaulCore

/// The audit log.
extension Options {
    static let auditDays = Option.value(
        "audit-days", "N", .number(0.00001...36_500), default: 365, setting: true,
        "How long the audit log keeps its records, in days.")
    static let auditAction = Option.optional(
        "action", "ACTION", .auditAction, "Only changes of this type, such as job.cancel or key.revoke.")
    static let auditCaller = Option.optional(
        "caller", "NAME", .text, "Only changes of this API key, or of user:NAME for a user of the system.")
    static let auditSubject = Option.optional(
        "subject", "NAME", .text,
        "Only changes of this object: the ID of a job, or the name of a queue, a schedule or a key.")
    static let auditSince = Option.optional(
        "since", "TIME", .seconds(atLeast: 0), fallback: "all",
        "Only changes of this time before now, such as 7d.")
    static let auditLimit = Option.value(
        "limit", "N", .integer(1...1_000_000), default: 50, "The maximum number of records that list prints.")
}

extension ValueReader where Value == AuditAction {
    /// A type of change.
    static let auditAction = ValueReader(shape: .text) { text throws(BadValue) in
        guard let action = AuditAction(rawValue: text) else {
            let known = AuditAction.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadValue(expected: "one of \(known)", got: text)
        }
        return action
    }
}
