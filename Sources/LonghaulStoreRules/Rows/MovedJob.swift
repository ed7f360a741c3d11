package import LonghaulCore
package import LonghaulJSON

/// A job with all that a store keeps of it, on its way to another store.
package struct MovedJob: Sendable {
    /// A key that stands for it.
    package struct Key: Sendable {
        /// What stands for the caller and the key.
        package var digest: [UInt8]
        /// What stands for the request; nil where any matches.
        package var fingerprint: [UInt8]?
        /// When the key ends; nil if it holds while the job is active.
        package var expiresAt: Timestamp?

        /// A key of these facts.
        package init(digest: [UInt8], fingerprint: [UInt8]?, expiresAt: Timestamp?) {
            self.digest = digest
            self.fingerprint = fingerprint
            self.expiresAt = expiresAt
        }
    }

    /// The job, without what is listed apart.
    package var row: JobRow
    /// Its faults, oldest first.
    package var faults: [FaultRow] = []
    /// Its keys.
    package var keys: [Key] = []
    /// The jobs that wait for it.
    package var waiting: [JobID] = []
    /// Its log.
    package var lines: [StoredLogLine] = []
    /// Its checkpoints.
    package var steps: [String: JSONText] = [:]
    /// Its files, of every lease.
    package var artifacts: [Artifact] = []

    /// A job of which nothing else is known yet.
    package init(row: JobRow) {
        self.row = row
    }
}
