package import LonghaulCore

/// A job with all its data, for the migration to another store.
package struct MovedJob: Sendable {
    /// The job, without what is listed apart.
    package var row: JobRow
    /// Its faults, oldest first.
    package var faults: [FaultRow] = []
    /// Its keys, by their digests.
    package var keys: [[UInt8]: StoredKey] = [:]
    /// The jobs that wait for it.
    package var waiting: [JobID] = []
    /// The jobs that depend on it and do not wait for it.
    package var resolved: [JobID] = []
    /// Its log.
    package var lines: [StoredLogLine] = []
    /// Its journal.
    package var operations: [JournalOperation] = []
    /// Its signals.
    package var signals: [StoredSignal] = []
    /// Its files, of every lease.
    package var artifacts: [Artifact] = []
    /// Its webhook deliveries, with bodies.
    package var deliveries: [WebhookDelivery] = []

    /// A job of which nothing else is known yet.
    package init(row: JobRow) {
        self.row = row
    }
}
