import LonghaulCore
import LonghaulJSON

/// The changes of state machines and activities in the audit log.
extension StoreTransaction {
    /// Records the changes of a call, one entry for each type of change; does nothing without a source.
    func record(_ changes: [RecordChange], by source: AuditSource?) throws {
        guard source != nil else { return }
        let changes = changes.filter { $0.action != nil && $0.before != $0.after }
        for action in AuditAction.allCases {
            let same = changes.filter { $0.action == action }
            guard let first = same.first else { continue }
            try record(
                action, of: same.map(\.key.name), by: source, count: same.count,
                before: same.count == 1 ? first.before : nil, after: same.count == 1 ? first.after : nil)
        }
    }
}

/// A record before and after a write.
struct RecordChange {
    let key: RecordKey
    let before: JSONText?
    let after: JSONText?

    /// The type of the change; nil for records that have no place in the audit log.
    var action: AuditAction? {
        switch key.space {
        case .machine: after == nil ? .deleteMachine : .setMachine
        case .version: after == nil ? .deleteMachineVersion : .setMachineVersion
        case .alias: after == nil ? .deleteMachineAlias : .setMachineAlias
        case .activity: after == nil ? .deleteActivity : .setActivity
        case .revision, .execution, .mapRun, .part, .event, .report, .task, .link: nil
        }
    }
}
