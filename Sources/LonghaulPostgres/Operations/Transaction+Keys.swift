import LonghaulCore
import LonghaulStore

/// The keys of submissions.
extension Transaction {
    func prefetch(keys: [SubmissionKey]) throws {
        try prefetch(keys: keys.map(\.digest))
    }

    func storedKey(_ key: SubmissionKey) -> StoredKey? {
        keys[key.digest]?.present
    }

    func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) {
        let entry = keys[key.digest] ?? TrackedKey(nil)
        recordUndo(of: key.digest, entry)
        keys[key.digest, default: entry].present = stored
    }
}
