package import LonghaulCore

extension JobRow {
    /// The owner of an attempt's artifacts; nil if they are no longer its own.
    ///
    /// - Parameter files: reads the names of the files on record. It is called for a completed attempt only.
    package func owner(
        of attempt: ArtifactFolder, files: () throws -> Set<String>
    ) rethrows -> ArtifactOwner? {
        guard fence == attempt.fence else { return nil }
        switch job.state {
        case .processing: return .running
        case .completed: return .completed(files: try files())
        case .scheduled, .blocked, .pending, .retrying, .suspended, .failed, .cancelled: return nil
        }
    }
}
