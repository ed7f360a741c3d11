package import LonghaulCore
import LonghaulStore

/// The audit log.
extension MemoryTransaction {
    package func append(_ entry: AuditEntry) {
        let record = AuditRecord(entry, after: tables.auditChain.last)
        tables.audit.append(record)
        tables.auditChain.last = record.link
    }

    package func oldestAuditRecords(limit: Int) -> [AuditRecord] { Array(tables.audit.prefix(limit)) }

    package func removeAuditRecords(upTo link: AuditLink) {
        tables.audit.removeAll { $0.number <= link.number }
        tables.auditChain.removed = link
    }

    package func routing() -> RoutingTable { tables.routing }
}

extension MemoryReader {
    package func auditChain() -> AuditChain { tables.auditChain }

    package func newestAuditNumber(_ filter: AuditFilter, before number: Int64) -> Int64 {
        tables.audit.last { $0.number < number && filter.fits($0) }?.number ?? 0
    }

    package func auditRecords(
        _ filter: AuditFilter, in numbers: ClosedRange<Int64>, limit: Int
    ) -> [AuditRecord] {
        Array(
            tables.audit.reversed().lazy.filter { numbers.contains($0.number) && filter.fits($0) }
                .prefix(limit))
    }
}
