import LonghaulCore
import LonghaulStore

/// Does not record in the audit log that a job was cancelled.
final class UnrecordedChange: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func append(_ entry: AuditEntry) throws {
        if entry.action != .cancelJob { try inner.append(entry) }
    }
}

/// Does not store that a key was revoked.
final class UnrevokedKey: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func upsert(_ key: APIKey) throws {
        if key.revokedAt == nil { try inner.upsert(key) }
    }
}
