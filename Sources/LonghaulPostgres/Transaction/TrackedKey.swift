import LonghaulCore
import LonghaulStore

/// A submission key in a transaction.
struct TrackedKey {
    /// The key in the database; nil if it does not exist.
    let stored: StoredKey?
    /// The key to write.
    var present: StoredKey?

    init(_ stored: StoredKey?) {
        self.stored = stored
        present = stored
    }

    private static let reading = Query(
        "SELECT digest, id, fingerprint, expires_at FROM longhaul.submission_keys WHERE digest = ANY($1::bytea[])"
    )
    private static let removal = Query(
        """
        DELETE FROM longhaul.submission_keys k USING unnest($1::bytea[], $2::uuid[]) AS g (digest, id)
        WHERE k.digest = g.digest AND k.id = g.id
        """)
    private static let insertion = Query(
        """
        INSERT INTO longhaul.submission_keys (digest, id, fingerprint, expires_at)
        SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::bytea[], $4::bigint[]) ORDER BY 1
        """)

    static func read(_ digests: [[UInt8]]) -> Request {
        var list = ArrayParameter(.bytea)
        for digest in digests { list.append(digest) }
        return Request(reading, list.parameter)
    }

    /// Decodes the result of `read`.
    static func decode(_ rows: Rows) -> [[UInt8]: TrackedKey] {
        var keys: [[UInt8]: TrackedKey] = [:]
        for index in 0..<rows.count {
            var row = rows[index]
            let digest = row.bytes()
            let id = row.id()
            let fingerprint = row.optionalBytes()
            keys[digest] = TrackedKey(
                StoredKey(jobID: id, fingerprint: fingerprint, expiresAt: row.optionalTime()))
        }
        return keys
    }

    /// The statements that write changed keys. If another transaction inserted a key first, the insert fails and the
    /// transaction runs again.
    static func writes(_ keys: [[UInt8]: TrackedKey]) -> [Request] {
        var gone = (digests: ArrayParameter(.bytea), ids: ArrayParameter(.uuid))
        var new = (
            digests: ArrayParameter(.bytea), ids: ArrayParameter(.uuid), prints: ArrayParameter(.bytea),
            times: ArrayParameter(.int8)
        )
        for (digest, entry) in keys where entry.stored != entry.present {
            if let stored = entry.stored {
                gone.digests.append(digest)
                gone.ids.append(stored.jobID)
            }
            guard let present = entry.present else { continue }
            new.digests.append(digest)
            new.ids.append(present.jobID)
            new.prints.append(present.fingerprint)
            new.times.append(present.expiresAt)
        }
        var requests: [Request] = []
        if gone.ids.count > 0 {
            requests.append(Request(removal, gone.digests.parameter, gone.ids.parameter))
        }
        if new.ids.count > 0 {
            requests.append(
                Request(
                    insertion, new.digests.parameter, new.ids.parameter, new.prints.parameter,
                    new.times.parameter))
        }
        return requests
    }
}

extension Transaction {
    /// Reads keys that the transaction does not have yet.
    func prefetch(keys digests: [[UInt8]]) throws {
        let missing = Set(digests.filter { keys[$0] == nil })
        guard !missing.isEmpty else { return }
        try add(keys: connection.run(TrackedKey.read(Array(missing))), missing)
    }

    /// Adds keys that were read, and reads their jobs.
    func add(keys rows: Rows, _ asked: Set<[UInt8]>) throws {
        let found = TrackedKey.decode(rows)
        for digest in asked where keys[digest] == nil { keys[digest] = found[digest] ?? TrackedKey(nil) }
        try fetch(found.values.compactMap(\.stored?.jobID))
    }
}
