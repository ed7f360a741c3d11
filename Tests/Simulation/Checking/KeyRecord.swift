import LonghaulCore

/// The API keys that were created, and what the answers said of them. The final check compares the store with them.
final class KeyRecord: @unchecked Sendable {
    private struct Entry {
        /// Whether an answer said that it was created.
        var isCreated = false
        /// Whether a call may have revoked it, and when an answer reports that it was.
        var mayBeRevoked = false
        var revokedAt: Timestamp?
    }

    private let auditor: Auditor
    private var entries: [String: Entry] = [:]

    init(auditor: Auditor) {
        self.auditor = auditor
    }

    /// The keys that may exist.
    var ids: [String] { entries.keys.sorted() }

    /// Whether a key is certain to have been created.
    func isCertain(_ id: String) -> Bool { entries[id]?.isCreated == true }

    /// Records that a call may create a key.
    func willCreate(_ id: String) { entries[id] = Entry() }

    /// Records the answer that a key was created.
    func created(_ id: String, _ key: APIKey?) {
        guard let key else {
            return auditor.report("there is no API key to replace by \(id), although it was created")
        }
        entries[id]?.isCreated = true
        if key.id != id { auditor.report("the API key \(id) was created as \(key.id)") }
    }

    /// Records that a call may revoke a key.
    func willRevoke(_ id: String) { entries[id]?.mayBeRevoked = true }

    /// Records the answer that a key was revoked; the answer is nil if there is no such key.
    func revoked(_ id: String, _ key: APIKey?) {
        if let key {
            entries[id]?.isCreated = true
            entries[id]?.revokedAt = key.revokedAt
            if key.revokedAt == nil { auditor.report("the API key \(id) was answered as not revoked") }
        } else if isCertain(id) {
            auditor.report("the API key \(id) was created, but cannot be revoked")
        }
    }

    /// Compares the keys of the store with the answers.
    func check(_ store: any JobStore) async throws {
        let keys = try await store.keys(unlessVersion: nil)?.keys ?? []
        let stored = Dictionary(keys.map { ($0.id, $0) }) { first, _ in
            auditor.report("there are two API keys \(first.id)")
            return first
        }
        for (id, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let key = stored[id]
            if entry.isCreated, key == nil {
                auditor.report("the API key \(id) was created, but does not exist")
            }
            if let at = entry.revokedAt, key?.revokedAt != at {
                auditor.report("the API key \(id) was revoked, but is not")
            }
            if !entry.mayBeRevoked, key?.revokedAt != nil {
                auditor.report("the API key \(id) is revoked without a request")
            }
        }
        for id in stored.keys.sorted() where entries[id] == nil {
            auditor.report("the API key \(id) exists without a request")
        }
        checkNames(keys)
    }

    /// Checks that two keys with one name are valid at once only while one replaces the other.
    private func checkNames(_ keys: [APIKey]) {
        for (name, keys) in Dictionary(grouping: keys, by: \.name) {
            let endless = keys.filter { $0.revokedAt == nil && $0.expiresAt == nil }
            if endless.count > 1 {
                auditor.report("\(endless.count) API keys with the name \(name) are valid without an end")
            }
        }
    }
}
