package import LonghaulCore

/// What is kept of a submission's key.
package struct StoredKey: Equatable, Sendable {
    package var jobID: JobID
    package var fingerprint: [UInt8]?
    /// When it ends; nil if it holds while the job is active.
    package var expiresAt: Timestamp?

    package init(jobID: JobID, fingerprint: [UInt8]?, expiresAt: Timestamp?) {
        self.jobID = jobID
        self.fingerprint = fingerprint
        self.expiresAt = expiresAt
    }
}
